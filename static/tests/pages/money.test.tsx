import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TopUpForm } from "../../src/components/top_up_form";
import { ServicesContext } from "../../src/services";
import { groupTransfers } from "../../src/texts/transfer_groups";
import { fakeServices, type HttpCall, problemAnswer } from "../support/fake_services";

const topUp = { id: "t-1", amount_minor: 1_000, currency: "USD", client_secret: null, failure: null };

function show(answer: (call: HttpCall) => unknown) {
  const fake = fakeServices(answer);
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <TopUpForm />
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  return fake;
}

beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "", "/wallet");
});
afterEach(cleanup);

describe("adding money", () => {
  test("is done only when the server says that the money arrived", async () => {
    let asked = 0;
    show((call) => {
      if (call.method === "POST") return { ...topUp, status: "pending" };
      if (call.path === "/wallet") return { balance_minor: 1_000, held_minor: 0, currency: "USD" };
      asked += 1;
      return { ...topUp, status: asked < 2 ? "pending" : "completed" };
    });
    fireEvent.click(screen.getByRole("button", { name: /Add \$10.00/ }));
    expect(await screen.findByText(/Waiting for the bank/)).toBeTruthy();
    expect(await screen.findByText("$10.00 added to your wallet.", {}, { timeout: 4_000 })).toBeTruthy();
    expect(asked).toBe(2);
  });

  test("with a declined card says so, and a new try is a new payment", async () => {
    const fake = show(() => problemAnswer(402, "payment.declined"));
    const pay = () => fireEvent.click(screen.getByRole("button", { name: /Add \$10.00/ }));
    pay();
    expect(await screen.findByText(/declined this card. Nothing was charged/)).toBeTruthy();
    pay();
    await waitFor(() => expect(fake.calls).toHaveLength(2));
    expect(fake.calls[0]?.idempotencyKey).not.toBe(fake.calls[1]?.idempotencyKey);
  });

  test("whose answer was lost is asked again with the same key, also by a second press", async () => {
    const fake = show(() => new TypeError("network"));
    const pay = () => fireEvent.click(screen.getByRole("button", { name: /Add \$10.00/ }));
    pay();
    expect(await screen.findByText(/cannot reach the server/)).toBeTruthy();
    pay();
    await waitFor(() => expect(fake.calls.length).toBeGreaterThan(3));
    expect(new Set(fake.calls.map((call) => call.idempotencyKey)).size).toBe(1);
  });

  test("refuses an amount outside the limits before anything is sent", () => {
    const fake = show(() => undefined);
    fireEvent.click(screen.getByLabelText("Other amount"));
    const field = screen.getByRole("textbox");
    fireEvent.input(field, { target: { value: "4.99" } });
    expect(screen.getByRole("button", { name: /^Add/ })).toHaveProperty("disabled", true);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    fireEvent.input(field, { target: { value: "5" } });
    expect(screen.getByRole("button", { name: "Add $5.00" })).toHaveProperty("disabled", false);
    expect(fake.calls).toEqual([]);
  });
});

describe("a test card that asks for a confirmation", () => {
  const instance = "/api/v1/wallet/top-ups/t-1";
  const ask = () => problemAnswer(402, "payment.authentication_required", { instance });

  async function openBank(confirm: (call: HttpCall) => unknown) {
    let last: unknown = { ...topUp, status: "pending" };
    const fake = show((call) => {
      if (call.path === "/wallet") return { balance_minor: 1_000, held_minor: 0, currency: "USD" };
      if (call.path === "/wallet/top-ups") return ask();
      if (call.method === "POST") last = confirm(call);
      return last;
    });
    fireEvent.click(screen.getByRole("button", { name: /Add \$10.00/ }));
    expect(await screen.findByText(/The bank wants you to confirm/)).toBeTruthy();
    return fake;
  }

  const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

  test("is paid when the bank's part is played, once however often that is pressed", async () => {
    const fake = await openBank(() => ({ ...topUp, status: "completed" }));
    press("Confirm as the bank would");
    press("Refuse");
    expect(await screen.findByText("$10.00 added to your wallet.")).toBeTruthy();
    const answers = fake.calls.filter((call) => call.path === "/wallet/top-ups/t-1/test-confirmation");
    expect(answers.map((call) => call.body)).toEqual([{ outcome: "confirmed" }]);
  });

  test("is not charged when it is refused, and says so beside the next try", async () => {
    const fake = await openBank(() => ({
      ...topUp,
      status: "failed",
      failure: "The bank did not get your confirmation",
    }));
    press("Refuse");
    expect(await screen.findByText("The bank did not get your confirmation. Nothing was charged.")).toBeTruthy();
    expect(fake.calls.at(-2)?.body).toEqual({ outcome: "refused" });
    expect(screen.getByRole("button", { name: /Add \$10.00/ })).toBeTruthy();
  });

  test("where a real bank asks is told as unfinished", async () => {
    await openBank(() => problemAnswer(404, "resource.not_found"));
    press("Confirm as the bank would");
    expect(await screen.findByText(/that was not finished. Nothing was charged/)).toBeTruthy();
  });

  test("can be answered again when the answer could not be sent", async () => {
    await openBank(() => problemAnswer(503, "payment.provider_unavailable"));
    press("Confirm as the bank would");
    expect(await screen.findByText(/cannot be reached right now/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Confirm as the bank would" })).toHaveProperty("disabled", false);
  });
});

test("the minutes of one consultation are one line of the history, refunds another", () => {
  const line = (
    id: string,
    type: "session_charge" | "refund" | "add_funds",
    amount: number,
    kind = "consultation",
  ) => ({
    id,
    type,
    amount_minor: amount,
    currency: "USD",
    balance_after_minor: 0,
    description: "",
    reference: { kind, id: kind === "consultation" ? "c-1" : id },
    created_at: "2026-01-01T10:00:00Z",
  });
  const groups = groupTransfers([
    line("4", "refund", 200),
    line("3", "session_charge", -399),
    line("2", "session_charge", -399),
    line("1", "add_funds", 1_000, "top_up"),
  ]);
  expect(groups.map((group) => [group.newest.id, group.amountMinor])).toEqual([
    ["4", 200],
    ["3", -798],
    ["1", 1_000],
  ]);
});
