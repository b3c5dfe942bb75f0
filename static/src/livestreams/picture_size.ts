/** How large a picture the publisher sends: as large as the bandwidth carries well, one step at a time. */

/** Of the shorter side, in pixels, with the bandwidth from which it looks better than the next smaller one. */
const STEPS = [
  { pixels: 720, fromKbps: 1_000 },
  { pixels: 540, fromKbps: 600 },
  { pixels: 360, fromKbps: 0 },
] as const;
/** Looks, two seconds apart: the network is believed slowly when it says that it became better. */
const LOOKS_DOWN = 3;
const LOOKS_UP = 6;

export class PictureSize {
  private step = 0;
  private looksDown = 0;
  private looksUp = 0;

  constructor(private capKbps: number) {
    this.step = fitting(capKbps);
  }

  /** What the other side asks to stay below; only ever makes the picture smaller at once. */
  limitTo(capKbps: number): void {
    this.capKbps = capKbps;
    this.step = Math.max(this.step, fitting(capKbps));
  }

  /** Pixels of the shorter side. */
  get pixels(): number {
    return STEPS[this.step]?.pixels ?? 360;
  }

  /** `availableKbps`: what the browser believes can be sent; null where it does not tell. Answers whether the size changed. */
  look(availableKbps: number | null): boolean {
    if (availableKbps === null) return false;
    const wanted = fitting(Math.min(availableKbps, this.capKbps));
    this.looksDown = wanted > this.step ? this.looksDown + 1 : 0;
    this.looksUp = wanted < this.step ? this.looksUp + 1 : 0;
    if (this.looksDown < LOOKS_DOWN && this.looksUp < LOOKS_UP) return false;
    this.step += this.looksDown > 0 ? 1 : -1;
    this.looksDown = 0;
    this.looksUp = 0;
    return true;
  }
}

function fitting(kbps: number): number {
  return STEPS.findIndex(({ fromKbps }) => kbps >= fromKbps);
}

/** By how much the encoder shrinks what the camera gives; never enlarges. */
export function scaleDownBy(track: MediaStreamTrack | null, pixels: number): number {
  const { width, height } = track?.getSettings() ?? {};
  const shorter = Math.min(width ?? pixels, height ?? pixels);
  return Math.max(1, shorter / pixels);
}
