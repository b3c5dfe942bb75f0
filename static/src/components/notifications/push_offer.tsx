/** Asks once, after somebody followed a reader, whether their browser may tell them while the site is closed. */
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";

export function PushOffer() {
  const { push, notices } = useServices();
  const name = push.offer.value;
  if (name === null) return null;
  const turnOn = () => push.turnOn().catch(() => notices.say(texts.problems.unknown));
  return (
    <section class="push-offer card stack stack--tight" aria-label={texts.notifications.offerTitle}>
      <h2 class="push-offer__title">{texts.notifications.offerTitle}</h2>
      <p class="soft">{texts.notifications.offer(name)}</p>
      <div class="row">
        <Button look="primary" onPress={turnOn}>
          {texts.notifications.turnOn}
        </Button>
        <Button look="quiet" onPress={() => push.dismissOffer()}>
          {texts.notifications.notNow}
        </Button>
      </div>
    </section>
  );
}
