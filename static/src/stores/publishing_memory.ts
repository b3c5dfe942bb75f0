/** Which livestream this tab published, and with what open: it survives a reload and nothing else. */
import type { OpenDevices } from "./call_memory";

export interface Published extends OpenDevices {
  /** The server's number of this page's publishing; null until it was given. */
  publishingId: string | null;
}

const PUBLISHED = "soulseer.published";

export class PublishingMemory {
  constructor(private readonly tabStorage: Storage) {}

  /** Null: this tab did not publish it. */
  read(livestreamId: string): Published | null {
    try {
      const kept = JSON.parse(this.tabStorage.getItem(PUBLISHED) ?? "{}") as Record<string, unknown>;
      if (kept.id !== livestreamId) return null;
      const publishingId = typeof kept.publishingId === "string" ? kept.publishingId : null;
      return { camera: kept.camera === true, microphone: kept.microphone === true, publishingId };
    } catch {
      return null;
    }
  }

  keep(livestreamId: string, published: Published): void {
    this.tabStorage.setItem(PUBLISHED, JSON.stringify({ ...published, id: livestreamId }));
  }

  forget(): void {
    this.tabStorage.removeItem(PUBLISHED);
  }
}
