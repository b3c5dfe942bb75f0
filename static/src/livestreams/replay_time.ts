/** A recording's parts as one line of time, and what was said and given until a moment of it. Pure. */
import type { ReplayFile } from "../api/livestream_resources";
import type { LivestreamMessage } from "./protocol";

export interface ReplayPart {
  file: ReplayFile;
  /** Where it begins on the line on which the parts follow each other without the gaps between them. */
  offsetSeconds: number;
  startedAtMs: number;
}

export function layOut(files: readonly ReplayFile[]): ReplayPart[] {
  let offsetSeconds = 0;
  return [...files]
    .sort((a, b) => a.part - b.part)
    .map((file) => {
      const part = { file, offsetSeconds, startedAtMs: Date.parse(file.started_at) };
      offsetSeconds += file.seconds;
      return part;
    });
}

export function totalSeconds(parts: readonly ReplayPart[]): number {
  const last = parts.at(-1);
  return last === undefined ? 0 : last.offsetSeconds + last.file.seconds;
}

/** The part at a position; at a boundary the later one. */
export function partAt(parts: readonly ReplayPart[], positionSeconds: number): number {
  const index = parts.findLastIndex(({ offsetSeconds }) => offsetSeconds <= positionSeconds);
  return Math.max(0, index);
}

/** What the clock on the wall showed at a position. */
export function wallTimeMs(parts: readonly ReplayPart[], positionSeconds: number): number {
  const part = parts[partAt(parts, positionSeconds)];
  return part === undefined ? 0 : part.startedAtMs + (positionSeconds - part.offsetSeconds) * 1000;
}

/** How many of the messages, which come in order, had been said by then. */
export function countSaid(messages: readonly LivestreamMessage[], atMs: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const message = messages[middle];
    if (message !== undefined && Date.parse(message.created_at) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
