/** Shows what is pushed while no page of the site can be seen, and opens the page that it is about. Built as a file of its own. */
import type { NotificationView } from "./generated/protocol";
import { notificationTexts } from "./texts/en/notifications";

interface Tab {
  url: string;
  visibilityState: "visible" | "hidden";
  focus(): Promise<unknown>;
}

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface WorkerScope {
  addEventListener(name: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(name: "push", listener: (event: Waiting & { data: { json(): unknown } | null }) => void): void;
  addEventListener(
    name: "notificationclick",
    listener: (event: Waiting & { notification: Notification; action: string }) => void,
  ): void;
  skipWaiting(): Promise<void>;
  location: Location;
  registration: { showNotification(title: string, options: object): Promise<void> };
  clients: {
    claim(): Promise<void>;
    matchAll(options: object): Promise<Tab[]>;
    openWindow(url: string): Promise<unknown>;
  };
}

const worker = self as unknown as WorkerScope;

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("push", (event) => {
  if (event.data !== null) event.waitUntil(show(event.data.json() as NotificationView));
});

async function show(told: NotificationView): Promise<void> {
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  // A page that can be seen tells it itself; but Safari takes the permission away from who shows nothing.
  if (!isSafari() && tabs.some((tab) => tab.visibilityState === "visible")) return;
  const { title, body } = notificationTexts.says(told, sayWhen);
  await worker.registration.showNotification(title, {
    body,
    // The same message that comes twice is shown in the same place.
    tag: told.id,
    icon: told.reader.avatar_url ?? undefined,
    timestamp: Date.parse(told.created_at),
    data: { url: told.url, offUrl: told.off_url },
    actions: [{ action: "off", title: notificationTexts.offAction }],
  });
}

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url, offUrl } = event.notification.data as { url: string; offUrl: string };
  event.waitUntil(event.action === "off" ? fetch(offUrl, { method: "POST" }) : open(url));
});

/** A tab that shows the page already comes to the front; no other is taken away from what it shows. */
async function open(path: string): Promise<void> {
  const wanted = new URL(path, worker.location.origin);
  // Only pages of our own, whatever was pushed.
  if (wanted.origin !== worker.location.origin) return;
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const shown = tabs.find((tab) => new URL(tab.url).pathname === wanted.pathname);
  if (shown !== undefined) await shown.focus();
  else await worker.clients.openWindow(wanted.href);
}

function isSafari(): boolean {
  return /AppleWebKit/.test(navigator.userAgent) && !/Chrom(e|ium)/.test(navigator.userAgent);
}

function sayWhen(at: string): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  const day = isToday ? {} : ({ weekday: "short", day: "numeric", month: "short" } as const);
  return new Intl.DateTimeFormat(navigator.language || "en", { ...day, hour: "numeric", minute: "2-digit" }).format(
    new Date(at),
  );
}
