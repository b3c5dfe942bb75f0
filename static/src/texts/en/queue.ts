/** Waiting in line for a reader who is busy. */
import type { ConsultationType, QueueEntry } from "../../protocol";

function duration(seconds: number): string {
  if (seconds < 60 || seconds % 60 !== 0) return `${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  return seconds === 60 ? "a minute" : `${seconds / 60} minutes`;
}

export const queueTexts = {
  waitInLine: (count: number) =>
    count === 0 ? "Wait in line (you would be next)" : `Wait in line (${count} before you)`,
  cardHint: (count: number) => (count === 0 ? "You can wait in line" : `Wait in line: ${count} before you`),
  cardPlace: (position: number) => `You are number ${position} in line`,
  explain: (name: string, seconds: number) =>
    `${name} is not free right now. Keep this site open: when it is your turn, it rings, and ${name} is kept for you for ${duration(seconds)}. Waiting costs nothing.`,
  joining: "Joining…",
  place: (position: number, name: string) =>
    position === 1 ? `You are next in line for ${name}.` : `You are number ${position} in line for ${name}.`,
  waitsFor: (type: ConsultationType) =>
    ({ chat: "You wait for a chat.", call: "You wait for a call.", video: "You wait for a video consultation." })[type],
  waitInstead: {
    chat: "Wait for a chat instead",
    call: "Wait for a call instead",
    video: "Wait for a video instead",
  } satisfies Record<ConsultationType, string>,
  leave: "Leave the line",
  leaveOf: (name: string) => `Leave the line for ${name}`,
  skipped: {
    disconnected: (name: string) => `It was your turn with ${name} while you were away. You keep your place.`,
    busy: (name: string) => `It is your turn with ${name} as soon as your other consultation is over.`,
    balance: (name: string) => `It is your turn with ${name}, but your balance or your own limit is too low for it.`,
  } satisfies Record<NonNullable<QueueEntry["skip_reason"]>, (name: string) => string>,
  keptUntil: (time: string) => `Your place is kept until ${time}.`,
  stalled: (name: string, time: string) =>
    `${name} is not there at the moment. You keep your place; the line ends at ${time} if ${name} does not come back.`,
  addMoney: "Add money",
  turnTitle: (name: string) => `${name} is free for you now`,
  turnFlash: (name: string) => `● ${name} is free for you`,
  turnLeft: (clock: string) => `${clock} left`,
  turnBar: (name: string) => `It is your turn with ${name}.`,
  freeForYou: "Free for you",
  turnShow: "Start or pass",
  pass: "Pass",
  passHint: "If you pass, the next in line gets the turn.",
  asked: (name: string) => `Asking ${name}…`,
  lost: {
    served: () => "",
    left: () => "",
    time_ran_out: (name: string) => `Your turn with ${name} has passed: it was not used in time.`,
    declined: (name: string) => `${name} could not take your request. The turn went to the next in line.`,
    unanswered: (name: string) => `${name} did not answer your request. The turn went to the next in line.`,
    not_ready: (name: string) => `Your place in line for ${name} has ended: you could not take your turn in time.`,
    reader_gone: (name: string) => `The line for ${name} has ended: ${name} has not come back.`,
    reader_closed: (name: string) => `The line for ${name} has ended: ${name} takes no consultations at present.`,
    type_not_offered: (name: string) => `${name} does not offer what you waited for any more.`,
  } satisfies Record<NonNullable<QueueEntry["end_reason"]>, (name: string) => string>,
  joinAgain: "Wait in line again",
  seeReader: (name: string) => `See ${name}`,
  keptTitle: (name: string) => `Kept for ${name}`,
  lineTitle: (count: number) => `In line for you (${count})`,
  lineEmpty: "Nobody is in line. Who finds you busy can wait, and gets the next turn.",
  keptFor: (clock: string) =>
    `Next in line, with ${clock} left to ask for you. Everybody else sees you as busy meanwhile.`,
  since: (minutes: number) => (minutes < 1 ? "since a moment ago" : `for ${minutes} min`),
  hasTurn: "has the turn",
  isAsking: "is asking for you",
  notThere: {
    disconnected: "not there right now",
    busy: "in another consultation",
    balance: "cannot pay right now",
  } satisfies Record<NonNullable<QueueEntry["skip_reason"]>, string>,
};
