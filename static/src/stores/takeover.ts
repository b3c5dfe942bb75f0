/** Notices that another tab or device of the same person carries the media of a call that this tab still holds. */
import { effect } from "@preact/signals";
import type { Call } from "../media/types";

const ASKED_EVERY_MS = 2_000;

export interface TakeoverAnswers {
  /** Asked again and again while the media are lost, because the other device may need a moment. */
  isTakenOver: () => Promise<boolean>;
  onTakenOver: () => unknown;
}

export function watchForTakeover(call: Call, { isTakenOver, onTakenOver }: TakeoverAnswers): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const look = async () => {
    const isTaken = await isTakenOver();
    if (isTaken && call.stage.peek() !== "connected") onTakenOver();
  };
  const stop = effect(() => {
    const stage = call.stage.value;
    clearInterval(timer);
    if (stage === "reconnecting" || stage === "failed") timer = setInterval(() => void look(), ASKED_EVERY_MS);
    // The engine closes by itself once the other side says that it talks with another page of ours.
    if (stage === "closed") queueMicrotask(onTakenOver);
  });
  return () => {
    clearInterval(timer);
    stop();
  };
}
