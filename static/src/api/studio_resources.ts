/** The HTTP resources of going live: the reader's own livestreams, and the back office of livestreams and gifts. */
import type { Livestream } from "../livestreams/protocol";
import type {
  AdminGiftKind,
  GiftKindPatch,
  GiftKindPayload,
  ListedSanctionView,
  LivestreamDraft,
  LivestreamEarningsView,
  LivestreamPatch,
  ModeratorList,
  ReasonPayload,
} from "../protocol";
import type { ApiClient, Page } from "./client";

export function studioResources(api: ApiClient) {
  return {
    createLivestream: (body: LivestreamDraft) => api.post<Livestream>("/livestreams", body),
    changeLivestream: (id: string, body: LivestreamPatch) => api.patch<Livestream>(`/livestreams/${id}`, body),
    cancelLivestream: (id: string) => api.post<Livestream>(`/livestreams/${id}/cancel`),
    livestreamEarnings: (id: string) => api.get<LivestreamEarningsView>(`/livestreams/${id}/earnings`),
    publishRecording: (id: string, isPublished: boolean) =>
      api.patch<Livestream>(`/livestreams/${id}/recording`, { is_published: isPublished }),
    deleteRecording: (id: string) => api.delete(`/livestreams/${id}/recording`),
    ownSanctions: (cursor: string | null) =>
      api.get<Page<ListedSanctionView>>("/me/livestream-sanctions", { query: { cursor, limit: 50 } }),
    liftSanction: (userId: string) => api.delete(`/me/livestream-sanctions/${userId}`),
    ownModerators: () => api.get<ModeratorList>("/me/livestream-moderators"),
    removeModerator: (userId: string) => api.delete(`/me/livestream-moderators/${userId}`),
    adminLivestreams: (status: Livestream["status"], cursor: string | null) =>
      api.get<Page<Livestream>>("/admin/livestreams", { query: { status, cursor, limit: 50 } }),
    endLivestream: (id: string, reason: string) =>
      api.post<Livestream>(`/admin/livestreams/${id}/end`, { reason } satisfies ReasonPayload),
    adminGiftKinds: () => api.get<Page<AdminGiftKind>>("/admin/gift-kinds"),
    addGiftKind: (body: GiftKindPayload) => api.post<AdminGiftKind>("/admin/gift-kinds", body),
    changeGiftKind: (id: string, body: GiftKindPatch) => api.patch<AdminGiftKind>(`/admin/gift-kinds/${id}`, body),
  };
}
