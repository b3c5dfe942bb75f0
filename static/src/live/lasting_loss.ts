/** A loss of the socket that lasts; a hand-over between two networks is not worth stopping anything. */
import { effect, type ReadonlySignal } from "@preact/signals";
import type { ConnectionState } from "./connection";

const LASTING_MS = 1_000;

export function watchLastingLoss(state: ReadonlySignal<ConnectionState>, tell: (isLost: boolean) => void): () => void {
  return effect(() => {
    if (state.value !== "lost") {
      tell(false);
      return;
    }
    const timer = setTimeout(() => tell(true), LASTING_MS);
    return () => clearTimeout(timer);
  });
}
