/**
 * Where the other's voice comes out. An element of its own, outside of every page, so that neither a folded chat nor
 * another page of the app interrupts it.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

export class Sound {
  private readonly element = new Audio();
  private readonly blocked = signal(false);

  constructor() {
    this.element.autoplay = true;
  }

  /** The browser plays nothing until the visitor presses something; `unblock` is to be called from that press. */
  get isBlocked(): ReadonlySignal<boolean> {
    return this.blocked;
  }

  play(stream: MediaStream | null): void {
    if (this.element.srcObject === stream) return;
    this.element.srcObject = stream;
    if (stream === null) this.blocked.value = false;
    else void this.start();
  }

  /** Null: the browser's usual one. */
  async choose(speakerId: string | null): Promise<void> {
    if (typeof this.element.setSinkId !== "function") return;
    // A speaker that was unplugged falls back to the usual one by itself.
    await this.element.setSinkId(speakerId ?? "").catch(() => undefined);
  }

  unblock(): Promise<void> {
    return this.start();
  }

  private async start(): Promise<void> {
    try {
      await this.element.play();
      this.blocked.value = false;
    } catch (error) {
      // A stream that is replaced while it starts ends the attempt too, and is no reason to ask for a press.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.blocked.value = true;
    }
  }
}
