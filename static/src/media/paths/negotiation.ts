/**
 * One RTCPeerConnection and "perfect negotiation" on it, as the W3C's WebRTC specification shows the pattern. What
 * comes from another peer connection than the one we talk with is only recognised here; the path decides what follows.
 */
import {
  addAnswered,
  isSameOrigin,
  type Origin,
  readAnswered,
  readFingerprints,
  readOrigin,
  readUfrags,
} from "../descriptions";
import type { Signal } from "../signals";

export type Description = RTCSessionDescriptionInit & { sdp: string };

/** "other_peer": made by a peer connection that is not the one at the other end of ours. */
export type Verdict = "ours" | "stale" | "other_peer";

const EARLY_CANDIDATES_MAXIMUM = 64;
/**
 * Both sides begin when a request is accepted, so their first offers cross. The polite one then rolls back in the middle of
 * gathering, after which Chromium's ICE now and then never starts. It lets the other one speak first for so long.
 */
export const FIRST_OFFER_WAIT_MS = 500;

/** A certificate is made for each peer connection, so its hash tells them apart. */
export function peerOf(sdp: string): string {
  return readFingerprints(sdp).join(" ") || (readOrigin(sdp)?.sessionId ?? "");
}

export class Negotiation {
  private makingOffer = false;
  private ignoreOffer = false;
  private isSettingRemoteAnswerPending = false;
  private lastRemote: Description | null = null;
  private early: RTCIceCandidateInit[] = [];
  private firstOffer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    readonly connection: RTCPeerConnection,
    private readonly isPolite: boolean,
    private readonly send: (signal: Signal) => void,
  ) {
    connection.onnegotiationneeded = () => this.offerInTurn();
    connection.onicecandidate = ({ candidate }) =>
      this.send({ candidate: candidate === null ? null : candidate.toJSON() });
  }

  /** Which peer connection is at the other end; null until it described itself. */
  get remotePeer(): string | null {
    return this.lastRemote === null ? null : peerOf(this.lastRemote.sdp);
  }

  /** An offer of ours waits for its answer. */
  get isOffering(): boolean {
    return this.connection.signalingState === "have-local-offer";
  }

  judge(description: Description): Verdict {
    const known = this.lastRemote;
    const isOther = known !== null && peerOf(known.sdp) !== peerOf(description.sdp);
    if (description.type === "offer") return isOther ? "other_peer" : this.judgeOffer(description);
    const answered = readAnswered(description.sdp);
    const own = this.ownOrigin();
    if (answered !== null && answered.sessionId !== own?.sessionId) return "stale";
    if (isOther) return "other_peer";
    const isAwaited = this.isOffering && (answered === null || isSameOrigin(answered, own));
    return isAwaited ? "ours" : "stale";
  }

  async hearDescription(description: Description): Promise<void> {
    const { connection } = this;
    this.forgetFirstOffer();
    const readyForOffer =
      !this.makingOffer && (connection.signalingState === "stable" || this.isSettingRemoteAnswerPending);
    const offerCollision = description.type === "offer" && !readyForOffer;
    this.ignoreOffer = !this.isPolite && offerCollision;
    if (this.ignoreOffer) {
      // The other side may have come after our offer was sent, and then knows nothing of it.
      this.sendOfferAgain();
      return;
    }
    this.isSettingRemoteAnswerPending = description.type === "answer";
    try {
      await connection.setRemoteDescription(description);
    } finally {
      this.isSettingRemoteAnswerPending = false;
    }
    this.lastRemote = description;
    await this.addEarlyCandidates();
    if (description.type !== "offer") return;
    await connection.setLocalDescription();
    this.describe(readOrigin(description.sdp));
  }

  async hearCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (this.lastRemote === null || !this.knows(candidate)) return this.keepEarly(candidate);
    try {
      await this.connection.addIceCandidate(candidate ?? undefined);
    } catch {
      // One of an offer that was ignored, or of a time before the last restart: the connection does without it.
    }
  }

  /** Doubled offers are recognised by who gets them. */
  sendOfferAgain(): void {
    if (this.isOffering) this.describe(null);
  }

  close(): void {
    this.connection.onnegotiationneeded = null;
    this.connection.onicecandidate = null;
    this.forgetFirstOffer();
    this.early = [];
  }

  private offerInTurn(): void {
    if (!this.isPolite || this.lastRemote !== null) return void this.offer();
    this.firstOffer ??= setTimeout(() => {
      this.firstOffer = null;
      void this.offer();
    }, FIRST_OFFER_WAIT_MS);
  }

  private forgetFirstOffer(): void {
    if (this.firstOffer !== null) clearTimeout(this.firstOffer);
    this.firstOffer = null;
  }

  private async offer(): Promise<void> {
    try {
      this.makingOffer = true;
      await this.connection.setLocalDescription();
      this.describe(null);
    } catch {
      // Closed meanwhile, or an offer of the other side came in between: the browser asks again when it is needed.
    } finally {
      this.makingOffer = false;
    }
  }

  private describe(answered: Origin | null): void {
    const description = this.connection.localDescription;
    if (description === null) return;
    const isAnswer = description.type === "answer" && answered !== null;
    const sdp = isAnswer ? addAnswered(description.sdp, answered) : description.sdp;
    this.send({ description: { type: description.type, sdp } });
  }

  private judgeOffer(offer: Description): Verdict {
    const known = this.lastRemote;
    if (known === null) return "ours";
    const [before, now] = [readOrigin(known.sdp), readOrigin(offer.sdp)];
    const isOlder = Number(now?.version) < Number(before?.version);
    // Sent once more it has the same number, though it may list candidates that came in between.
    const isRepeated = isSameOrigin(before, now) && isSameSet(readUfrags(known.sdp), readUfrags(offer.sdp));
    return isRepeated || isOlder ? "stale" : "ours";
  }

  private ownOrigin(): Origin | null {
    const description = this.connection.localDescription;
    return description === null ? null : readOrigin(description.sdp);
  }

  private knows(candidate: RTCIceCandidateInit | null): boolean {
    const fragment = candidate?.usernameFragment;
    return fragment == null || this.lastRemote === null || readUfrags(this.lastRemote.sdp).has(fragment);
  }

  private keepEarly(candidate: RTCIceCandidateInit | null): void {
    if (candidate !== null && this.early.length < EARLY_CANDIDATES_MAXIMUM) this.early.push(candidate);
  }

  private async addEarlyCandidates(): Promise<void> {
    const known = this.early.filter((candidate) => this.knows(candidate));
    // The others belong to what this description replaced, or to one that will be sent again with its own.
    this.early = this.early.filter((candidate) => !this.knows(candidate)).slice(-EARLY_CANDIDATES_MAXIMUM / 2);
    for (const candidate of known) await this.hearCandidate(candidate);
  }
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((member) => other.has(member));
}
