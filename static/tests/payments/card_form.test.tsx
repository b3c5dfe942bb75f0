import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TopUpForm } from "../../src/components/top_up_form";
import type { TopUp } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { AddingMoney } from "../../src/stores/adding_money";
import { fakeServices, type HttpCall, sampleSite } from "../support/fake_services";
import { FakeStripe, paid, refused } from "../support/fake_stripe";

const TOP_UP_ID = "01a1fdb7-85c4-717e-8ca0-5a1ccea29c05";
const wallet = { balance_minor: 1_000, held_minor: 0, currency: "USD" };
let stripe: FakeStripe;
let status: TopUp["status"];
let asked: number;

const liveSite = {
  ...sampleSite,
  payments: { mode: "live" as const, publishable_key: "pk_live_x", test_payment_methods: [] },
};

function topUp(): Partial<TopUp> {
  return { id: TOP_UP_ID, status, amount_minor: 1_000, currency: "USD", client_secret: "pi_1_secret_2", failure: null };
}

function answer(call: HttpCall): unknown {
  if (call.path === "/wallet") return wallet;
  if (call.method === "GET") asked += 1;
  return topUp();
}

function open(options: { site?: typeof sampleSite; returned?: { topUpId: string; isSaidToBePaid: boolean } } = {}) {
  const fake = fakeServices(answer);
  const { services } = fake;
  services.site.value = options.site ?? liveSite;
  services.loadStripe = stripe.load;
  if (options.returned !== undefined) {
    const environment = { href: () => location.href, returned: options.returned };
    services.addingMoney = new AddingMoney(services.resources, services.wallet, environment);
  }
  const content = (
    <ServicesContext.Provider value={services}>
      <LocationProvider>
        <TopUpForm />
      </LocationProvider>
    </ServicesContext.Provider>
  );
  return { ...fake, content, ...render(content) };
}

async function openCard(options: Parameters<typeof open>[0] = {}) {
  const page = open(options);
  fireEvent.click(screen.getByRole("button", { name: "Continue with $10.00" }));
  await waitFor(() => expect(payButton().disabled).toBe(false));
  return page;
}

const payButton = () => screen.getByRole<HTMLButtonElement>("button", { name: /^(Pay \$10.00|Talking to the bank…)$/ });

beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "", "/room/r-1?x=1");
  stripe = new FakeStripe();
  status = "pending";
  asked = 0;
});
afterEach(cleanup);

describe("paying by card", () => {
  test("loads Stripe's script only when a card is about to be typed, and opens the fields for this payment", async () => {
    const page = open();
    expect(stripe.loads).toEqual([]);
    fireEvent.click(screen.getByRole("button", { name: "Continue with $10.00" }));
    await waitFor(() => expect(stripe.shown).toBe(1));
    expect(stripe.loads).toEqual(["pk_live_x"]);
    expect(stripe.opened.map((fields) => fields.clientSecret)).toEqual(["pi_1_secret_2"]);
    const [call] = page.calls;
    expect([call?.path, call?.body]).toEqual(["/wallet/top-ups", { amount_minor: 1_000 }]);
    expect(call?.idempotencyKey).toBeTruthy();
  });

  test("never loads Stripe's script where no key is set", async () => {
    open({ site: sampleSite });
    fireEvent.click(screen.getByRole("button", { name: "Add $10.00" }));
    expect(await screen.findByText(/Waiting for the bank/)).toBeTruthy();
    expect(stripe.loads).toEqual([]);
  });

  test("says that cards are being set up where real cards are taken and no key for the form is set", () => {
    open({ site: { ...liveSite, payments: { ...liveSite.payments, publishable_key: null as never } } });
    expect(screen.getByText(/being set up/)).toBeTruthy();
  });

  test("is done when the server says so, not when Stripe does", async () => {
    await openCard();
    fireEvent.click(payButton());
    stripe.confirmations[0]?.answer(paid());
    expect(await screen.findByText(/Waiting for the bank/)).toBeTruthy();
    expect(screen.queryByText(/added to your wallet/)).toBeNull();
    await waitFor(() => expect(asked).toBe(1));
    status = "completed";
    expect(await screen.findByText("$10.00 added to your wallet.", {}, { timeout: 4_000 })).toBeTruthy();
    expect(stripe.shown).toBe(0);
  });

  test("leaves the page only if the bank needs it, and then comes back to this page", async () => {
    await openCard();
    fireEvent.click(payButton());
    expect(stripe.confirmations[0]?.redirect).toBe("if_required");
    const back = new URL(stripe.confirmations[0]?.returnUrl ?? "");
    expect(back.pathname + back.search).toBe(`/room/r-1?x=1&top_up=${TOP_UP_ID}`);
  });

  test("asks the bank once however often the button is pressed", async () => {
    const { services } = await openCard();
    const field = { pay: vi.fn(() => new Promise<never>(() => undefined)) };
    fireEvent.click(payButton());
    fireEvent.click(payButton());
    fireEvent.submit(payButton().form as HTMLFormElement);
    void services.addingMoney.pay(field);
    expect(stripe.confirmations).toHaveLength(1);
    expect(field.pay).not.toHaveBeenCalled();
    expect(payButton().disabled).toBe(true);
  });

  test("with a declined card keeps the fields, says why, and the next try is believed over the earlier refusal", async () => {
    await openCard();
    fireEvent.click(payButton());
    status = "failed";
    stripe.confirmations[0]?.answer(refused({ message: "Your card has insufficient funds." }));
    expect(await screen.findByText(/insufficient funds. Nothing was charged/)).toBeTruthy();
    expect(stripe.shown).toBe(1);
    fireEvent.click(payButton());
    stripe.confirmations[1]?.answer(paid());
    await waitFor(() => expect(asked).toBeGreaterThan(0));
    expect(screen.getByText(/Waiting for the bank/)).toBeTruthy();
    status = "completed";
    expect(await screen.findByText("$10.00 added to your wallet.", {}, { timeout: 4_000 })).toBeTruthy();
    expect(stripe.opened).toHaveLength(1);
  });

  test.each([
    [
      refused({ type: "validation_error", message: "Your card number is incomplete." }),
      "Your card number is incomplete.",
    ],
    [
      refused({ type: "invalid_request_error", code: "payment_intent_authentication_failure" }),
      /did not get your confirm/,
    ],
    [refused({ type: "api_connection_error", message: "internal words" }), /never taken twice/],
    [refused({ type: "invalid_request_error", status: "canceled" }), /was cancelled and nothing was charged/],
  ])("says in plain words what went wrong (%#)", async (result, words) => {
    await openCard();
    fireEvent.click(payButton());
    stripe.confirmations[0]?.answer(result);
    expect((await screen.findByText(words)).textContent).not.toContain("internal words");
    expect(payButton().disabled).toBe(false);
    expect(asked).toBe(0);
  });

  test("that was paid already is not an error", async () => {
    await openCard();
    fireEvent.click(payButton());
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    stripe.confirmations[0]?.break(new Error("the connection broke"));
    expect(await screen.findByText(/never taken twice/)).toBeTruthy();
    fireEvent.click(payButton());
    const type = "invalid_request_error";
    stripe.confirmations[1]?.answer(refused({ type, code: "payment_intent_unexpected_state", status: "succeeded" }));
    expect(await screen.findByText(/Waiting for the bank/)).toBeTruthy();
  });

  test("goes on in a form that is opened again, and what was begun is never begun twice", async () => {
    const page = await openCard();
    page.unmount();
    expect(stripe.shown).toBe(0);
    const again = render(page.content);
    await waitFor(() => expect(payButton().disabled).toBe(false));
    fireEvent.click(payButton());
    again.unmount();
    render(page.content);
    expect(screen.getByText(/Waiting for the bank/)).toBeTruthy();
    stripe.confirmations[0]?.answer(paid());
    status = "completed";
    expect(await screen.findByText("$10.00 added to your wallet.", {}, { timeout: 4_000 })).toBeTruthy();
    expect(page.calls.filter((call) => call.method === "POST")).toHaveLength(1);
  });

  test("with the same amount chosen again goes on with the same payment", async () => {
    const page = await openCard();
    fireEvent.click(screen.getByRole("button", { name: "Change the amount" }));
    fireEvent.click(await screen.findByRole("button", { name: "Continue with $10.00" }));
    await waitFor(() => expect(payButton().disabled).toBe(false));
    const keys = page.calls.filter((call) => call.method === "POST").map((call) => call.idempotencyKey);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test.each(["failsToLoad", "failsToShow"] as const)(
    "can be tried again when Stripe cannot be reached (%s)",
    async (how) => {
      vi.spyOn(console, "error").mockImplementation(() => undefined);
      stripe[how] = true;
      open();
      fireEvent.click(screen.getByRole("button", { name: "Continue with $10.00" }));
      expect(await screen.findByText(/could not be loaded/)).toBeTruthy();
      expect(payButton().disabled).toBe(true);
      stripe[how] = false;
      fireEvent.click(screen.getByRole("button", { name: "Try again" }));
      await waitFor(() => expect(payButton().disabled).toBe(false));
      expect(stripe.shown).toBe(1);
    },
  );

  test("looks like the page, in its colours, and changes with them", async () => {
    const style = document.documentElement.style;
    style.setProperty("--accent", "#7a2e5d");
    let isDark = false;
    const changes: (() => void)[] = [];
    vi.spyOn(window, "matchMedia").mockImplementation(
      (query) =>
        ({
          matches: isDark && query.includes("dark"),
          addEventListener: (_: string, tell: () => void) => changes.push(tell),
          removeEventListener: () => undefined,
        }) as unknown as MediaQueryList,
    );
    await openCard();
    expect(stripe.opened[0]?.appearance).toMatchObject({ theme: "stripe", variables: { colorPrimary: "#7a2e5d" } });
    isDark = true;
    style.setProperty("--accent", "#e6a3c8");
    for (const tell of changes) tell();
    expect(stripe.restyled).toMatchObject([{ theme: "night", variables: { colorPrimary: "#e6a3c8" } }]);
    style.removeProperty("--accent");
  });
});

describe("coming back from the bank's page", () => {
  test("shows what became of that payment, whatever was refused before it", async () => {
    status = "failed";
    const page = open({ returned: { topUpId: TOP_UP_ID, isSaidToBePaid: true } });
    expect(await screen.findByText(/Waiting for the bank/)).toBeTruthy();
    await waitFor(() => expect(asked).toBe(1));
    status = "completed";
    expect(await screen.findByText("$10.00 added to your wallet.", {}, { timeout: 4_000 })).toBeTruthy();
    expect(page.calls.every((call) => call.method === "GET")).toBe(true);
  });

  test("says when the bank refused, and offers another try", async () => {
    status = "failed";
    open({ returned: { topUpId: TOP_UP_ID, isSaidToBePaid: false } });
    expect(await screen.findByText(/did not accept the payment/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Continue with $10.00" })).toBeTruthy();
  });
});
