/**
 * Takes the media over to the server's relay while the consultation is recorded, and back when it is not: the direct
 * path stays connected meanwhile and sends nothing, so that going back takes no longer than a moment.
 */
import { effect, untracked } from "@preact/signals";
import type { PathState } from "./paths/path";
import type { RelayPath } from "./paths/relay";
import type { RecordingStage } from "./types";

export interface RelaySwitchEnvironment {
  makePath: (withVideo: boolean) => RelayPath;
  /** Null: by the direct path. */
  sendThrough: (path: RelayPath | null) => Promise<void>;
}

const AGAIN_MS = 2_000;
/** A way that is interrupted may come back by itself. */
const DISCONNECTED_FOR_MS = 4_000;

export class RelaySwitch {
  private path: RelayPath | null = null;
  private stopFollowing: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** The recording that the present connection is for. */
  private id: string | null = null;
  private withVideo = false;
  private hasVideo = false;
  private isWritten = false;

  constructor(private readonly environment: RelaySwitchEnvironment) {}

  follow(recording: { id: string; state: RecordingStage } | null, withVideo: boolean): void {
    const isUnderWay = recording?.state === "connecting" || recording?.state === "recording";
    const id = isUnderWay ? recording.id : null;
    // The other side's media are at the relay only once both are there.
    this.isWritten = recording?.state === "recording";
    this.withVideo = withVideo;
    // A connection made for sound has no place for a picture; one made for both can do with less.
    const isTooSmall = id !== null && withVideo && !this.hasVideo;
    if (id !== this.id || isTooSmall) {
      this.id = id;
      this.end();
      if (id !== null) this.begin();
    }
    this.choose();
  }

  close(): void {
    this.id = null;
    this.end();
  }

  private begin(): void {
    const path = this.environment.makePath(this.withVideo);
    this.hasVideo = this.withVideo;
    this.path = path;
    void path.connect();
    this.stopFollowing = effect(() => {
      const state = path.state.value;
      untracked(() => this.look(state));
    });
  }

  private end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.stopFollowing?.();
    this.stopFollowing = null;
    const { path } = this;
    this.path = null;
    if (path === null) return;
    void this.environment.sendThrough(null).finally(() => path.close());
  }

  private look(state: PathState): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (state === "failed" || state === "closed") this.againIn(AGAIN_MS);
    else if (state === "disconnected") this.againIn(DISCONNECTED_FOR_MS);
    this.choose();
  }

  private againIn(milliseconds: number): void {
    this.timer = setTimeout(() => {
      this.end();
      if (this.id !== null) this.begin();
    }, milliseconds);
  }

  private choose(): void {
    const state = this.path?.state.peek();
    const isUsable = this.isWritten && (state === "connected" || state === "disconnected");
    void this.environment.sendThrough(isUsable ? this.path : null);
  }
}
