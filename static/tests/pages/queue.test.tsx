import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { commandProblem } from "../../src/api/problems";
import { findKept, Kept, Line, useLine } from "../../src/components/desk/line";
import { QueueBars } from "../../src/components/queue/queue_bars";
import { Turn } from "../../src/components/queue/turn";
import type { QueueEntry, QueuePlace } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeServices, problemAnswer, sampleUser } from "../support/fake_services";
import { READER_ID, sampleConsultation, sampleQueueEntry } from "../support/samples";

const AT = "2026-01-01T10:00:35Z";
const turn = () => sampleQueueEntry({ state: "reserved" });

function show() {
  const fake = fakeServices((call) =>
    call.path === "/queue" ? { items: fake.services.queue.entries.value, lost: [], at: AT } : undefined,
  );
  fake.services.queue.start();
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <QueueBars />
        <Turn />
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  const tell = (entry: QueueEntry | null, ended: QueueEntry | null = null) =>
    act(() => fake.socket.receive("queue.changed", { reader_id: READER_ID, entry, ended, at: AT }));
  return { ...fake, tell };
}

beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "", "/");
  document.title = "Readers";
});
afterEach(cleanup);

test("the bar says the place, and leaving the line empties it", async () => {
  const { tell, socket } = show();
  await tell(sampleQueueEntry({ position: 2, waiting_count: 3 }));
  expect(screen.getByText("You are number 2 in line for Mara.")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Leave the line for Mara" }));
  await waitFor(() => expect(screen.queryByText(/in line for Mara/)).toBeNull());
  expect(socket.sent.at(-1)).toEqual({ name: "queue.leave", payload: { reader_id: READER_ID } });
});

test("a turn is a dialog with the time left and the price, and takes no key that was meant for something else", async () => {
  const { tell, services } = show();
  const rings = vi.spyOn(services.bell, "start");
  const silence = vi.spyOn(services.bell, "stop");
  await tell(turn());
  expect(rings).toHaveBeenCalledTimes(1);
  expect(silence).not.toHaveBeenCalled();
  const dialog = screen.getByRole("dialog", { name: "Mara is free for you now" });
  expect(within(dialog).getByText("1:53 left")).toBeTruthy();
  expect(within(dialog).getByText(/Each minute costs \$3.99/)).toBeTruthy();
  expect(document.activeElement?.tagName).toBe("H2");
  expect(document.title).toBe("● Mara is free for you");
  await tell(null);
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(document.title).toBe("Readers");
  expect(silence).toHaveBeenCalled();
});

test("starting asks for what was waited for and leads to the room", async () => {
  const { tell, socket } = show();
  await tell(turn());
  socket.answers["consultation.request"] = () => ({ consultation: sampleConsultation({ status: "requested" }) });
  fireEvent.click(screen.getByRole("button", { name: "Start chat · $3.99 a minute" }));
  await waitFor(() => expect(location.pathname).toBe(`/room/${sampleConsultation().id}`));
  expect(socket.sent.at(-1)).toMatchObject({ payload: { reader_id: READER_ID, type: "chat" } });
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("passing gives the turn away; closing the dialog only moves it to the bar", async () => {
  const { tell, socket } = show();
  await tell(turn());
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(socket.sent).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Start or pass" }));
  fireEvent.click(await screen.findByRole("button", { name: "Pass" }));
  await waitFor(() => expect(socket.sent.at(-1)?.name).toBe("queue.leave"));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("a turn that another device used is over here too", async () => {
  const { tell } = show();
  await tell(turn());
  await tell({ ...turn(), consultation_id: "consultation-1" });
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.queryByText(/turn with Mara/)).toBeNull();
});

test("a start that is refused says why, with the way to add money", async () => {
  const { tell, socket } = show();
  await tell(turn());
  socket.answers["consultation.request"] = () =>
    commandProblem({ code: "wallet.balance_too_low", message: "", status: 402, retryable: false, fields: [] });
  fireEvent.click(screen.getByRole("button", { name: /Start chat/ }));
  expect(await screen.findByText(/Your balance is too low/)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Add money" }).getAttribute("href")).toContain("/wallet");
});

test("a lost turn is said plainly, and one press waits in line again", async () => {
  const { tell, socket } = show();
  await tell(null, sampleQueueEntry({ state: "passed", end_reason: "time_ran_out", position: null, ended_at: AT }));
  expect(screen.getByText("Your turn with Mara has passed: it was not used in time.")).toBeTruthy();
  socket.answers["queue.join"] = () => ({ entry: sampleQueueEntry({ id: "entry-2", position: 4 }) });
  fireEvent.click(screen.getByRole("button", { name: "Wait in line again" }));
  expect(await screen.findByText("You are number 4 in line for Mara.")).toBeTruthy();
  expect(screen.queryByText(/has passed/)).toBeNull();
});

test.each([
  [
    { skip_reason: "balance", kept_until_at: "2026-01-01T10:10:00Z" },
    /balance or your own limit is too low.*kept until/,
  ],
  [{ skip_reason: "disconnected", kept_until_at: "2026-01-01T10:10:00Z" }, /while you were away/],
  [{ stalled_until_at: "2026-01-01T10:30:00Z" }, /Mara is not there at the moment/],
] as [Partial<QueueEntry>, RegExp][])("what keeps a place waiting is said: %o", async (part, text) => {
  const { tell } = show();
  await tell(sampleQueueEntry(part));
  expect(screen.getByText(text)).toBeTruthy();
});

test("the desk shows the line in order, and for whom the reader is kept", async () => {
  const place = (position: number, name: string, part: Partial<QueuePlace> = {}): QueuePlace => ({
    id: `place-${position}`,
    client: { id: `client-${position}`, display_name: name, avatar_url: null, is_demonstration: false },
    type: "chat",
    state: "waiting",
    position,
    joined_at: "2026-01-01T09:55:00Z",
    reserved_until_at: null,
    consultation_id: null,
    skip_reason: null,
    ...part,
  });
  const items = [
    place(1, "Ana", { state: "reserved", reserved_until_at: "2026-01-01T10:01:35Z" }),
    place(2, "Ben", { skip_reason: "disconnected" }),
  ];
  const fake = fakeServices(
    (call) => (call.path === "/me/reader/queue" ? { items, at: AT } : problemAnswer(404, "x")),
    { ...sampleUser, role: "reader" },
  );
  function OwnLine() {
    const places = useLine() ?? [];
    const kept = findKept(places);
    return (
      <>
        {kept && <Kept place={kept} />}
        <Line places={places} />
      </>
    );
  }
  render(
    <ServicesContext.Provider value={fake.services}>
      <OwnLine />
    </ServicesContext.Provider>,
  );
  expect(await screen.findByRole("heading", { name: "In line for you (2)" })).toBeTruthy();
  expect(screen.getByRole("heading", { name: "Kept for Ana" })).toBeTruthy();
  expect(screen.getByText(/with 1:00 left to ask for you/)).toBeTruthy();
  const lines = screen.getAllByRole("listitem").map((item) => item.textContent);
  expect(lines[0]).toContain("for 5 min · has the turn");
  expect(lines[1]).toContain("not there right now");
  act(() => fake.socket.receive("queue.line_changed", { reader_id: READER_ID, items: [], at: AT }));
  expect(screen.getByText(/Nobody is in line/)).toBeTruthy();
});
