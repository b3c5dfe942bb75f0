/** Values in the protocol's shapes, for tests. */
import type { Consultation, Message, NotificationView, QueueEntry } from "../../src/protocol";

export const CLIENT_ID = "client-1";
export const READER_ID = "reader-1";
export const CONSULTATION_ID = "consultation-1";

export function sampleConsultation(change: Partial<Consultation> = {}): Consultation {
  return {
    id: CONSULTATION_ID,
    type: "chat",
    mode: "chat",
    proposed_mode: null,
    status: "in_progress",
    end_reason: null,
    client: { id: CLIENT_ID, display_name: "Ana", avatar_url: null, is_demonstration: false },
    reader: { id: READER_ID, display_name: "Mara", avatar_url: null, is_demonstration: false },
    rate_per_minute_minor: 399,
    rates: { chat: { rate_per_minute_minor: 399 }, call: null, video: null },
    currency: "USD",
    settlement: "minute",
    minute_seconds: 60,
    increment_seconds: 60,
    free_seconds: 10,
    ring_until_at: null,
    join_until_at: null,
    client_present: true,
    reader_present: true,
    client_media: "none",
    reader_media: "none",
    grace_until_at: null,
    top_up_until_at: null,
    connected_seconds: 0,
    client_read_seq: 0,
    reader_read_seq: 0,
    scheduled_at: null,
    scheduled_minutes: null,
    waiting_room_opens_at: null,
    no_show_minutes: 0,
    requested_at: "2026-01-01T10:00:00Z",
    accepted_at: "2026-01-01T10:00:05Z",
    started_at: "2026-01-01T10:00:10Z",
    ended_at: null,
    is_paused: false,
    pause_reason: null,
    paid_until_at: "2026-01-01T10:01:10Z",
    paid_seconds_left: 60,
    billed_increments: 1,
    total_cost_minor: 399,
    last_seq: 0,
    version: 4,
    recording: null,
    review: null,
    ...change,
  };
}

export function sampleMessage(seq: number, change: Partial<Message> = {}): Message {
  return {
    id: `message-${seq}`,
    consultation_id: CONSULTATION_ID,
    seq,
    sender_id: READER_ID,
    kind: "text",
    content: `text ${seq}`,
    upload_url: null,
    nonce: `nonce-${seq}`,
    created_at: "2026-01-01T10:00:20Z",
    ...change,
  };
}

export function sampleQueueEntry(change: Partial<QueueEntry> = {}): QueueEntry {
  return {
    id: "entry-1",
    reader: { id: READER_ID, display_name: "Mara", avatar_url: null, is_demonstration: false },
    type: "chat",
    rate_per_minute_minor: 399,
    currency: "USD",
    state: "waiting",
    end_reason: null,
    position: 1,
    waiting_count: 1,
    joined_at: "2026-01-01T10:00:00Z",
    reserved_until_at: change.state === "reserved" ? "2026-01-01T10:02:28Z" : null,
    consultation_id: null,
    skip_reason: null,
    kept_until_at: null,
    stalled_until_at: null,
    ended_at: null,
    ...change,
  };
}

export function sampleNotification(change: Partial<NotificationView> = {}): NotificationView {
  return {
    id: "notification-1",
    kind: "reader_live",
    reader: { id: READER_ID, display_name: "Mara", avatar_url: null, is_demonstration: false },
    livestream: { id: "livestream-1", title: "Tea and cards", scheduled_at: null, is_soon: false },
    turn: null,
    url: "/live/livestream-1",
    off_url: "/api/v1/notifications/off?signature=x",
    created_at: "2026-01-01T10:00:00Z",
    read_at: null,
    ...change,
  };
}
