/**
 * A viewer's peer connections: each takes one offer of the server and answers it. The picture of the one before stays
 * until the new one has its own. Nothing is repaired; whoever owns this asks for another offer.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { gatherCandidates } from "../media/gathering";

export type ViewingState = "idle" | "connecting" | "playing" | "failed";

export interface ViewingEnvironment {
  connect: (configuration: RTCConfiguration) => RTCPeerConnection;
  makeStream: (tracks: readonly MediaStreamTrack[]) => MediaStream;
  /** Throws when the answer is not taken. */
  answer: (description: { type: "answer"; sdp: string }) => Promise<void>;
  /** The connection that was shown, or was to be shown, is of no use any more. */
  onFailed: () => void;
}

/** A connection that stumbles mostly comes back by itself. */
const DISCONNECTED_PATIENCE_MS = 4_000;
const CONNECTING_PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 2_000;
/** Without a packet for so long, although something is being published. */
const SILENT_LOOKS = 4;

export class Viewing {
  readonly state: ReadonlySignal<ViewingState>;
  readonly stream: ReadonlySignal<MediaStream | null>;
  private readonly currentState = signal<ViewingState>("idle");
  private readonly currentStream = signal<MediaStream | null>(null);
  private connection: RTCPeerConnection | null = null;
  private former: RTCPeerConnection | null = null;
  private patience: ReturnType<typeof setTimeout> | null = null;
  private look: ReturnType<typeof setInterval> | null = null;
  private packets = -1;
  private silentLooks = 0;
  /** Silence means nothing while nobody publishes. */
  private isSilenceExpected = false;

  constructor(private readonly environment: ViewingEnvironment) {
    this.state = this.currentState;
    this.stream = this.currentStream;
  }

  /** Never throws: what went wrong is a state. */
  async take(offerSdp: string): Promise<void> {
    this.retire();
    const connection = this.environment.connect({ bundlePolicy: "max-bundle" });
    this.connection = connection;
    this.currentState.value = "connecting";
    this.expect(CONNECTING_PATIENCE_MS);
    connection.onconnectionstatechange = () => this.follow(connection);
    try {
      await connection.setRemoteDescription({ type: "offer", sdp: offerSdp });
      await connection.setLocalDescription();
      await gatherCandidates(connection);
      if (this.connection !== connection) return;
      await this.environment.answer({ type: "answer", sdp: connection.localDescription?.sdp ?? "" });
    } catch {
      this.fail(connection);
    }
  }

  /** The publisher is away: the connection stays, and being silent is no fault of it. */
  expectSilence(isExpected: boolean): void {
    this.isSilenceExpected = isExpected;
    this.silentLooks = 0;
  }

  /** There is nothing to see any more. */
  drop(): void {
    this.retire();
    this.closeFormer();
    this.currentStream.value = null;
    this.currentState.value = "idle";
  }

  private retire(): void {
    this.closeFormer();
    this.stopWatching();
    this.former = this.connection;
    this.connection = null;
    if (this.former !== null) this.former.onconnectionstatechange = null;
  }

  private closeFormer(): void {
    this.former?.close();
    this.former = null;
  }

  private follow(connection: RTCPeerConnection): void {
    if (this.connection !== connection) return;
    switch (connection.connectionState) {
      case "connected":
        this.stopWatching();
        this.look = setInterval(() => void this.lookForSilence(connection), LOOK_EVERY_MS);
        if (this.currentState.peek() !== "playing") this.show(connection);
        return;
      case "disconnected":
        return this.expect(DISCONNECTED_PATIENCE_MS);
      case "failed":
      case "closed":
        return this.fail(connection);
    }
  }

  private show(connection: RTCPeerConnection): void {
    const tracks = connection.getReceivers().map(({ track }) => track);
    this.currentStream.value = this.environment.makeStream(tracks);
    this.currentState.value = "playing";
    this.closeFormer();
  }

  private fail(connection: RTCPeerConnection): void {
    if (this.connection !== connection) return;
    this.stopWatching();
    connection.onconnectionstatechange = null;
    connection.close();
    this.connection = null;
    this.currentState.value = "failed";
    this.environment.onFailed();
  }

  /** Whoever is not connected by then is taken for failed. */
  private expect(milliseconds: number): void {
    const { connection } = this;
    if (this.patience !== null) clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      if (connection !== null && connection.connectionState !== "connected") this.fail(connection);
    }, milliseconds);
  }

  private stopWatching(): void {
    if (this.patience !== null) clearTimeout(this.patience);
    if (this.look !== null) clearInterval(this.look);
    this.patience = null;
    this.look = null;
    this.packets = -1;
    this.silentLooks = 0;
  }

  /** A connection may look well while nothing comes through it: its server died, or let go of us unheard. */
  private async lookForSilence(connection: RTCPeerConnection): Promise<void> {
    const packets = countPackets(await connection.getStats());
    if (this.connection !== connection || this.look === null) return;
    const isSilent = packets === this.packets && !this.isSilenceExpected;
    this.packets = packets;
    this.silentLooks = isSilent ? this.silentLooks + 1 : 0;
    if (this.silentLooks >= SILENT_LOOKS) this.fail(connection);
  }
}

function countPackets(report: RTCStatsReport): number {
  let packets = 0;
  report.forEach((entry: { type: string; packetsReceived?: number }) => {
    if (entry.type === "inbound-rtp") packets += entry.packetsReceived ?? 0;
  });
  return packets;
}
