/** Keeping order in a livestream's chat. Everything throws a `Problem`. */
import type { LiveConnection } from "../live/connection";
import type { SanctionKind } from "./protocol";

export class Order {
  constructor(
    private readonly live: LiveConnection,
    private readonly livestreamId: string,
  ) {}

  async deleteMessage(messageId: string): Promise<void> {
    await this.live.send("livestream.delete_message", { livestream_id: this.livestreamId, message_id: messageId });
  }

  /** Without `seconds` it holds until it is lifted; "none" lifts it. */
  async sanction(userId: string, kind: SanctionKind, more: { seconds?: number; reason?: string } = {}): Promise<void> {
    await this.live.send("livestream.sanction", { livestream_id: this.livestreamId, user_id: userId, kind, ...more });
  }

  async setModerator(userId: string, isOn: boolean): Promise<void> {
    await this.live.send("livestream.set_moderator", { livestream_id: this.livestreamId, user_id: userId, on: isOn });
  }
}
