/** Where the relay servers of a consultation are, as the server last said; asked anew shortly before that ends. */
import type { LiveConnection } from "../live/connection";
import type { ConsultationJoined } from "../protocol";

export type RelaysTold = Pick<ConsultationJoined, "ice_servers" | "ice_servers_expire_at" | "ice_transport_policy">;

const RENEW_BEFORE_MS = 30_000;

export class Relays {
  private told: (RelaysTold & { consultationId: string }) | null = null;

  constructor(private readonly live: LiveConnection) {}

  tell(consultationId: string, told: RelaysTold): void {
    const { ice_servers, ice_servers_expire_at, ice_transport_policy } = told;
    this.told = { consultationId, ice_servers, ice_servers_expire_at, ice_transport_policy };
  }

  forget(): void {
    this.told = null;
  }

  areKnown(consultationId: string): boolean {
    return this.told?.consultationId === consultationId;
  }

  /** "relay": the site keeps people's addresses from each other. */
  policy(consultationId: string): RTCIceTransportPolicy {
    return this.areKnown(consultationId) ? (this.told?.ice_transport_policy ?? "all") : "all";
  }

  async iceServers(consultationId: string): Promise<RTCIceServer[]> {
    const known = this.areKnown(consultationId) ? this.told : null;
    const expireAt = known?.ice_servers_expire_at ?? null;
    const isFresh = expireAt === null || Date.parse(expireAt) - Date.now() > RENEW_BEFORE_MS;
    if (known !== null && isFresh) return known.ice_servers;
    const renewed = await this.live.send("media.renew", { consultation_id: consultationId });
    this.tell(consultationId, renewed);
    return renewed.ice_servers;
  }
}
