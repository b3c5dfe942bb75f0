import { beforeEach, expect, test, vi } from "vitest";
import type { QueueChangedEvent, QueueEntry } from "../../src/protocol";
import { hasTurn } from "../../src/stores/own_queue";
import { fakeServices, problemAnswer, sampleUser } from "../support/fake_services";
import { READER_ID, sampleQueueEntry } from "../support/samples";

const at = (second: number) => `2026-01-01T10:00:${String(second).padStart(2, "0")}Z`;

function changed(second: number, part: Partial<QueueChangedEvent>): QueueChangedEvent {
  return { reader_id: READER_ID, entry: null, ended: null, at: at(second), ...part };
}

function openQueue(snapshot: { items?: QueueEntry[]; lost?: QueueEntry[]; second?: number } = {}) {
  const answer = vi.fn(() => ({
    items: snapshot.items ?? [],
    lost: snapshot.lost ?? [],
    at: at(snapshot.second ?? 0),
  }));
  const fake = fakeServices((call) => (call.path === "/queue" ? answer() : undefined));
  const { queue } = fake.services;
  const stop = queue.start();
  return { ...fake, queue, answer, stop };
}

const passed = sampleQueueEntry({ state: "passed", end_reason: "time_ran_out", position: null, ended_at: at(10) });

beforeEach(() => localStorage.clear());

test("events move a place up, give it the turn and end it", () => {
  const { queue, socket } = openQueue();
  socket.receive("queue.changed", changed(1, { entry: sampleQueueEntry({ position: 2 }) }));
  expect(queue.entries.value.map((entry) => entry.position)).toEqual([2]);
  socket.receive("queue.changed", changed(2, { entry: sampleQueueEntry({ state: "reserved", position: 1 }) }));
  expect(queue.entries.value.map(hasTurn)).toEqual([true]);
  socket.receive("queue.changed", changed(3, { ended: passed }));
  expect(queue.entries.value).toEqual([]);
  expect(queue.lost.value).toEqual([passed]);
});

test("a turn that was used, and a place that was left, are not losses", () => {
  const { queue, socket } = openQueue();
  for (const state of ["served", "left"] as const) {
    socket.receive("queue.changed", changed(1, { ended: { ...passed, state, end_reason: state } }));
  }
  expect(queue.lost.value).toEqual([]);
});

test("an event that was overtaken by a newer one changes nothing", () => {
  const { queue, socket } = openQueue();
  socket.receive("queue.changed", changed(5, { entry: sampleQueueEntry({ position: 1 }) }));
  socket.receive("queue.changed", changed(4, { entry: sampleQueueEntry({ position: 2 }) }));
  expect(queue.find(READER_ID)?.position).toBe(1);
});

test("the snapshot makes up for whatever was missed, but not for what is newer than it", async () => {
  const { queue, socket, answer } = openQueue({ items: [sampleQueueEntry({ position: 3 })], second: 5 });
  await queue.reload();
  expect(queue.find(READER_ID)?.position).toBe(3);
  socket.receive("queue.changed", changed(6, { entry: sampleQueueEntry({ position: 1 }) }));
  await queue.reload();
  expect(queue.find(READER_ID)?.position).toBe(1);
  answer.mockReturnValue({ items: [], lost: [passed], at: at(7) });
  await queue.reload();
  expect(queue.entries.value).toEqual([]);
  expect(queue.lost.value).toEqual([passed]);
});

test("what has been read is not said again, also after a reload of the page", async () => {
  const { queue } = openQueue({ lost: [passed] });
  await queue.reload();
  queue.dismiss(passed);
  expect(queue.lost.value).toEqual([]);
  const reopened = openQueue({ lost: [passed] });
  await reopened.queue.reload();
  expect(reopened.queue.lost.value).toEqual([]);
});

test("whoever joins again has a place and no loss there", async () => {
  const { queue, socket } = openQueue({ lost: [passed] });
  await queue.reload();
  socket.answers["queue.join"] = () => ({ entry: sampleQueueEntry({ id: "entry-2" }) });
  await queue.join(READER_ID, "chat");
  expect(queue.find(READER_ID)?.id).toBe("entry-2");
  expect(queue.lost.value).toEqual([]);
  expect(socket.sent.at(-1)).toMatchObject({ name: "queue.join", payload: { reader_id: READER_ID, type: "chat" } });
});

test("while somebody waits, the snapshot is asked for now and then", async () => {
  vi.useFakeTimers();
  const { queue, socket, answer, stop } = openQueue({ items: [sampleQueueEntry()] });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(answer).not.toHaveBeenCalled();
  socket.receive("queue.changed", changed(1, { entry: sampleQueueEntry() }));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(answer).toHaveBeenCalledTimes(1);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(answer).toHaveBeenCalledTimes(1);
  expect(queue.entries.value).toHaveLength(1);
  vi.useRealTimers();
});

test("readers have no lines to wait in, and a failed snapshot leaves what is known", async () => {
  const reader = fakeServices(() => problemAnswer(403, "auth.forbidden"), { ...sampleUser, role: "reader" });
  await reader.services.queue.reload();
  expect(reader.calls).toEqual([]);
  const { queue, socket, answer } = openQueue();
  socket.receive("queue.changed", changed(1, { entry: sampleQueueEntry() }));
  answer.mockImplementation(() => {
    throw new Error("offline");
  });
  await queue.reload();
  expect(queue.entries.value).toHaveLength(1);
});
