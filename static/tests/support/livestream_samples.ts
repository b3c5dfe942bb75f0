/** Livestreams, their messages and gifts in the protocol's shapes, for tests. */
import type { Gift, GiftKind, Livestream, LivestreamMessage, Person } from "../../src/livestreams/protocol";
import { CLIENT_ID, READER_ID } from "./samples";

export const LIVESTREAM_ID = "livestream-1";

export const samplePerson: Person = { id: "viewer-2", display_name: "Bo", avatar_url: null };

export function sampleLivestream(change: Partial<Livestream> = {}): Livestream {
  return {
    id: LIVESTREAM_ID,
    reader: { id: READER_ID, display_name: "Mara", avatar_url: null, is_demonstration: false },
    title: "Cards by candlelight",
    description: "",
    category: "Tarot",
    cover_url: null,
    status: "live",
    end_reason: null,
    scheduled_at: null,
    created_at: "2026-01-01T09:00:00Z",
    started_at: "2026-01-01T10:00:00Z",
    ended_at: null,
    is_paused: false,
    pause_reason: null,
    pause_until_at: null,
    media_id: "media-1",
    viewer_count: 3,
    peak: 5,
    slow_mode_seconds: 0,
    is_followers_only: false,
    gift_goal: null,
    currency: "USD",
    gifts_minor: 0,
    last_seq: 0,
    version: 2,
    is_recorded: false,
    recording: null,
    ...change,
  };
}

export function sampleLine(seq: number, change: Partial<LivestreamMessage> = {}): LivestreamMessage {
  return {
    id: `line-${seq}`,
    seq,
    kind: "text",
    sender: samplePerson,
    badges: [],
    content: `text ${seq}`,
    gift: null,
    is_deleted: false,
    created_at: "2026-01-01T10:00:20Z",
    ...change,
  };
}

export function sampleGift(change: Partial<Gift> = {}): Gift {
  return {
    id: "gift-1",
    sender: samplePerson,
    gift_kind_id: "kind-rose",
    name: "Rose",
    image_url: "/gifts/rose.svg",
    animation_url: null,
    quantity: 1,
    amount_minor: 500,
    message: "",
    currency: "USD",
    ...change,
  };
}

export const sampleKinds: GiftKind[] = [
  kind("candle", "Candle", 100),
  kind("rose", "Rose", 500),
  kind("moon", "Moon", 5_000),
];

function kind(slug: string, name: string, priceMinor: number): GiftKind {
  return {
    id: `kind-${slug}`,
    name,
    description: "",
    price_minor: priceMinor,
    currency: "USD",
    image_url: `/gifts/${slug}.svg`,
    animation_url: null,
  };
}

export const own: Person = { id: CLIENT_ID, display_name: "Ana", avatar_url: null };
