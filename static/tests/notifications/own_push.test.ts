import { beforeEach, expect, test, vi } from "vitest";
import { OwnPush, type PushBrowser } from "../../src/stores/own_push";
import { fakeServices, problemAnswer } from "../support/fake_services";

const KEY = "BAEC";
const OWN = "client-1";

function subscription(endpoint: string, key = Uint8Array.from([4, 1, 2])) {
  return {
    endpoint,
    options: { applicationServerKey: key.buffer },
    toJSON: () => ({ endpoint, keys: { p256dh: "p", auth: "a" } }),
    unsubscribe: vi.fn(async () => true),
  };
}

function open(options: { permission?: NotificationPermission; answers?: NotificationPermission; known?: object } = {}) {
  let permission = options.permission ?? "default";
  const subscribe = vi.fn(async () => subscription("https://push.example.com/new"));
  const getSubscription = vi.fn(async () => options.known ?? null);
  const browser: PushBrowser = {
    register: async () => ({ pushManager: { subscribe, getSubscription } }) as never,
    permission: () => permission,
    askPermission: vi.fn(async () => {
      permission = options.answers ?? "granted";
      return permission;
    }),
  };
  const fake = fakeServices((call) => {
    if (call.path === "/push-key") return { key: KEY };
    if (call.path === "/me/push-subscriptions")
      return call.method === "POST" ? { id: "1" } : new Response(null, { status: 204 });
    return undefined;
  });
  const push = new OwnPush(fake.services.resources, browser, localStorage);
  return { ...fake, push, browser, subscribe };
}

beforeEach(() => localStorage.clear());

test("a browser is asked only when somebody presses, and stays on under the next login", async () => {
  const { push, browser, calls, subscribe } = open();
  await push.begin(OWN);
  expect(push.state.value).toBe("off");
  expect(browser.askPermission).not.toHaveBeenCalled();
  await push.turnOn();
  expect(push.state.value).toBe("on");
  expect(subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: Uint8Array.from([4, 1, 2]) });
  const sent = { endpoint: "https://push.example.com/new", keys: { p256dh: "p", auth: "a" } };
  expect(calls.at(-1)).toMatchObject({ method: "POST", path: "/me/push-subscriptions", body: sent });

  const again = open({ permission: "granted", known: subscription("https://push.example.com/known") });
  await again.push.begin(OWN);
  expect(again.push.state.value).toBe("on");
  expect(again.subscribe, "the browser's own subscription is given to the new login").not.toHaveBeenCalled();
  expect(again.calls.at(-1)?.body).toMatchObject({ endpoint: "https://push.example.com/known" });
});

test("another person at the same browser has not chosen it", async () => {
  const first = open();
  await first.push.begin(OWN);
  await first.push.turnOn();
  const second = open({ permission: "granted" });
  await second.push.begin("client-2");
  expect(second.push.state.value).toBe("off");
  expect(second.calls).toEqual([]);
});

test("who refuses is told how to allow it, and nothing is sent", async () => {
  const { push, calls } = open({ answers: "denied" });
  await push.begin(OWN);
  await push.turnOn();
  expect(push.state.value).toBe("denied");
  expect(calls).toEqual([]);
});

test("a subscription bound to another server's key is made anew", async () => {
  const known = subscription("https://push.example.com/old", Uint8Array.from([9]));
  const { push, subscribe } = open({ known });
  await push.begin(OWN);
  await push.turnOn();
  expect(known.unsubscribe).toHaveBeenCalled();
  expect(subscribe).toHaveBeenCalled();
});

test("turning off tells the server and the browser, also when the server forgot already", async () => {
  const known = subscription("https://push.example.com/known");
  const { push, calls } = open({ known });
  await push.begin(OWN);
  await push.turnOn();
  await push.turnOff();
  expect(calls.at(-1)).toMatchObject({ method: "DELETE", body: { endpoint: "https://push.example.com/known" } });
  expect(known.unsubscribe).toHaveBeenCalled();
  expect(push.state.value).toBe("off");
  await push.begin(OWN);
  expect(push.state.value, "and stays off").toBe("off");
});

test("it is offered once, and to nobody who decided already", async () => {
  const { push } = open();
  await push.begin(OWN);
  push.offerAfterFollowing("Mara");
  expect(push.offer.value).toBe("Mara");
  push.dismissOffer();
  push.offerAfterFollowing("Vera");
  expect(push.offer.value).toBeNull();
  localStorage.clear();
  const decided = open({ permission: "granted" });
  await decided.push.begin(OWN);
  decided.push.offerAfterFollowing("Mara");
  expect(decided.push.offer.value).toBeNull();
});

test("a server that cannot be reached leaves it off", async () => {
  const fake = fakeServices(() => problemAnswer(503, "server.overloaded"));
  localStorage.setItem("soulseer.push", OWN);
  const { browser } = open({ permission: "granted" });
  const push = new OwnPush(fake.services.resources, browser, localStorage);
  await push.begin(OWN);
  expect(push.state.value).toBe("off");
});

test("without the browser's parts it says so", async () => {
  const { services } = fakeServices(() => undefined);
  await services.push.begin(OWN);
  expect(services.push.state.value).toBe("unsupported");
});
