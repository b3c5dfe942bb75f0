/** A reader is live: the way to their livestream. */
import { Radio } from "lucide-preact";
import { texts } from "../texts";

export function LiveNow(props: { livestreamId: string | null | undefined; name: string }) {
  if (!props.livestreamId) return null;
  return (
    <a class="live-now" href={`/live/${props.livestreamId}`} aria-label={texts.livestreams.liveNowOf(props.name)}>
      <Radio size={16} aria-hidden="true" />
      {texts.livestreams.live}
    </a>
  );
}
