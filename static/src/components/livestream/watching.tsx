/** A live livestream: the picture first, chat and gifts beside it, or over its lower third on a phone. */
import { ArrowLeft, Info } from "lucide-preact";
import { useState } from "preact/hooks";
import { useWakeLock } from "../../hooks/wake_lock";
import { useIsWide } from "../../hooks/wide";
import type { Livestream } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { GiftButton } from "../gifts/gift_button";
import { GiftLayer } from "../gifts/gift_layer";
import { GiftGoalBar, TopSenders } from "../gifts/top_senders";
import { LivestreamChat } from "./chat";
import { LiveSign } from "./live_sign";
import { AskPrivately } from "./private_dialog";
import { ViewerStage } from "./viewer_stage";
import { About, FollowReader, Who } from "./who";

export interface WatchPart {
  room: LivestreamRoom;
  livestream: Livestream;
}

export function Watching(props: WatchPart) {
  const isWide = useIsWide();
  useWakeLock(props.room.media.value === "playing");
  return isWide ? <Wide {...props} /> : <Narrow {...props} />;
}

function Wide(props: WatchPart) {
  const { room, livestream } = props;
  return (
    <div class="watch watch--wide">
      <div class="watch__main stack">
        <ViewerStage {...props}>
          <GiftLayer moments={room.giftMoments} />
          <div class="viewer-stage__signs">
            <LiveSign livestream={livestream} />
          </div>
        </ViewerStage>
        <div class="watch__head">
          <Who livestream={livestream} />
          <div class="row">
            <FollowReader room={room} reader={livestream.reader} />
            <AskPrivately reader={livestream.reader} />
          </div>
        </div>
        <Goal livestream={livestream} />
        <div class="watch__below">
          <About livestream={livestream} />
          <TopSenders livestream={livestream} topSenders={room.topSenders.value} />
        </div>
      </div>
      <aside class="watch__chat card">
        <ChatWithGifts {...props} />
      </aside>
    </div>
  );
}

function Narrow(props: WatchPart) {
  const { room, livestream } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="watch watch--over">
      <ViewerStage {...props}>
        <GiftLayer moments={room.giftMoments} />
      </ViewerStage>
      <header class="watch__bar">
        <a class="stage-button" href="/live" aria-label={texts.livestreams.back}>
          <ArrowLeft size={20} aria-hidden="true" />
        </a>
        <div class="watch__names">
          <h1 class="watch__title">{livestream.title}</h1>
          <div class="watch__under">
            <p class="watch__reader">{livestream.reader.display_name}</p>
            <LiveSign livestream={livestream} />
          </div>
        </div>
        <button
          type="button"
          class="stage-button"
          aria-label={texts.livestreams.about}
          aria-haspopup="dialog"
          onClick={() => setOpen(true)}
        >
          <Info size={20} aria-hidden="true" />
        </button>
      </header>
      <div class="watch__chat">
        <Goal livestream={livestream} />
        <ChatWithGifts {...props} />
      </div>
      {isOpen && <AboutDialog {...props} onClose={() => setOpen(false)} />}
    </div>
  );
}

function AboutDialog(props: WatchPart & { onClose: () => void }) {
  const { room, livestream } = props;
  return (
    <Dialog title={texts.livestreams.about} onClose={props.onClose}>
      <div class="stack">
        <Who livestream={livestream} />
        <div class="row">
          <FollowReader room={room} reader={livestream.reader} />
          <AskPrivately reader={livestream.reader} />
        </div>
        <About livestream={livestream} />
        <TopSenders livestream={livestream} topSenders={room.topSenders.value} />
        <Button isWide onPress={props.onClose}>
          {texts.shell.close}
        </Button>
      </div>
    </Dialog>
  );
}

/** Also before it begins, and without gifts then. */
export function ChatWithGifts(props: WatchPart) {
  const { room, livestream } = props;
  return (
    <LivestreamChat
      room={room}
      livestream={livestream}
      follow={<FollowReader room={room} reader={livestream.reader} />}
    >
      {livestream.status === "live" && <GiftButton sending={room.giftSending} name={livestream.reader.display_name} />}
    </LivestreamChat>
  );
}

function Goal(props: { livestream: Livestream }) {
  const { gift_goal: goal, currency } = props.livestream;
  return goal === null ? null : <GiftGoalBar goal={goal} currency={currency} />;
}
