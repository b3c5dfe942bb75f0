/** The two directions of signalling for one consultation: a queue that keeps the order, and an inbox that keeps all. */
import { asProblem } from "../api/problems";
import type { LiveConnection } from "../live/connection";

export type Signal =
  | { description: RTCSessionDescriptionInit & { sdp: string } }
  /** Null: there are no more candidates. */
  | { candidate: RTCIceCandidateInit | null };

/** How many are on their way at once; the server keeps the order of one connection. */
const IN_FLIGHT_MAXIMUM = 16;
const RETRY_MS = 700;
/** A refusal lasts longer than a lost line: the clock stands, the room was not joined again yet, the chat goes on alone. */
const REFUSED_RETRY_MS = 1_500;
const WAITING_MAXIMUM = 200;
const SEEN_MAXIMUM = 2_000;

export class SignalQueue {
  private waiting: Signal[] = [];
  private inFlight = 0;
  /** Rises with each failure and each `clear`, so that answers of an earlier round change nothing. */
  private round = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isClosed = false;

  constructor(
    private readonly live: Pick<LiveConnection, "send">,
    private readonly consultationId: string,
  ) {}

  push(signal: Signal): void {
    const isFull = this.waiting.length >= WAITING_MAXIMUM;
    // A connection can do without one more candidate, never without a description.
    if (this.isClosed || (isFull && "candidate" in signal)) return;
    this.waiting.push(signal);
    this.pump();
  }

  /** Forgets what was not sent yet: it described a peer connection that is gone. What comes next need not wait for it. */
  clear(): void {
    this.waiting = [];
    this.inFlight = 0;
    this.round += 1;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  close(): void {
    this.clear();
    this.isClosed = true;
  }

  private pump(): void {
    if (this.timer !== null) return;
    while (this.inFlight < Math.min(this.waiting.length, IN_FLIGHT_MAXIMUM)) {
      const signal = this.waiting[this.inFlight];
      if (signal === undefined) return;
      this.inFlight += 1;
      void this.send(signal, this.round);
    }
  }

  private async send(signal: Signal, round: number): Promise<void> {
    try {
      const payload = { consultation_id: this.consultationId, ...toPayload(signal) };
      // Repeated by the connection, an offer could arrive after the next peer connection's and undo it.
      await this.live.send("signal.send", payload, { isOnce: true });
    } catch (error) {
      if (round !== this.round) return;
      const { status } = asProblem(error);
      // What the server calls malformed stays malformed.
      if (status !== 422) return this.startAgain(status === 0 ? RETRY_MS : REFUSED_RETRY_MS);
    }
    if (round !== this.round) return;
    // Answers come in the order of the commands; one that overtook another only shortens the queue a little later.
    const index = this.waiting.indexOf(signal);
    if (index >= 0) {
      this.waiting.splice(index, 1);
      this.inFlight -= 1;
    }
    this.pump();
  }

  /**
   * From the first that has no answer on everything is sent once more: nobody knows which of them arrived, a doubled
   * signal is harmless, and one that overtakes another is not.
   */
  private startAgain(afterMs: number): void {
    this.round += 1;
    this.inFlight = 0;
    if (this.isClosed || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.pump();
    }, afterMs);
  }
}

/** What came in, in the order of `seq`'s arrival, each once, kept until somebody listens. */
export class SignalInbox {
  private readonly seen = new Set<number>();
  private kept: Signal[] = [];
  private listener: ((signal: Signal) => void) | null = null;
  private readonly stop: () => void;

  constructor(live: Pick<LiveConnection, "on">, consultationId: string) {
    this.stop = live.on("signal.received", (event) => {
      if (event.consultation_id !== consultationId || this.seen.has(event.seq)) return;
      this.remember(event.seq);
      const signal: Signal =
        event.description != null
          ? { description: { type: event.description.type, sdp: event.description.sdp ?? "" } }
          : { candidate: event.candidate == null ? null : toCandidate(event.candidate) };
      if (this.listener === null) this.kept = [...this.kept.slice(1 - WAITING_MAXIMUM), signal];
      else this.listener(signal);
    });
  }

  private remember(seq: number): void {
    this.seen.add(seq);
    const [oldest] = this.seen;
    if (this.seen.size > SEEN_MAXIMUM && oldest !== undefined) this.seen.delete(oldest);
  }

  listen(listener: (signal: Signal) => void): void {
    this.listener = listener;
    for (const signal of this.kept.splice(0)) listener(signal);
  }

  close(): void {
    this.stop();
    this.listener = null;
    this.kept = [];
  }
}

function toPayload(signal: Signal): Signal {
  if ("description" in signal) return { description: { type: signal.description.type, sdp: signal.description.sdp } };
  return { candidate: signal.candidate === null ? null : toCandidate(signal.candidate) };
}

/** The four fields that browsers and server agree about, and nothing that a browser adds. */
function toCandidate(candidate: RTCIceCandidateInit): RTCIceCandidateInit {
  return {
    candidate: candidate.candidate ?? "",
    sdpMid: candidate.sdpMid ?? null,
    sdpMLineIndex: candidate.sdpMLineIndex ?? null,
    usernameFragment: candidate.usernameFragment ?? null,
  };
}
