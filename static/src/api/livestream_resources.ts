/** Livestreams and gifts, as whoever watches them asks for them. */
import type { GiftKind, Livestream, LivestreamMessage, TopSender } from "../livestreams/protocol";
import type { GiftReceiptView, ReplayFileView, ReplayView } from "../protocol";
import type { ApiClient, Page } from "./client";

export type Replay = ReplayView;
export type ReplayFile = ReplayFileView;

export interface LivestreamFilters {
  status?: Livestream["status"];
  reader_id?: string;
}

export function livestreamResources(api: ApiClient) {
  return {
    listLivestreams: (filters: LivestreamFilters, cursor: string | null) =>
      api.get<Page<Livestream>>("/livestreams", { query: { ...filters, cursor, limit: 24 }, isPublic: true }),
    livestream: (id: string) => api.get<Livestream>(`/livestreams/${id}`, { isPublic: true }),
    livestreamMessages: (id: string, afterSeq: number) =>
      api.get<Page<LivestreamMessage>>(`/livestreams/${id}/messages`, {
        query: { after_seq: afterSeq, limit: 200 },
        isPublic: true,
      }),
    topSenders: (id: string, window: "now" | "livestream" = "livestream") =>
      api.get<{ items: TopSender[] }>(`/livestreams/${id}/top-senders`, { query: { window }, isPublic: true }),
    topSendersOfReader: (readerId: string) =>
      api.get<{ items: TopSender[] }>(`/readers/${readerId}/top-senders`, { isPublic: true }),
    replay: (id: string) => api.get<Replay>(`/livestreams/${id}/replay`, { isPublic: true }),
    giftKinds: () => api.get<Page<GiftKind>>("/gift-kinds", { isPublic: true }),
    gift: (id: string) => api.get<GiftReceiptView>(`/gifts/${id}`),
  };
}
