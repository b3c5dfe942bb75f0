import { expect, test, vi } from "vitest";
import type { NotificationView } from "../../src/protocol";
import { OwnNotifications } from "../../src/stores/own_notifications";
import { fakeServices } from "../support/fake_services";
import { sampleNotification } from "../support/samples";

const AT = "2026-01-01T10:00:00Z";
const one = (number: number, change: Partial<NotificationView> = {}) =>
  sampleNotification({ id: `0000-${number}`, ...change });

function open(pages: { items: NotificationView[]; next_cursor: string | null; unread_count: number }[]) {
  const fake = fakeServices((call) => {
    if (call.path.startsWith("/me/notifications/read")) return { unread_count: 0 };
    return call.path.startsWith("/me/notifications") ? pages.shift() : undefined;
  });
  const onNew = vi.fn();
  const { resources, live } = fake.services;
  const notifications = new OwnNotifications(resources, live, onNew);
  notifications.start();
  return { ...fake, notifications, onNew };
}

test("what is told comes first, is counted once and said in passing", async () => {
  const { notifications, socket, onNew } = open([{ items: [one(1)], next_cursor: null, unread_count: 1 }]);
  await notifications.reload();
  for (let time = 0; time < 2; time += 1) socket.receive("notification.created", { notification: one(2), at: AT });
  expect(notifications.items.value?.map((item) => item.id)).toEqual(["0000-2", "0000-1"]);
  expect(notifications.unread.value).toBe(2);
  expect(onNew).toHaveBeenCalledTimes(1);
});

test("what another device read is read here too", async () => {
  const items = [one(3), one(2), one(1)];
  const { notifications, socket } = open([{ items, next_cursor: null, unread_count: 3 }]);
  await notifications.reload();
  socket.receive("notification.read", { up_to_id: "0000-2", unread_count: 1, at: AT });
  expect(notifications.items.value?.map((item) => item.read_at)).toEqual([null, AT, AT]);
  expect(notifications.unread.value).toBe(1);
});

test("reading says up to which, so that what comes meanwhile stays unread", async () => {
  const { notifications, calls } = open([{ items: [one(2), one(1)], next_cursor: null, unread_count: 2 }]);
  await notifications.reload();
  await notifications.read();
  expect(calls.at(-1)).toMatchObject({ path: "/me/notifications/read", body: { up_to_id: "0000-2" } });
  expect(notifications.unread.value).toBe(0);
  const asked = calls.length;
  await notifications.read();
  expect(calls.length, "nothing is unread, so nothing is said").toBe(asked);
});

test("older ones follow the newest without a repeat", async () => {
  const { notifications, socket } = open([
    { items: [one(3), one(2)], next_cursor: "more", unread_count: 0 },
    { items: [one(2), one(1)], next_cursor: null, unread_count: 0 },
  ]);
  await notifications.reload();
  socket.receive("notification.created", { notification: one(4), at: AT });
  expect(notifications.hasMore).toBe(true);
  await notifications.loadMore();
  expect(notifications.items.value?.map((item) => item.id)).toEqual(["0000-4", "0000-3", "0000-2", "0000-1"]);
  expect(notifications.hasMore).toBe(false);
});

test("an answer for who was logged in before is thrown away", async () => {
  const { notifications } = open([{ items: [one(1)], next_cursor: null, unread_count: 1 }]);
  const asking = notifications.reload();
  notifications.forget();
  await asking;
  expect([notifications.items.value, notifications.unread.value]).toEqual([null, 0]);
});
