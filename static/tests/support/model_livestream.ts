/** A small server in memory that keeps one livestream by the protocol's rules, and the network to it, which tests break. */
import { signal } from "@preact/signals";
import { commandProblem, type Problem, unreachable } from "../../src/api/problems";
import type { LiveEvent } from "../../src/live/protocol";
import type { Gift, Livestream, LivestreamJoined, LivestreamMessage, Person } from "../../src/livestreams/protocol";
import { LIVESTREAM_ID, own, sampleGift, sampleLine, sampleLivestream, samplePerson } from "./livestream_samples";

const HISTORY = 100;
const PAGE = 50;

export class ModelLivestream {
  readonly state = signal<"connected" | "lost">("connected");
  readonly lines: LivestreamMessage[] = [];
  readonly told: LiveEvent[] = [];
  readonly sent: { name: string; payload: Record<string, unknown> }[] = [];
  heard = 0;
  livestream: Livestream = sampleLivestream();
  media: LivestreamJoined["media"] = "offered";
  /** What the next command of a name is refused with. */
  readonly refusals = new Map<string, Problem>();
  isAnswerLost = false;
  private offers = 0;
  private readonly byNonce = new Map<string, LivestreamMessage>();
  private readonly onEvent = new Set<(event: LiveEvent) => void>();
  private readonly onConnected = new Set<() => void>();

  readonly live = {
    state: this.state,
    onAny: (listener: (event: LiveEvent) => void) => subscribe(this.onEvent, listener),
    on: (name: string, listener: (payload: never) => void) =>
      subscribe(this.onEvent, (event) => event.name === name && listener(event.payload as never)),
    onConnect: (listener: () => void) => subscribe(this.onConnected, listener),
    hint: (name: string, payload: Record<string, unknown>) => void this.sent.push({ name, payload }),
    send: async (name: string, payload: Record<string, unknown>) => {
      if (this.state.value !== "connected") throw unreachable();
      this.sent.push({ name, payload });
      const refusal = this.refusals.get(name);
      if (refusal !== undefined) throw refusal;
      return this.carryOut(name, payload);
    },
  };

  readonly resources = {
    livestream: async () => this.snapshot(),
    livestreamMessages: async (_id: string, afterSeq: number) => ({
      items: this.after(afterSeq).slice(0, PAGE),
      next_cursor: null,
    }),
  };

  snapshot(): Livestream {
    return { ...structuredClone(this.livestream), last_seq: this.lines.length };
  }

  say(content: string, sender: Person = samplePerson, nonce = `nonce-${this.lines.length}`): LivestreamMessage {
    const known = this.byNonce.get(`${sender.id} ${nonce}`);
    if (known) return known;
    const message = sampleLine(this.lines.length + 1, { content, sender });
    this.lines.push(message);
    this.byNonce.set(`${sender.id} ${nonce}`, message);
    this.tell("livestream.said", { message: { ...message } });
    return message;
  }

  give(change: Partial<Gift> = {}): void {
    const gift = sampleGift({ id: `gift-${this.lines.length + 1}`, ...change });
    const message = sampleLine(this.lines.length + 1, { kind: "gift", content: "", gift, sender: gift.sender });
    this.lines.push(message);
    const top_senders = [{ user: gift.sender, total_minor: gift.amount_minor }];
    this.tell("gift.sent", { gift, message, top_senders, gift_goal: null });
  }

  delete(seq: number): void {
    const line = this.lines[seq - 1];
    if (line === undefined) return;
    this.lines[seq - 1] = { ...line, content: "", is_deleted: true };
    this.tell("livestream.message_deleted", { message_id: line.id, seq, deleted_by: "reader-1" });
  }

  change(name: "started" | "paused" | "resumed" | "changed" | "ended", change: Partial<Livestream>): void {
    this.livestream = { ...this.livestream, ...change, version: this.livestream.version + 1 };
    this.tell(`livestream.${name}`, { livestream: this.snapshot() });
  }

  tell(name: string, payload: object): void {
    const at = "2026-01-01T10:00:30Z";
    this.told.push({ name, payload: { livestream_id: LIVESTREAM_ID, at, ...payload } } as unknown as LiveEvent);
  }

  deliver(pick: (event: LiveEvent) => boolean = () => true): void {
    for (const event of this.told.slice(this.heard)) {
      if (pick(event)) for (const listener of [...this.onEvent]) listener(event);
    }
    this.heard = this.told.length;
  }

  reconnect(): void {
    this.state.value = "connected";
    for (const listener of [...this.onConnected]) listener();
  }

  count(name: string): number {
    return this.sent.filter((command) => command.name === name).length;
  }

  private carryOut(name: string, payload: Record<string, unknown>): unknown {
    if (name === "livestream.join") return this.join(payload.after_seq as number | undefined);
    if (name === "livestream.say") {
      const message = this.say(String(payload.content), own, String(payload.nonce));
      // Stored, but the answer is lost.
      if (this.isAnswerLost) throw unreachable();
      return { message };
    }
    return {};
  }

  private join(afterSeq: number | undefined): LivestreamJoined {
    const { status, media_id } = this.livestream;
    if (status === "ended") throw refusal("livestream.ended", 409);
    const isOffered = this.media === "offered" && media_id !== null;
    this.offers += 1;
    return {
      livestream: this.snapshot(),
      messages: afterSeq === undefined ? this.lines.slice(-HISTORY) : this.missed(afterSeq),
      top_senders: [],
      standing: { rank: "viewer", is_following: false, sanction: null },
      description: isOffered ? { type: "offer", sdp: `offer ${this.offers} of ${media_id}` } : null,
      media: media_id === null ? "waiting" : this.media,
    };
  }

  /** What was deleted of what is known already comes along. */
  private missed(seq: number): LivestreamMessage[] {
    const deleted = this.lines.filter((line) => line.seq <= seq && line.is_deleted);
    return [...deleted, ...this.after(seq).slice(0, HISTORY)];
  }

  private after(seq: number): LivestreamMessage[] {
    return this.lines.filter((line) => line.seq > seq).map((line) => ({ ...line }));
  }
}

export function refusal(code: string, status: number, message: string = code): Problem {
  return commandProblem({ code, message, status, retryable: false, fields: [] });
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** A viewer's end that a test connects and breaks by hand. */
export class FakeViewerPeer {
  onconnectionstatechange: (() => void) | null = null;
  onicegatheringstatechange: (() => void) | null = null;
  iceGatheringState = "complete";
  connectionState: RTCPeerConnectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  offer: string | null = null;
  packets = 0;
  isClosed = false;

  async setRemoteDescription(offer: { sdp: string }): Promise<void> {
    this.offer = offer.sdp;
  }

  async setLocalDescription(): Promise<void> {
    this.localDescription = { type: "answer", sdp: `answer to ${this.offer}` };
  }

  getReceivers(): { track: string }[] {
    return [{ track: `${this.offer}` }];
  }

  async getStats(): Promise<RTCStatsReport> {
    return new Map([["in", { type: "inbound-rtp", packetsReceived: this.packets }]]) as unknown as RTCStatsReport;
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.isClosed = true;
  }
}
