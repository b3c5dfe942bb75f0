import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BookDialog } from "../../src/components/booking/book_dialog";
import { BookingBars } from "../../src/components/booking/booking_bars";
import { groupByDay } from "../../src/components/booking/days";
import { WaitingRoom } from "../../src/components/room/waiting_room";
import type { Consultation, ReaderProfile } from "../../src/protocol";
import { Room } from "../../src/rooms/room";
import { ServicesContext } from "../../src/services";
import { endReasonText } from "../../src/texts/end_reasons";
import { fakeServices, type HttpCall, problemAnswer, sampleUser } from "../support/fake_services";
import { CLIENT_ID, READER_ID, sampleConsultation } from "../support/samples";

// The services' clock stands at 2026-01-01T10:00:35Z.
const NOW = "2026-01-01T10:00:35Z";

function sampleBooking(change: Partial<Consultation> = {}): Consultation {
  return sampleConsultation({
    status: "scheduled",
    scheduled_at: "2026-01-01T10:08:35Z",
    scheduled_minutes: 30,
    waiting_room_opens_at: "2026-01-01T09:58:35Z",
    requested_at: null,
    accepted_at: null,
    started_at: null,
    paid_until_at: null,
    billed_increments: 0,
    total_cost_minor: 0,
    client_present: false,
    reader_present: false,
    version: 1,
    ...change,
  });
}

const sampleReader = {
  id: READER_ID,
  display_name: "Mara",
  currency: "USD",
  rates: { chat: { rate_per_minute_minor: 399 }, call: null, video: null },
} as ReaderProfile;

const ownTimeZone = process.env.TZ;
beforeEach(() => {
  localStorage.clear();
});
afterEach(() => {
  process.env.TZ = ownTimeZone;
  cleanup();
});

describe("free times", () => {
  test("are grouped by the visitor's own days, and the hour that comes twice says which", () => {
    process.env.TZ = "Europe/Berlin";
    const days = groupByDay([
      "2026-10-24T21:45:00Z",
      "2026-10-24T22:00:00Z",
      "2026-10-25T00:30:00Z",
      "2026-10-25T01:30:00Z",
      "2026-10-25T02:00:00Z",
    ]);
    expect(days.map((day) => [day.key, day.times.length])).toEqual([
      ["2026-10-24", 1],
      ["2026-10-25", 4],
    ]);
    const labels = days[1]?.times.map((time) => time.label) ?? [];
    expect(new Set(labels).size).toBe(4);
    expect(labels[1]).toContain("GMT+2");
    expect(labels[2]).toContain("GMT+1");
    expect(labels[3]).not.toContain("GMT");
  });
});

describe("booking", () => {
  const times = {
    time_zone: "America/New_York",
    minutes: 30,
    from_at: NOW,
    until_at: "2026-01-08T10:00:35Z",
    bookable_until_at: "2026-03-01T10:00:35Z",
    no_show_minutes: 2,
    wait_seconds: 600,
    times: ["2026-01-02T15:00:00Z", "2026-01-02T15:15:00Z"],
  };

  function openDialog(answerBooking: (call: HttpCall) => unknown, user: typeof sampleUser | null = sampleUser) {
    const fake = fakeServices((call) => {
      if (call.path.startsWith(`/readers/${READER_ID}/times`)) return times;
      if (call.path === "/auth/refresh") return problemAnswer(401, "auth.unauthenticated");
      if (call.path === "/wallet") return { balance_minor: 2_000, held_minor: 0, currency: "USD" };
      if (call.path === "/consultations" && call.method === "POST") return answerBooking(call);
      if (call.path === "/me" && call.method === "PATCH") return { ...sampleUser, time_zone: "Europe/Berlin" };
      return undefined;
    }, user);
    render(
      <ServicesContext.Provider value={fake.services}>
        <LocationProvider>
          <BookDialog reader={sampleReader} onClose={() => undefined} />
        </LocationProvider>
      </ServicesContext.Provider>,
    );
    return fake;
  }

  const chooseFirst = async () =>
    fireEvent.click(((await screen.findAllByRole("radio")) as HTMLInputElement[])[1] as HTMLInputElement);

  test("says the price, the rules and the fee before, in both people's zones, and books what was chosen once", async () => {
    process.env.TZ = "Europe/Berlin";
    const fake = openDialog(() => sampleBooking({ scheduled_at: times.times[0] ?? "" }));
    await chooseFirst();
    expect(await screen.findByText(/^For Mara that is .*10:00/)).toBeTruthy();
    expect(screen.getByText(/If Mara is not there 10 minutes after the start/)).toBeTruthy();
    expect(screen.getByText(/If you do not come while the reader waits, \$7.98 is charged/)).toBeTruthy();
    expect(screen.getByText(/Each minute costs \$3.99/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: /^Book chat/ }));
    expect(await screen.findByRole("heading", { name: "It is booked" })).toBeTruthy();
    const sent = fake.calls.filter((call) => call.path === "/consultations");
    expect(sent.map((call) => call.body)).toEqual([
      { reader_id: READER_ID, type: "chat", scheduled_at: times.times[0], minutes: 30 },
    ]);
    expect(sent[0]?.idempotencyKey).toBeTruthy();
    expect(fake.calls.find((call) => call.method === "PATCH")?.body).toEqual({ time_zone: "Europe/Berlin" });
    expect(fake.services.bookings.value.value.map((booking) => booking.status)).toEqual(["scheduled"]);
  });

  test("shows the times anew when somebody else was faster", async () => {
    const fake = openDialog(() => problemAnswer(409, "reader.time_taken"));
    await chooseFirst();
    const asked = () => fake.calls.filter((call) => call.path.includes("/times")).length;
    const before = asked();
    fireEvent.click(await screen.findByRole("button", { name: /^Book chat/ }));
    await waitFor(() => expect(asked()).toBe(before + 1));
    expect(fake.services.notices.items.value.at(-1)?.text).toMatch(/Somebody else has just booked this time/);
    expect(screen.getByRole("button", { name: "Choose a time first" })).toHaveProperty("disabled", true);
  });

  test("lets a visitor look, and asks for the login before anything else", async () => {
    openDialog(() => undefined, null);
    await chooseFirst();
    expect(screen.getByRole("link", { name: "Log in to book" }).getAttribute("href")).toContain(READER_ID);
  });
});

describe("what is coming", () => {
  function showBars(bookings: readonly Consultation[]) {
    const fake = fakeServices((call) =>
      call.path.startsWith("/me/bookings") ? { items: bookings, next_cursor: null } : undefined,
    );
    const stop = fake.services.bookings.start();
    render(
      <ServicesContext.Provider value={fake.services}>
        <LocationProvider>
          <BookingBars />
        </LocationProvider>
      </ServicesContext.Provider>,
    );
    return { ...fake, stop };
  }

  test("is said on every page once the waiting room is open, and not before", async () => {
    const { services, stop } = showBars([]);
    act(() => services.bookings.hear(sampleBooking({ waiting_room_opens_at: "2026-01-01T10:05:00Z" })));
    expect(screen.queryByRole("link")).toBeNull();
    act(() => services.bookings.hear(sampleBooking({ version: 2 })));
    expect(await screen.findByText("Chat with Mara begins in 8:00.")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Open the waiting room" })).toBeTruthy();
    act(() => services.bookings.hear(sampleBooking({ version: 3, status: "cancelled", end_reason: "declined" })));
    expect(screen.queryByRole("link")).toBeNull();
    stop();
  });

  test("keeps the newest of what is known, in the order of time", async () => {
    const { services, stop } = showBars([
      sampleBooking({ id: "late", scheduled_at: "2026-01-03T10:00:00Z" }),
      sampleBooking({ id: "soon", version: 1 }),
    ]);
    services.bookings.hear(sampleBooking({ id: "soon", version: 5, client_present: true }));
    await services.bookings.reload();
    const known = services.bookings.value.value.map(({ id, version }) => [id, version]);
    expect(known).toEqual([
      ["soon", 5],
      ["late", 1],
    ]);
    stop();
  });

  test("tells two who talk that one of them is booked", () => {
    const { services, socket, stop } = showBars([]);
    act(() => services.liveConsultation.hear(sampleConsultation({ id: "live" })));
    const near = { consultation_id: "live", user_id: READER_ID, scheduled_at: "2026-01-01T10:15:00Z", at: NOW };
    act(() => socket.receive("consultation.booking_near", near));
    expect(screen.getByText(/^Mara is booked for another consultation at/)).toBeTruthy();
    act(() => socket.receive("consultation.booking_near", { ...near, user_id: CLIENT_ID }));
    expect(screen.getByText(/^You are booked for another consultation at/)).toBeTruthy();
    stop();
  });
});

describe("the waiting room", () => {
  function show(booking: Consultation) {
    const fake = fakeServices(() => undefined);
    fake.services.wallet.start();
    const room = new Room(fake.services, booking.id, CLIENT_ID);
    render(
      <ServicesContext.Provider value={fake.services}>
        <WaitingRoom room={room} consultation={booking} other={booking.reader} isClient ownId={CLIENT_ID} />
      </ServicesContext.Provider>,
    );
    return fake;
  }

  test("counts down and shows who is there", () => {
    show(sampleBooking({ client_present: true }));
    expect(screen.getByRole("timer").textContent).toContain("8:00");
    expect(screen.getByText("You are in the waiting room")).toBeTruthy();
    expect(screen.getByText("Mara is not here yet")).toBeTruthy();
  });

  test("tells who has spent the money meanwhile, before the clock cannot start", async () => {
    const fake = show(sampleBooking({ client_present: true }));
    act(() => fake.socket.receive("wallet.changed", { balance_minor: 100, currency: "USD", at: NOW }));
    expect(await screen.findByText(/Your balance of \$1.00 is too low/)).toBeTruthy();
    expect(screen.getByRole("link", { name: "Add money" }).getAttribute("href")).toContain("/wallet?next=%2Froom%2F");
    cleanup();
  });

  test("says when it opens, while it is closed", () => {
    show(sampleBooking({ waiting_room_opens_at: "2026-01-03T09:58:35Z", scheduled_at: "2026-01-03T10:08:35Z" }));
    expect(screen.getByText(/^The waiting room opens at/)).toBeTruthy();
    expect(screen.getByRole("timer").textContent).toContain("2 days, 8:00");
    expect(screen.queryByText(/is not here yet/)).toBeNull();
  });

  test("says what it waits for when its time has passed", () => {
    show(sampleBooking({ scheduled_at: "2026-01-01T10:00:00Z" }));
    expect(screen.getByText(/still in another consultation/)).toBeTruthy();
  });
});

describe("why it did not take place", () => {
  test.each([
    [{ end_reason: "reader_no_show" as const }, true, /The reader did not come.*You were not charged/],
    [{ end_reason: "client_no_show" as const }, true, /You did not come.*You were not charged/],
    [
      { end_reason: "client_no_show" as const, total_cost_minor: 798 },
      true,
      /As agreed when you booked, \$7.98 was charged/,
    ],
    [{ end_reason: "client_no_show" as const, earnings_minor: 558 }, false, /You earned \$5.58/],
    [{ end_reason: "declined" as const }, true, /The reader cancelled/],
    [{ end_reason: "expired" as const }, false, /We could not open it in time/],
  ])("is said in the words of a booking: %o", (change, isClient, words) => {
    expect(endReasonText(sampleBooking({ status: "no_show", ...change }), isClient)).toMatch(words);
  });

  test("is said as ever for what was not booked", () => {
    const rung = sampleConsultation({ status: "cancelled", end_reason: "declined", started_at: null });
    expect(endReasonText(rung, true)).toBe("The reader cannot take it now. You were not charged.");
  });
});
