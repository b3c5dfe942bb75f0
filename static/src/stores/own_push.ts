/** Whether this browser tells its person something while the site is closed. It asks for that only when somebody pressed for it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Resources } from "../api/resources";

export type PushState = "unknown" | "unsupported" | "denied" | "off" | "on";

/** The parts of a browser that it takes; null where one of them is missing. */
export interface PushBrowser {
  register(): Promise<PushRegistration>;
  permission(): NotificationPermission;
  askPermission(): Promise<NotificationPermission>;
}

export interface PushRegistration {
  pushManager: Pick<PushManager, "getSubscription" | "subscribe">;
}

/** Whose browser it is, by their own choice. */
const CHOSEN = "soulseer.push";
const OFFERED = "soulseer.push_offered";

export class OwnPush {
  private readonly current = signal<PushState>("unknown");
  private readonly offered = signal<string | null>(null);
  private ownId: string | null = null;

  constructor(
    private readonly resources: Resources,
    private readonly browser: PushBrowser | null,
    private readonly storage: Storage,
  ) {}

  get state(): ReadonlySignal<PushState> {
    return this.current;
  }

  /** The name of the reader whose being followed made it worth asking; null = nothing is asked. */
  get offer(): ReadonlySignal<string | null> {
    return this.offered;
  }

  /** Called when somebody is logged in: who chose it here before goes on with it, under the new login. */
  async begin(ownId: string): Promise<void> {
    this.ownId = ownId;
    this.offered.value = null;
    if (this.browser === null) this.current.value = "unsupported";
    else if (this.browser.permission() === "denied") this.current.value = "denied";
    else if (this.browser.permission() !== "granted" || this.storage.getItem(CHOSEN) !== ownId)
      this.current.value = "off";
    else await this.subscribe().catch(() => this.settle("off", ownId));
  }

  forget(): void {
    this.ownId = null;
    this.offered.value = null;
    this.current.value = "unknown";
  }

  /** Call it from a press: only then browsers ask. Throws a `Problem` or what the browser says. */
  async turnOn(): Promise<void> {
    const { browser, ownId } = this;
    if (browser === null || ownId === null) return;
    this.offered.value = null;
    const permission = await browser.askPermission();
    if (permission !== "granted") return this.settle(permission === "denied" ? "denied" : "off", ownId);
    await this.subscribe();
    this.storage.setItem(CHOSEN, ownId);
  }

  /** Throws a `Problem`, unless the server had forgotten this browser already. */
  async turnOff(): Promise<void> {
    if (this.browser === null || this.ownId === null) return;
    this.storage.removeItem(CHOSEN);
    const subscription = await (await this.browser.register()).pushManager.getSubscription();
    if (subscription !== null) {
      await this.resources.unsubscribeFromPush(subscription.endpoint).catch(() => undefined);
      await subscription.unsubscribe();
    }
    this.settle("off", this.ownId);
  }

  /** Somebody followed a reader: ask once whether this browser may tell them. True when that is asked now. */
  offerAfterFollowing(name: string): boolean {
    if (this.current.peek() !== "off" || this.browser?.permission() !== "default") return false;
    if (this.storage.getItem(OFFERED) !== null) return false;
    this.storage.setItem(OFFERED, "1");
    this.offered.value = name;
    return true;
  }

  dismissOffer(): void {
    this.offered.value = null;
  }

  private async subscribe(): Promise<void> {
    const { browser, ownId } = this;
    if (browser === null || ownId === null) return;
    const { key } = await this.resources.pushKey();
    const { pushManager } = await browser.register();
    const known = await pushManager.getSubscription();
    // Bound to another key (another server was here once) it would never hear of us.
    const isOurs = known !== null && isSameKey(known.options.applicationServerKey, key);
    if (known !== null && !isOurs) await known.unsubscribe();
    const subscription = isOurs
      ? known
      : await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decodeKey(key) });
    const { endpoint, keys } = subscription.toJSON();
    await this.resources.subscribeToPush({
      endpoint: endpoint ?? "",
      keys: { p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" },
    });
    this.settle("on", ownId);
  }

  /** Unless somebody else is logged in by now. */
  private settle(state: PushState, ownId: string): void {
    if (this.ownId === ownId) this.current.value = state;
  }
}

export function findPushBrowser(browser: Window & typeof globalThis): PushBrowser | null {
  if (!("serviceWorker" in browser.navigator) || !("PushManager" in browser) || !("Notification" in browser))
    return null;
  return {
    register: async () => {
      await browser.navigator.serviceWorker.register("/service_worker.js");
      return browser.navigator.serviceWorker.ready;
    },
    permission: () => browser.Notification.permission,
    askPermission: () => browser.Notification.requestPermission(),
  };
}

function decodeKey(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function isSameKey(bound: ArrayBuffer | null, key: string): boolean {
  const wanted = decodeKey(key);
  const found = bound === null ? [] : [...new Uint8Array(bound)];
  return found.length === wanted.length && found.every((byte, index) => byte === wanted[index]);
}
