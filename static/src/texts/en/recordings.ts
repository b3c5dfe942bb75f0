/** Recordings: the question, the mark that it is going on, and playing them afterwards. */
import type { ListedRecordingView } from "../../protocol";

type StopReason = NonNullable<ListedRecordingView["stop_reason"]>;

const keptFor = (days: number) =>
  days === 0
    ? "It is kept until it is deleted."
    : `It is deleted ${days === 1 ? "a day" : `${days} days`} after it ends.`;

export const recordingTexts = {
  title: "Recordings",
  ask: "Ask to record",
  askTitle: (name: string) => `Record this talk with ${name}?`,
  what: (withPicture: boolean) =>
    withPicture
      ? "Sound and picture of both of you, shared screens too, from when both agree until one of you stops."
      : "The sound of both of you, from when both agree until one of you stops.",
  who: "Only the two of you can play and download it, on this consultation's page. It is kept on this site's server.",
  kept: keptFor,
  how: "While it is recorded, sound and picture go through this site's server instead of straight from one of you to the other.",
  askNow: (name: string) => `Ask ${name}`,
  cancel: "Not now",
  asked: (name: string) => `You asked to record. Waiting for ${name}'s answer.`,
  takeBack: "Take it back",
  question: (name: string) => `${name} asks to record this talk.`,
  agree: "Agree to record",
  decline: "Do not record",
  starting: "Recording is starting",
  recording: "Recording",
  resting: "Recording rests while the clock stands",
  stop: "Stop recording",
  declined: (name: string) => `${name} does not want to be recorded.`,
  takenBack: (name: string) => `${name} took the question back.`,
  stoppedByOther: (name: string) => `${name} stopped the recording.`,
  stopped: "The recording has stopped.",
  stoppedBecause: {
    stopped: "The recording has stopped.",
    consultation_ended: "The recording ended with the consultation.",
    media_ended: "The recording ended: you go on by chat.",
    not_connected: "The recording could not be started. You can ask again.",
    interrupted: "The recording was interrupted. What was recorded until then is kept; you can ask again.",
    disk_failed: "The recording was stopped because the server's disk failed.",
  } satisfies Record<StopReason, string>,
  noSafetyWords: "While it is recorded there are no safety words: sound and picture go through this site's server.",
  notStored: "It is being stored; it can be played in a moment.",
  nothing: "Nothing was recorded.",
  deleted: "Deleted, since the time it was to be kept for is over.",
  untilWhen: (date: string) => `Deleted on ${date}.`,
  untilDeleted: "Kept until it is deleted.",
  play: "Play",
  pause: "Pause",
  position: "Position",
  mine: "You",
  download: (name: string, part: number | null, size: string) =>
    `Download: ${name}${part === null ? "" : `, part ${part}`} (${size})`,
  pictureOf: (name: string) => `Recording of ${name}`,
  soundOnly: (name: string) => `${name}, sound only`,
  megabytes: (bytes: number) => `${Math.max(0.1, bytes / 1_000_000).toFixed(1)} MB`,
};
