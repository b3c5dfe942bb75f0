import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Talking } from "../../src/components/room/talking";
import type { Consultation } from "../../src/protocol";
import { Room } from "../../src/rooms/room";
import { ServicesContext } from "../../src/services";
import { AddingMoney } from "../../src/stores/adding_money";
import { fakeServices, sampleSite } from "../support/fake_services";
import { FakeStripe, paid } from "../support/fake_stripe";
import { CLIENT_ID, sampleConsultation } from "../support/samples";

const topUp = { id: "t-1", amount_minor: 1_000, currency: "USD", client_secret: "pi_1_secret_2", failure: null };
const stopped: Partial<Consultation> = {
  is_paused: true,
  pause_reason: "balance",
  paid_until_at: null,
  paid_seconds_left: 0,
  top_up_until_at: "2026-01-01T10:02:05Z",
};

function openRoom(stripe: FakeStripe, options: { hasReturned?: boolean } = {}) {
  const { services } = fakeServices((call) => {
    if (call.path === "/wallet") return { balance_minor: 0, held_minor: 0, currency: "USD" };
    return call.path.startsWith("/wallet/top-ups") ? { ...topUp, status: "pending" } : undefined;
  });
  services.loadStripe = stripe.load;
  const payments = { mode: "live" as const, publishable_key: "pk_live_x", test_payment_methods: [] };
  services.site.value = { ...sampleSite, payments };
  if (options.hasReturned) {
    const returned = { topUpId: "t-1", isSaidToBePaid: true };
    services.addingMoney = new AddingMoney(services.resources, services.wallet, { href: () => "", returned });
  }
  const room = new Room(services, "c-1", CLIENT_ID);
  const show = (part: Partial<Consultation>) => {
    const consultation = sampleConsultation(part);
    const props = { room, consultation, other: consultation.reader, isClient: true, ownId: CLIENT_ID };
    return (
      <ServicesContext.Provider value={services}>
        <LocationProvider>
          <Talking {...props} />
        </LocationProvider>
      </ServicesContext.Provider>
    );
  };
  room.tellBalance(0);
  const { rerender } = render(show({}));
  return { change: (part: Partial<Consultation>) => act(() => rerender(show(part))) };
}

const frame = () => screen.queryByTitle("Secure payment input frame");

beforeEach(() => localStorage.clear());
afterEach(cleanup);

test("a card that is being typed in the sheet outlives the stop of the clock, and the sheet goes when it goes on", async () => {
  const stripe = new FakeStripe();
  const room = openRoom(stripe);
  fireEvent.click(await screen.findByRole("button", { name: "Add money" }));
  fireEvent.click(screen.getByRole("button", { name: "Continue with $10.00" }));
  await waitFor(() => expect(frame()).toBeTruthy());
  const typed = frame();
  await room.change(stopped);
  expect(frame()).toBe(typed);
  expect(screen.getByRole("heading", { name: "The clock has stopped" })).toBeTruthy();
  expect(screen.getByLabelText("Time left to add money").textContent).toBe("1:30");
  expect(screen.queryByRole("alertdialog")).toBeNull();
  await room.change({});
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("the sheet lies below the bank's frame, keeps the room out of reach, and cannot be left while the bank is asked", async () => {
  const stripe = new FakeStripe();
  openRoom(stripe);
  fireEvent.click(await screen.findByRole("button", { name: "Add money" }));
  const sheet = screen.getByRole<HTMLDialogElement>("dialog");
  const composer = screen.getByLabelText("Write a message");
  expect(sheet.getAttribute("aria-modal")).toBe("true");
  expect(composer.closest("[inert]")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Continue with $10.00" }));
  const pay = await screen.findByRole<HTMLButtonElement>("button", { name: "Pay $10.00" });
  await waitFor(() => expect(pay.disabled).toBe(false));
  fireEvent.click(pay);
  fireEvent.keyDown(sheet, { key: "Escape" });
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByRole("dialog")).toBe(sheet);
  await act(async () => stripe.confirmations[0]?.answer(paid()));
  expect(await screen.findByText(/Waiting for the bank/)).toBeTruthy();
  fireEvent.keyDown(sheet, { key: "Escape" });
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(composer.closest("[inert]")).toBeNull();
});

test("whoever comes back from their bank's page into the room sees what became of the payment", async () => {
  openRoom(new FakeStripe(), { hasReturned: true });
  expect(await screen.findByText(/Waiting for the bank/)).toBeTruthy();
  expect(screen.getByRole("dialog")).toBeTruthy();
});
