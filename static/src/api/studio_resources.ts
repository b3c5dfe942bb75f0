/** The HTTP resources of going live: the reader's own livestreams, and the back office of livestreams and gifts. */
import type { Livestream, Person } from "../livestreams/protocol";
import type { ApiClient, Page } from "./client";

/** What a reader says of a livestream; of a change, what changes. */
export interface LivestreamDetails {
  title: string;
  description: string;
  category: string;
  scheduled_at: string | null;
  cover_upload_id?: string | null;
  is_recorded: boolean;
  gift_goal: { title: string; goal_minor: number } | null;
}

/** The reader's part of what was given. */
export interface LivestreamEarnings {
  earned_minor: number;
  currency: string;
}

/** Somebody who may not speak or watch in the reader's livestreams. */
export interface ListedSanction {
  user: Person;
  kind: "muted" | "banned";
  until_at: string | null;
  reason: string;
  imposed_by_name: string;
}

export interface AdminGiftKind {
  id: string;
  name: string;
  description: string;
  price_minor: number;
  currency: string;
  image_url: string;
  animation_url: string | null;
  sort_order: number;
  is_active: boolean;
}

export function studioResources(api: ApiClient) {
  return {
    createLivestream: (body: LivestreamDetails) => api.post<Livestream>("/livestreams", body),
    changeLivestream: (id: string, body: Partial<LivestreamDetails>) =>
      api.patch<Livestream>(`/livestreams/${id}`, body),
    cancelLivestream: (id: string) => api.post<Livestream>(`/livestreams/${id}/cancel`),
    livestreamEarnings: (id: string) => api.get<LivestreamEarnings>(`/livestreams/${id}/earnings`),
    publishRecording: (id: string, isPublished: boolean) =>
      api.patch<Livestream>(`/livestreams/${id}/recording`, { is_published: isPublished }),
    deleteRecording: (id: string) => api.delete(`/livestreams/${id}/recording`),
    ownSanctions: (cursor: string | null) =>
      api.get<Page<ListedSanction>>("/me/livestream-sanctions", { query: { cursor, limit: 50 } }),
    liftSanction: (userId: string) => api.delete(`/me/livestream-sanctions/${userId}`),
    ownModerators: () => api.get<{ items: Person[] }>("/me/livestream-moderators"),
    removeModerator: (userId: string) => api.delete(`/me/livestream-moderators/${userId}`),
    adminLivestreams: (status: string, cursor: string | null) =>
      api.get<Page<Livestream>>("/admin/livestreams", { query: { status, cursor, limit: 50 } }),
    endLivestream: (id: string, reason: string) => api.post<Livestream>(`/admin/livestreams/${id}/end`, { reason }),
    adminGiftKinds: () => api.get<Page<AdminGiftKind>>("/admin/gift-kinds"),
    addGiftKind: (body: Partial<AdminGiftKind>) => api.post<AdminGiftKind>("/admin/gift-kinds", body),
    changeGiftKind: (id: string, body: Partial<AdminGiftKind>) =>
      api.patch<AdminGiftKind>(`/admin/gift-kinds/${id}`, body),
  };
}
