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

/** What the server says of a reader's livestream, where it does. */
export function livestreamOf(reader: object): string | null {
  return "livestream_id" in reader && typeof reader.livestream_id === "string" ? reader.livestream_id : null;
}
