/**
 * Plays the files of both sides as one: each has its place on a common time line, and is kept to it. Whichever has to
 * load makes all of them wait.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface Piece {
  element: HTMLMediaElement;
  offsetSeconds: number;
  seconds: number;
}

const TICK_MS = 200;
/** Less than this is not heard as an echo, and correcting it would be. */
const DRIFT_SECONDS = 0.25;

export class Together {
  private readonly place = signal(0);
  private readonly playing = signal(false);
  private pieces: readonly Piece[] = [];
  private timer: ReturnType<typeof setInterval> | null = null;
  private tickedAtMs = 0;

  constructor(readonly totalSeconds: number) {}

  get position(): ReadonlySignal<number> {
    return this.place;
  }

  get isPlaying(): ReadonlySignal<boolean> {
    return this.playing;
  }

  setPieces(pieces: readonly Piece[]): void {
    this.pieces = pieces;
    this.align();
  }

  play(): void {
    if (this.place.peek() >= this.totalSeconds - 0.1) this.place.value = 0;
    this.playing.value = true;
    this.tickedAtMs = performance.now();
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
    this.align();
  }

  pause(): void {
    this.playing.value = false;
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.align();
  }

  seek(seconds: number): void {
    this.place.value = Math.max(0, Math.min(this.totalSeconds, seconds));
    this.align(0);
  }

  close(): void {
    this.pause();
    this.pieces = [];
  }

  private tick(): void {
    const now = performance.now();
    const elapsed = (now - this.tickedAtMs) / 1_000;
    this.tickedAtMs = now;
    if (!this.isWaiting()) this.place.value = Math.min(this.totalSeconds, this.place.peek() + elapsed);
    if (this.place.peek() >= this.totalSeconds) this.pause();
    else this.align();
  }

  /** A piece that should play has nothing to play yet. */
  private isWaiting(): boolean {
    return this.pieces.some(
      ({ element, ...piece }) =>
        this.isDue(piece) && element.readyState < 2 && element.error === null && !element.ended,
    );
  }

  private isDue({ offsetSeconds, seconds }: Omit<Piece, "element">): boolean {
    const at = this.place.peek();
    return at >= offsetSeconds && at < offsetSeconds + seconds;
  }

  private align(driftSeconds = DRIFT_SECONDS): void {
    for (const piece of this.pieces) {
      const { element } = piece;
      const isDue = this.isDue(piece);
      if (isDue) {
        const wanted = this.place.peek() - piece.offsetSeconds;
        if (Math.abs(element.currentTime - wanted) > driftSeconds) element.currentTime = wanted;
      }
      if (isDue && this.playing.peek()) {
        if (element.paused && !element.ended) void element.play().catch(() => undefined);
      } else if (!element.paused) element.pause();
    }
  }
}
