/** Tells the server how the media are; the clock of the consultation follows these reports. */
import type { LiveConnection } from "../live/connection";
import type { PathState } from "./paths/path";
import type { Statistics } from "./statistics";

export const REPORT_EVERY_MS = 2_000;

export class Reports {
  /** What the other side's clock believes; null before the first connected report. */
  private told: "connected" | "disconnected" | "failed" | null = null;
  private readonly sent = new RisingCount();
  private readonly received = new RisingCount();

  constructor(
    private readonly live: Pick<LiveConnection, "hint">,
    private readonly consultationId: string,
  ) {}

  /** A report that is late is worthless, so none is kept for a socket that is lost; the next one comes soon. */
  tellConnected(statistics: Statistics): void {
    this.told = "connected";
    this.live.hint("media.report", {
      consultation_id: this.consultationId,
      state: "connected",
      stats: {
        packets_sent: this.sent.rise(statistics.sentByStream),
        packets_received: this.received.rise(statistics.receivedByStream),
        round_trip_ms: statistics.roundTripMs,
      },
    });
  }

  /** Says a loss at once, each kind once, and nothing before the media were ever connected. */
  tellState(state: PathState): void {
    if (this.told === null || state === "connected" || state === this.told) return;
    if (state !== "failed" && this.told !== "connected") return;
    this.told = state === "failed" ? "failed" : "disconnected";
    this.live.hint("media.report", { consultation_id: this.consultationId, state: this.told });
  }
}

/** A sum over streams that come and go (a path is replaced, a stream ends) and that never goes back. */
class RisingCount {
  private readonly streams = new Map<string, number>();
  private total = 0;

  rise(streams: ReadonlyMap<string, number>): number {
    for (const [id, count] of streams) {
      const before = this.streams.get(id) ?? 0;
      // A lower count is a new stream under an old name.
      this.total += count >= before ? count - before : count;
      this.streams.set(id, count);
    }
    for (const id of this.streams.keys()) if (!streams.has(id)) this.streams.delete(id);
    return this.total;
  }
}
