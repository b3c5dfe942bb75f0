/**
 * 256 short English words, one for each value of a byte, that are not mistaken for one another when read aloud. Both
 * sides must have the same list in the same order, so it is never changed, only replaced together with its use.
 */
export const SAFETY_WORDS: readonly string[] = `
acorn album almond amber anchor angel ankle anvil apple apron arrow artist atlas autumn bacon badge bakery balloon
banjo barrel basil basket beach beaver beetle berry bicycle bishop blanket blossom border bottle branch brick bridge
broom bubble bucket buffalo butter cabin cactus camel candle canoe canyon carpet castle cavern cedar cello chalk
cherry chimney cinema circus clover cobra coconut coffee comet copper coral cotton cousin cradle crater cricket
crystal cushion daisy dancer denim desert diamond dinner doctor dolphin donkey dragon drawer dream eagle easel
eclipse elbow elephant engine estate fabric falcon feather fennel festival fiddle finger flame forest fossil forehead
galaxy garden garlic ghost giraffe glacier globe goblet granite grape guitar hammer harbor harvest hazel hedge
helmet hermit hockey honey horizon hotel hunter iceberg igloo insect iron island ivory jacket jaguar jewel jigsaw
jungle kayak ketchup kettle kitchen knight koala ladder lagoon lantern laurel lemon leopard library lily lizard
lobster lotus magnet mango maple marble meadow melon mermaid mirror morning mosaic mountain muffin museum mustard
nectar needle nickel novel nutmeg oasis ocean olive onion opera orange orchid ostrich otter oyster palace panda
parrot pebble pencil penguin pepper piano picnic pigeon pirate planet poppy potato prairie pumpkin puzzle pyramid
quartz queen quiver rabbit radio raven ribbon river robin rocket rooster ruby saddle sailor salmon sandwich satin
school scissors shadow shell shovel silver spider spoon squirrel statue summer sunset swan table teacup temple
thimble thunder ticket tiger tomato tower tractor trumpet tulip tunnel turtle umbrella valley vanilla velvet village
violin volcano walnut whale willow window winter yellow zebra
`
  .trim()
  .split(/\s+/);
