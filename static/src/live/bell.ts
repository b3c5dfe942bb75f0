/** A soft two-tone ring made by the browser itself, so that no sound file is loaded. */
const TONES_HZ = [659.25, 880];
const EVERY_MS = 2_400;
const PEAK = 0.16;

export class Bell {
  private context: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;

  /** Browsers let a page sound only after its visitor did something; call this from a press. */
  unlock(): void {
    this.context ??= typeof AudioContext === "undefined" ? null : new AudioContext();
    void this.context?.resume();
  }

  start(): void {
    if (this.timer !== null) return;
    this.unlock();
    this.ringOnce();
    this.timer = setInterval(() => this.ringOnce(), EVERY_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  ringOnce(): void {
    const context = this.context;
    if (context === null) return;
    TONES_HZ.forEach((frequency, index) => {
      const startsAt = context.currentTime + index * 0.22;
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.type = "sine";
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, startsAt);
      volume.gain.exponentialRampToValueAtTime(PEAK, startsAt + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, startsAt + 0.9);
      tone.connect(volume).connect(context.destination);
      tone.start(startsAt);
      tone.stop(startsAt + 1);
    });
  }
}
