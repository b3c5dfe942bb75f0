/** Everything the pages use, built once by the composition root and handed down through context. */
import { effect, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { ApiClient } from "./api/client";
import { Login } from "./api/login";
import { createResources, type Resources } from "./api/resources";
import { Bell } from "./live/bell";
import { LiveConnection } from "./live/connection";
import type { LoadMedia } from "./media/loading";
import { Sound } from "./media/sound";
import { findMediaSupport, type MediaSupport } from "./media/support";
import { takeReturnedPayment } from "./payments/returning";
import { type LoadStripe, loadStripe } from "./payments/stripe_script";
import type { NotificationView, Site } from "./protocol";
import { ServerClock } from "./rooms/clock";
import { AddingMoney } from "./stores/adding_money";
import { CallMemory } from "./stores/call_memory";
import { LiveConsultation } from "./stores/live_consultation";
import { Notices } from "./stores/notices";
import { OwnBookings } from "./stores/own_bookings";
import { OwnCall } from "./stores/own_call";
import { OwnLivestream } from "./stores/own_livestream";
import { OwnNotifications } from "./stores/own_notifications";
import { findPushBrowser, OwnPush } from "./stores/own_push";
import { OwnQueue } from "./stores/own_queue";
import { OwnWallet } from "./stores/own_wallet";
import { PublishingMemory } from "./stores/publishing_memory";
import { texts } from "./texts";
import { formatShortAppointment } from "./texts/formats";

export interface Services {
  login: Login;
  resources: Resources;
  live: LiveConnection;
  serverClock: ServerClock;
  site: Signal<Site | null>;
  wallet: OwnWallet;
  addingMoney: AddingMoney;
  loadStripe: LoadStripe;
  liveConsultation: LiveConsultation;
  bookings: OwnBookings;
  queue: OwnQueue;
  notices: Notices;
  notifications: OwnNotifications;
  push: OwnPush;
  bell: Bell;
  mediaSupport: MediaSupport;
  ownCall: OwnCall;
  ownLivestream: OwnLivestream;
  storage: Storage;
}

export function createServices(browser: Window & typeof globalThis): Services {
  const serverClock = new ServerClock(() => Date.now());
  const login = new Login({
    fetch: browser.fetch.bind(browser),
    storage: browser.localStorage,
    locks: browser.navigator.locks ?? null,
    channel: "BroadcastChannel" in browser ? new browser.BroadcastChannel("soulseer.login") : null,
    now: () => Date.now(),
  });
  const api = new ApiClient(login, {
    fetch: browser.fetch.bind(browser),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    onServerTime: (serverMs) => serverClock.hear(serverMs),
  });
  const resources = createResources(api);
  const live = new LiveConnection({
    url: undefined,
    freshToken: () => login.freshToken(),
    renewToken: (refused) => login.refresh(refused),
    onServerTime: (serverMs) => serverClock.hear(serverMs),
  });
  const wallet = new OwnWallet(resources, live);
  const notices = new Notices();
  const liveConsultation = new LiveConsultation(resources, live);
  const channelOf = (name: string) => ("BroadcastChannel" in browser ? new browser.BroadcastChannel(name) : null);
  const ownCall = new OwnCall({
    live,
    resources,
    liveConsultation,
    ownId: () => login.user?.id,
    loadMedia: loadEngine,
    makeSound: () => new Sound(),
    memory: new CallMemory(browser.localStorage, browser.sessionStorage),
    channel: channelOf("soulseer.call"),
    areDevicesNeeded: () => ownLivestream.isSending,
  });
  const ownLivestream = new OwnLivestream({
    live,
    resources,
    readerId: () => (login.user?.role === "reader" ? login.user.id : undefined),
    // One page has one set of devices, whoever uses them.
    loadMedia: () => ownCall.prepare(),
    loadPublisher: async () => (await import("./livestreams/publishing_engine")).openPublisher,
    openRoom: async (livestreamId) => {
      const { LivestreamRoom } = await import("./livestreams/room");
      const environment = { live, resources, storage: browser.localStorage, serverClock, wallet };
      return new LivestreamRoom(environment, livestreamId, login.user?.id ?? "", { withPicture: false });
    },
    memory: new PublishingMemory(browser.sessionStorage),
    channel: channelOf("soulseer.livestream"),
  });
  return {
    login,
    resources,
    live,
    serverClock,
    site: signal<Site | null>(null),
    wallet,
    addingMoney: new AddingMoney(resources, wallet, {
      href: () => browser.location.href,
      returned: takeReturnedPayment(browser),
    }),
    loadStripe,
    bookings: new OwnBookings(resources, live),
    queue: new OwnQueue(resources, live, {
      isClient: () => login.user?.role === "client",
      storage: browser.localStorage,
    }),
    liveConsultation,
    notices,
    notifications: new OwnNotifications(resources, live, (told) => {
      // Nobody is disturbed in a conversation that is paid for.
      if (!browser.location.pathname.startsWith("/room/")) sayInPassing(notices, told);
    }),
    push: new OwnPush(resources, findPushBrowser(browser), browser.localStorage),
    bell: new Bell(),
    mediaSupport: findMediaSupport(browser),
    ownCall,
    ownLivestream,
    storage: browser.localStorage,
  };
}

/** Starts what runs as long as the page is open; answers how to stop it. */
export function startServices(services: Services, browser: Window): () => void {
  const {
    login,
    live,
    wallet,
    addingMoney,
    liveConsultation,
    bookings,
    queue,
    ownCall,
    ownLivestream,
    notifications,
    push,
  } = services;
  const hurry = () => live.hurry();
  const wake = () => {
    if (browser.document.visibilityState === "visible") live.hurry();
  };
  browser.addEventListener("online", hurry);
  browser.document.addEventListener("visibilitychange", wake);
  // Browsers let a page ring only after its visitor touched it once.
  const unlockBell = () => services.bell.unlock();
  browser.addEventListener("pointerdown", unlockBell, { once: true });
  let ownId: string | null = null;
  const stopFollowing = effect(() => {
    const state = login.state.value;
    if (state.kind === "unknown") return;
    const nextId = state.kind === "logged_in" ? state.user.id : null;
    if (nextId === ownId) return;
    ownId = nextId;
    live.stop();
    wallet.forget();
    addingMoney.forget();
    liveConsultation.forget();
    bookings.forget();
    queue.forget();
    notifications.forget();
    push.forget();
    ownCall.forget();
    ownLivestream.forget();
    if (nextId === null) return;
    live.start();
    void push.begin(nextId);
  });
  const stops = [
    wallet.start(),
    liveConsultation.start(),
    bookings.start(),
    queue.start(),
    notifications.start(),
    ownCall.start(),
    ownLivestream.start(),
    stopFollowing,
  ];
  void login.restore();
  void loadSite(services);
  return () => {
    browser.removeEventListener("online", hurry);
    browser.removeEventListener("pointerdown", unlockBell);
    browser.document.removeEventListener("visibilitychange", wake);
    for (const stop of stops) stop();
    live.stop();
  };
}

/** A turn has a bar and a bell of its own. */
function sayInPassing(notices: Notices, told: NotificationView): void {
  if (told.kind !== "queue_turn") notices.say(texts.notifications.says(told, formatShortAppointment).title);
}

const loadEngine: LoadMedia = async () => {
  const { startEngine } = await import("./media/engine");
  return startEngine();
};

/** The site's facts are needed by every price and every clock, so asking for them does not give up. */
async function loadSite(services: Services): Promise<void> {
  while (services.site.peek() === null) {
    try {
      services.site.value = await services.resources.site();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
  }
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === null) throw new Error("A component that uses services is outside their provider.");
  return services;
}
