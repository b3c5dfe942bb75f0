/** The app's services over a scripted HTTP server and a socket that a test drives by hand. */
import { signal } from "@preact/signals";
import { ApiClient } from "../../src/api/client";
import { Login } from "../../src/api/login";
import { createResources } from "../../src/api/resources";
import { Bell } from "../../src/live/bell";
import type { EventName, Events } from "../../src/live/protocol";
import type { OpenPublisher } from "../../src/livestreams/publishing_engine";
import { LivestreamRoom } from "../../src/livestreams/room";
import type { LoadMedia } from "../../src/media/loading";
import type { Site, User } from "../../src/protocol";
import { ServerClock } from "../../src/rooms/clock";
import type { Services } from "../../src/services";
import { AddingMoney } from "../../src/stores/adding_money";
import { CallMemory } from "../../src/stores/call_memory";
import { LiveConsultation } from "../../src/stores/live_consultation";
import { Notices } from "../../src/stores/notices";
import { OwnBookings } from "../../src/stores/own_bookings";
import { OwnCall } from "../../src/stores/own_call";
import { OwnLivestream } from "../../src/stores/own_livestream";
import { OwnNotifications } from "../../src/stores/own_notifications";
import { OwnPush, type PushBrowser } from "../../src/stores/own_push";
import { OwnQueue } from "../../src/stores/own_queue";
import { OwnWallet } from "../../src/stores/own_wallet";
import { PublishingMemory } from "../../src/stores/publishing_memory";
import { silentSound } from "./fake_calls";
import { CLIENT_ID } from "./samples";

export interface HttpCall {
  method: string;
  path: string;
  body: unknown;
  idempotencyKey: string | null;
}

type Answer = unknown | Response | Error;

export const sampleUser: User = {
  id: CLIENT_ID,
  email: "ana@example.com",
  username: null,
  display_name: "Ana",
  role: "client",
  status: "active",
  avatar_url: null,
  email_verified: true,
  email_verified_at: null,
  time_zone: "UTC",
  is_demonstration: false,
  permissions: [],
  created_at: "2026-01-01T00:00:00Z",
};

export const sampleSite: Site = {
  name: "SoulSeer",
  currency: "USD",
  payments: {
    mode: "test",
    publishable_key: null,
    test_payment_methods: [{ id: "pm_card_visa", label: "Visa that works", outcome: "succeeds" }],
  },
  billing: {
    minute_seconds: 60,
    increment_seconds: 60,
    settlement: "minute",
    free_seconds: 10,
    minimum_minutes_to_start: 1,
    top_up_window_seconds: 120,
  },
  wallet: { top_up_minimum_minor: 500, top_up_maximum_minor: 50_000 },
  queue: { reserved_seconds: 120 },
  recording: { is_enabled: true, kept_days: 30 },
  demo: true,
};

export function problemAnswer(status: number, code: string, more: object = {}): Response {
  const body = { type: "about:blank", title: code, status, detail: code, code, retryable: false, fields: [], ...more };
  return Response.json(body, { status });
}

class ScriptedSocket {
  readonly state = signal<"connected" | "lost">("connected");
  readonly sent: { name: string; payload: unknown }[] = [];
  readonly answers: Record<string, (payload: never) => unknown> = {};
  private readonly listeners = new Map<string, Set<(payload: never) => void>>();
  private readonly anyListeners = new Set<(event: unknown) => void>();

  on(name: string, listener: (payload: never) => void): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  onAny(listener: (event: unknown) => void): () => void {
    this.anyListeners.add(listener);
    return () => void this.anyListeners.delete(listener);
  }

  onConnect(): () => void {
    return () => undefined;
  }

  hint(name: string, payload: unknown): void {
    this.sent.push({ name, payload });
  }

  async send(name: string, payload: unknown): Promise<unknown> {
    this.sent.push({ name, payload });
    const answer = this.answers[name]?.(payload as never);
    if (answer instanceof Error) throw answer;
    return answer ?? {};
  }

  receive<Name extends EventName>(name: Name, payload: Events[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) listener(payload as never);
    for (const listener of this.anyListeners) listener({ name, payload });
  }
}

export function fakeServices(
  answer: (call: HttpCall) => Answer,
  user: User | null = sampleUser,
  loadMedia: LoadMedia = () => Promise.reject(new Error("This test has no calls.")),
  loadPublisher: () => Promise<OpenPublisher> = () => Promise.reject(new Error("This test publishes nothing.")),
  pushBrowser: PushBrowser | null = null,
) {
  const calls: HttpCall[] = [];
  const socket = new ScriptedSocket();
  const fetch = async (input: RequestInfo | URL, request: RequestInit = {}): Promise<Response> => {
    const call: HttpCall = {
      method: request.method ?? "GET",
      path: String(input).replace("/api/v1", ""),
      body: typeof request.body === "string" ? JSON.parse(request.body) : undefined,
      idempotencyKey: new Headers(request.headers).get("Idempotency-Key"),
    };
    calls.push(call);
    const given = answer(call);
    if (given instanceof Error) throw given;
    if (given instanceof Response) return given;
    return given === undefined ? problemAnswer(404, "resource.not_found") : Response.json(given);
  };
  const login = new Login({ fetch, storage: localStorage, locks: null, channel: null, now: () => Date.now() });
  if (user !== null) login.begin({ access_token: "token", expires_in: 900, user });
  const resources = createResources(new ApiClient(login, { fetch, wait: () => Promise.resolve() }));
  const live = socket as unknown as Services["live"];
  const wallet = new OwnWallet(resources, live);
  const liveConsultation = new LiveConsultation(resources, live);
  const serverClock = new ServerClock(() => Date.parse("2026-01-01T10:00:35Z"));
  const ownCall = new OwnCall({
    live,
    resources,
    liveConsultation,
    ownId: () => login.user?.id,
    loadMedia,
    makeSound: () => silentSound,
    memory: new CallMemory(localStorage, sessionStorage),
    channel: null,
    areDevicesNeeded: () => ownLivestream.isSending,
  });
  const ownLivestream = new OwnLivestream({
    live,
    resources,
    readerId: () => (user?.role === "reader" ? user.id : undefined),
    loadMedia: () => ownCall.prepare(),
    loadPublisher,
    openRoom: async (livestreamId) =>
      new LivestreamRoom(
        { live, resources, storage: localStorage, serverClock, wallet },
        livestreamId,
        user?.id ?? "",
        { withPicture: false },
      ),
    memory: new PublishingMemory(sessionStorage),
    channel: null,
  });
  const services: Services = {
    login,
    resources,
    live,
    serverClock,
    site: signal<Site | null>(sampleSite),
    wallet,
    addingMoney: new AddingMoney(resources, wallet, { href: () => location.href, returned: null }),
    loadStripe: () => Promise.reject(new Error("This test has no card form.")),
    bookings: new OwnBookings(resources, live),
    queue: new OwnQueue(resources, live, { isClient: () => user?.role === "client", storage: localStorage }),
    liveConsultation,
    notices: new Notices(),
    notifications: new OwnNotifications(resources, live, () => undefined),
    push: new OwnPush(resources, pushBrowser, localStorage),
    bell: new Bell(),
    mediaSupport: "ok",
    ownCall,
    ownLivestream,
    storage: localStorage,
  };
  return { services, socket, calls };
}
