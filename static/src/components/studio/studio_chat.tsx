/** The chat beside the reader's own picture. */
import type { Livestream } from "../../livestreams/protocol";

export function StudioChat(_props: { livestream: Livestream }) {
  return null;
}
