import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../../src/api/problems";
import { type Signal, SignalInbox, SignalQueue } from "../../src/media/signals";
import { Signalling } from "../support/signalling";

let signalling: Signalling;

beforeEach(() => {
  vi.useFakeTimers();
  signalling = new Signalling();
});

afterEach(() => {
  vi.useRealTimers();
});

const candidate = (name: string): Signal => ({ candidate: { candidate: name } });
const arrived = () => signalling.passed.map((event) => event.candidate?.candidate ?? null);
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

function openQueue(): SignalQueue {
  return new SignalQueue(signalling.sides[0].live, "c1");
}

test("signals leave in the order in which they were made, more than are on their way at once", async () => {
  const queue = openQueue();
  const names = Array.from({ length: 40 }, (_, index) => `${index}`);
  for (const name of names) queue.push(candidate(name));
  await pass(0);
  expect(arrived()).toEqual(names);
});

test("after a lost answer it is sent once more with all that follow, so that the order stays", async () => {
  const queue = openQueue();
  signalling.sides[0].lostAnswers = 1;
  for (const name of ["a", "b", "c"]) queue.push(candidate(name));
  await pass(5_000);
  expect(arrived()).toEqual(["a", "b", "c", "a", "b", "c"]);
});

test("what was made while the socket was lost leaves after its return", async () => {
  const queue = openQueue();
  signalling.sides[0].lose();
  queue.push(candidate("a"));
  await pass(10_000);
  queue.push(candidate("b"));
  signalling.sides[0].reconnect();
  await pass(1_000);
  expect(arrived()).toEqual(["a", "b"]);
});

test("a refusal for now (the clock stands, the room was not joined yet) is waited out", async () => {
  const queue = openQueue();
  const facts = { code: "consultation.not_joined", message: "", status: 409, retryable: false };
  signalling.sides[0].refusal = new Problem(facts);
  queue.push(candidate("a"));
  await pass(4_000);
  expect(arrived()).toEqual([]);
  signalling.sides[0].refusal = null;
  await pass(2_000);
  expect(arrived()).toEqual(["a"]);
});

test("what the server calls malformed is not repeated and holds up nothing", async () => {
  const queue = openQueue();
  signalling.sides[0].refusal = new Problem({ code: "request.invalid", message: "", status: 422, retryable: false });
  queue.push(candidate("bad"));
  await pass(0);
  signalling.sides[0].refusal = null;
  queue.push(candidate("good"));
  await pass(10_000);
  expect(arrived()).toEqual(["good"]);
});

test("what described a peer connection that is gone is not sent any more", async () => {
  const queue = openQueue();
  signalling.sides[0].lose();
  queue.push(candidate("old"));
  await pass(100);
  queue.clear();
  queue.push(candidate("new"));
  signalling.sides[0].reconnect();
  await pass(2_000);
  expect(arrived()).toEqual(["new"]);
});

test("after a refusal the next peer connection's signals need not wait, and the former one's stay away", async () => {
  const queue = openQueue();
  const facts = { code: "consultation.not_joined", message: "", status: 409, retryable: true };
  signalling.sides[0].refusal = new Problem(facts);
  queue.push(candidate("old"));
  await pass(100);
  signalling.sides[0].refusal = null;
  queue.clear();
  queue.push(candidate("new"));
  await pass(0);
  expect(arrived()).toEqual(["new"]);
  await pass(10_000);
  expect(arrived()).toEqual(["new"]);
});

test("the end of candidates is sent as null, and a candidate without the browser's own extras", async () => {
  const queue = openQueue();
  queue.push({ candidate: { candidate: "a", sdpMid: "0", relayProtocol: "udp" } as RTCIceCandidateInit });
  queue.push({ candidate: null });
  await pass(0);
  const [first, last] = signalling.passed;
  expect(Object.keys(first?.candidate ?? {}).sort()).toEqual([
    "candidate",
    "sdpMLineIndex",
    "sdpMid",
    "usernameFragment",
  ]);
  expect(last?.candidate).toBeNull();
});

test("what comes before anybody listens is kept, and each number is heard once", () => {
  const inbox = new SignalInbox(signalling.sides[1].live, "c1");
  const event = { consultation_id: "c1", seq: 1, sender_id: "0", at: "", candidate: { candidate: "a" } };
  signalling.sides[1].hear(event);
  signalling.sides[1].hear({ ...event, consultation_id: "other", seq: 2 });
  const heard: Signal[] = [];
  inbox.listen((signal) => heard.push(signal));
  signalling.sides[1].hear(event);
  signalling.sides[1].hear({ ...event, seq: 3, candidate: null });
  expect(heard.map((signal) => ("candidate" in signal ? (signal.candidate?.candidate ?? null) : "?"))).toEqual([
    "a",
    null,
  ]);
});
