/**
 * Decides when lost media are tried again, and how: ICE is restarted first, then the whole peer connection is made
 * anew. Both sides do this; the polite one a little later, so that they rarely do it at once.
 */
import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { LiveConnection } from "../live/connection";
import type { PathState } from "./paths/path";

export interface RecoverablePath {
  readonly state: ReadonlySignal<PathState>;
  /** The other side has described itself: from then on being unconnected is a loss and not a wait. */
  readonly hasRemote: boolean;
  restartIce(): Promise<void>;
  renew(): Promise<void>;
  offerAgain(): void;
}

export interface RecoveryEnvironment {
  path: RecoverablePath;
  live: Pick<LiveConnection, "onConnect" | "state">;
  isPolite: boolean;
  onNetworkChange: (listener: () => void) => () => void;
}

/** "disconnected" often mends itself within this time. */
const DISCONNECTED_FOR_MS = 2_000;
const FIRST_CONNECT_MS = 8_000;
const RESTARTED_FOR_MS = 5_000;
const RENEWED_FOR_MS = 10_000;
const LATER_EVERY_MS = 20_000;
const POLITE_LATER_MS = 1_500;
/** After this long the visitor is told; we go on trying. */
const GIVEN_UP_AFTER_MS = 30_000;
const OFFER_AGAIN_EVERY_MS = 30_000;

export class Recovery {
  private readonly givenUp = signal(false);
  private readonly stops: (() => void)[] = [];
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private givingUp: ReturnType<typeof setTimeout> | null = null;
  private isStopped = false;

  constructor(private readonly environment: RecoveryEnvironment) {}

  get isGivenUp(): ReadonlySignal<boolean> {
    return this.givenUp;
  }

  start(): void {
    const { path, live, onNetworkChange } = this.environment;
    const waiting = setInterval(() => this.remind(), OFFER_AGAIN_EVERY_MS);
    this.stops.push(
      effect(() => {
        const state = path.state.value;
        untracked(() => this.follow(state));
      }),
      live.onConnect(() => this.socketCameBack()),
      onNetworkChange(() => this.networkChanged()),
      () => clearInterval(waiting),
    );
  }

  /** Somebody asked for it: begins from the start, with a new peer connection. */
  startOver(): void {
    this.isStopped = false;
    this.calmDown();
    this.attempts = 1;
    this.tryNow();
  }

  /** Another page took this one's place; only `startOver` goes on. */
  giveUp(): void {
    this.calmDown();
    this.isStopped = true;
    this.givenUp.value = true;
  }

  close(): void {
    this.isStopped = true;
    this.calmDown();
    for (const stop of this.stops.splice(0)) stop();
  }

  private follow(state: PathState): void {
    if (this.isStopped || state === "closed" || state === "new") return;
    if (state === "connected") return this.calmDown();
    this.givingUp ??= setTimeout(() => {
      this.givenUp.value = true;
    }, GIVEN_UP_AFTER_MS);
    if (state === "failed") this.tryIn(this.attempts === 0 ? 0 : RESTARTED_FOR_MS);
    else if (this.timer === null) this.tryIn(state === "disconnected" ? DISCONNECTED_FOR_MS : FIRST_CONNECT_MS);
  }

  private calmDown(): void {
    this.cancelTimer();
    if (this.givingUp !== null) clearTimeout(this.givingUp);
    this.givingUp = null;
    this.attempts = 0;
    this.givenUp.value = false;
  }

  private tryIn(milliseconds: number): void {
    this.cancelTimer();
    const laterMs = this.environment.isPolite && this.attempts > 0 ? POLITE_LATER_MS : 0;
    this.timer = setTimeout(() => this.tryNow(), milliseconds + laterMs);
  }

  private tryNow(): void {
    const { path, live } = this.environment;
    this.timer = null;
    if (this.isStopped || path.state.peek() === "connected") return;
    // Without the socket nobody would hear of it; its return starts the next attempt.
    if (live.state.peek() !== "connected") return;
    this.attempts += 1;
    const isFirst = this.attempts === 1;
    void (isFirst ? path.restartIce() : path.renew());
    this.tryIn(isFirst ? RESTARTED_FOR_MS : this.attempts < 4 ? RENEWED_FOR_MS : LATER_EVERY_MS);
  }

  private socketCameBack(): void {
    const { path } = this.environment;
    if (this.isStopped || path.state.peek() === "connected") return;
    if (!path.hasRemote) return path.offerAgain();
    this.attempts = 0;
    this.tryIn(0);
  }

  /** The old way may be gone although the browser does not know it yet. */
  private networkChanged(): void {
    const { path } = this.environment;
    if (this.isStopped || !path.hasRemote) return;
    void path.restartIce();
  }

  private remind(): void {
    const { path } = this.environment;
    if (!this.isStopped && !path.hasRemote) path.offerAgain();
  }

  private cancelTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
