/**
 * What was written here and is not yet stored on the server, and the draft in the composer. Kept in localStorage for
 * each consultation and person, so that a reload, a lost network or an expired login loses nothing.
 */
import type { Message } from "../protocol";

export interface OutgoingMessage {
  nonce: string;
  kind: "text" | "image";
  content: string;
  writtenAtMs: number;
  state: "waiting" | "sending" | "refused";
  refusal: string | null;
}

export class RoomKeeper {
  private readonly prefix: string;

  constructor(
    private readonly storage: Storage,
    consultationId: string,
    ownId: string,
  ) {
    this.prefix = `soulseer.room.${consultationId}.${ownId}`;
  }

  readDraft(): string {
    return this.storage.getItem(`${this.prefix}.draft`) ?? "";
  }

  keepDraft(draft: string): void {
    if (draft === "") this.storage.removeItem(`${this.prefix}.draft`);
    else this.write(`${this.prefix}.draft`, draft);
  }

  readOutbox(): OutgoingMessage[] {
    try {
      const kept = JSON.parse(this.storage.getItem(`${this.prefix}.outbox`) ?? "[]") as OutgoingMessage[];
      // Whatever was under way when the page went is sent again, with the same nonce.
      return kept.map((item) => (item.state === "sending" ? { ...item, state: "waiting" as const } : item));
    } catch {
      return [];
    }
  }

  keepOutbox(items: readonly OutgoingMessage[]): void {
    if (items.length === 0) this.storage.removeItem(`${this.prefix}.outbox`);
    else this.write(`${this.prefix}.outbox`, JSON.stringify(items));
  }

  private write(key: string, value: string): void {
    try {
      this.storage.setItem(key, value);
    } catch {
      // A full or forbidden storage must not stop the conversation; the text stays in memory.
    }
  }
}

/**
 * The unsent messages worth showing: one whose stored copy has already arrived as an event, before its
 * acknowledgement, would be seen twice.
 */
export function visibleOutbox(outbox: readonly OutgoingMessage[], messages: readonly Message[]): OutgoingMessage[] {
  const storedNonces = new Set(messages.map((message) => message.nonce));
  return outbox.filter((item) => !storedNonces.has(item.nonce));
}
