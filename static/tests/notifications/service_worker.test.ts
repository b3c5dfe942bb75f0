import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { sampleNotification } from "../support/samples";

type Listener = (event: object) => void;

const listeners = new Map<string, Listener>();
const showNotification = vi.fn(async (_title: string, _options: Record<string, unknown>) => undefined);
const openWindow = vi.fn(async (_url: string) => null);
let tabs: { url: string; visibilityState: string; focus: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  vi.stubGlobal("self", {
    addEventListener: (name: string, listener: Listener) => listeners.set(name, listener),
    skipWaiting: async () => undefined,
    location: { origin: "https://soulseer.example.com" },
    registration: { showNotification },
    clients: { claim: async () => undefined, matchAll: async () => tabs, openWindow },
  });
  await import("../../src/service_worker");
});

beforeEach(() => {
  tabs = [];
  showNotification.mockClear();
  openWindow.mockClear();
  vi.stubGlobal("navigator", {
    userAgent: "Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    language: "en",
  });
});

async function dispatch(name: string, event: object): Promise<void> {
  const works: Promise<unknown>[] = [];
  listeners.get(name)?.({ ...event, waitUntil: (work: Promise<unknown>) => works.push(work) });
  await Promise.all(works);
}

const push = (told: object) => dispatch("push", { data: { json: () => told } });

const click = (action = "", url = "/live/1") =>
  dispatch("notificationclick", {
    action,
    notification: { close: () => undefined, data: { url, offUrl: "/api/v1/notifications/off?signature=x" } },
  });

test("a push becomes a notification under its own tag, with the way to turn it off", async () => {
  const told = sampleNotification({ id: "n-1" });
  await push(told);
  const [title, options] = showNotification.mock.calls[0] ?? [];
  expect(title).toBe("Mara is live");
  expect(options).toMatchObject({
    body: "Tea and cards",
    tag: "n-1",
    data: { url: told.url, offUrl: told.off_url },
    actions: [{ action: "off" }],
  });
});

test("while a page can be seen, the page tells it", async () => {
  tabs = [{ url: "https://soulseer.example.com/", visibilityState: "visible", focus: async () => undefined }];
  await push(sampleNotification());
  expect(showNotification).not.toHaveBeenCalled();
  vi.stubGlobal("navigator", {
    userAgent: "Mozilla/5.0 AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    language: "en",
  });
  await push(sampleNotification());
  expect(showNotification, "Safari wants every push to be shown").toHaveBeenCalledTimes(1);
});

test("a click brings the page to the front where it is open, and opens it where it is not", async () => {
  const focus = vi.fn(async () => undefined);
  tabs = [
    { url: "https://soulseer.example.com/room/1", visibilityState: "hidden", focus: vi.fn() },
    { url: "https://soulseer.example.com/live/1?x=1", visibilityState: "hidden", focus },
  ];
  await click();
  expect(focus).toHaveBeenCalled();
  expect(openWindow).not.toHaveBeenCalled();
  await click("", "/readers/2");
  expect(openWindow).toHaveBeenCalledWith("https://soulseer.example.com/readers/2");
});

test("no page of another site is ever opened", async () => {
  await click("", "https://elsewhere.example.com/live/1");
  await click("", "//elsewhere.example.com/live/1");
  expect(openWindow).not.toHaveBeenCalled();
});

test("one press turns the kind off", async () => {
  const fetch = vi.fn(async () => new Response());
  vi.stubGlobal("fetch", fetch);
  await click("off");
  expect(fetch).toHaveBeenCalledWith("/api/v1/notifications/off?signature=x", { method: "POST" });
  expect(openWindow).not.toHaveBeenCalled();
});
