/** Whether a livestream's recording can be watched. Pure. */
import type { Livestream } from "./protocol";

/** Published ones by anybody, the others by their reader. */
export function isReplayShown({ status, recording, reader }: Livestream, ownId: string | undefined): boolean {
  if (status !== "ended" || recording?.state !== "stored") return false;
  return recording.is_published || reader.id === ownId;
}
