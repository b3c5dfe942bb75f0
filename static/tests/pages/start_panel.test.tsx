import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StartPanel } from "../../src/components/start_panel";
import type { MediaSupport } from "../../src/media/support";
import type { ReaderProfile } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeServices } from "../support/fake_services";
import { READER_ID, sampleConsultation, sampleQueueEntry } from "../support/samples";

const reader: ReaderProfile = {
  id: READER_ID,
  display_name: "Mara",
  avatar_url: null,
  headline: null,
  specialties: [],
  languages: [],
  experience_years: 1,
  status: "online",
  rates: { chat: { rate_per_minute_minor: 399 }, call: null, video: { rate_per_minute_minor: 599 } },
  currency: "USD",
  rating_average: null,
  rating_count: 0,
  consultations_count: 0,
  waiting_count: 0,
  followers_count: 0,
  is_followed: false,
  livestream_id: null,
  next_available_at: null,
  is_demonstration: false,
  bio: "",
  certifications: [],
  rating_distribution: {},
  time_zone: "UTC",
  created_at: "2026-01-01T00:00:00Z",
};

function show(
  options: {
    balanceMinor?: number;
    mediaSupport?: MediaSupport;
    rates?: Partial<ReaderProfile["rates"]>;
    status?: ReaderProfile["status"];
    waiting?: number;
  } = {},
) {
  const fake = fakeServices(() => ({ balance_minor: options.balanceMinor ?? 1_000, held_minor: 0, currency: "USD" }));
  fake.services.mediaSupport = options.mediaSupport ?? "ok";
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <StartPanel
          reader={{
            ...reader,
            rates: { ...reader.rates, ...options.rates },
            status: options.status ?? "online",
            waiting_count: options.waiting ?? 0,
          }}
        />
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  void fake.services.wallet.reload();
  return fake;
}

const choose = (name: RegExp) => fireEvent.click(screen.getByRole("radio", { name }));

beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "", `/readers/${READER_ID}`);
});
afterEach(cleanup);

test("rate, free time, settlement and how long the balance lasts are said beside the button", async () => {
  show();
  expect(await screen.findByText(/Your balance of \$10.00 lasts 2 minutes/)).toBeTruthy();
  expect(screen.getByText(/Each minute costs \$3.99.*started minute counts.*10 seconds/)).toBeTruthy();
  expect(screen.getByRole("button", { name: /Start chat · \$3.99/ })).toBeTruthy();
});

test("a video says its own rate and when its clock starts, and is what is asked for", async () => {
  const fake = show();
  await screen.findByText(/Your balance/);
  choose(/Video/);
  expect(
    screen.getByText(/Each minute costs \$5.99.*The clock starts when you both see and hear each other/),
  ).toBeTruthy();
  expect(screen.getByText(/lasts 1 minute\./)).toBeTruthy();
  fake.socket.answers["consultation.request"] = () => ({ consultation: sampleConsultation({ status: "requested" }) });
  fireEvent.click(screen.getByRole("button", { name: "Start video · $5.99 a minute" }));
  await waitFor(() => expect(location.pathname).toBe(`/room/${sampleConsultation().id}`));
  expect(fake.socket.sent.at(-1)).toMatchObject({ name: "consultation.request", payload: { type: "video" } });
});

test("what the reader does not offer cannot be chosen, and without chat the next offer stands first", async () => {
  show({ rates: { chat: null } });
  expect(screen.getByRole("radio", { name: /Call.*not offered/ })).toHaveProperty("disabled", true);
  expect(await screen.findByRole("button", { name: /Start video/ })).toBeTruthy();
});

test("a browser that cannot hold calls is told before it costs anything, and may chat", async () => {
  show({ mediaSupport: "insecure_page" });
  await screen.findByText(/Your balance/);
  choose(/Video/);
  expect(screen.getByText(/opened without https/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Start/ })).toBeNull();
  choose(/Chat/);
  expect(screen.getByRole("button", { name: /Start chat/ })).toBeTruthy();
});

test("a balance that is too low for the chosen way leads to the wallet", async () => {
  show({ balanceMinor: 400 });
  expect(await screen.findByRole("button", { name: /Start chat/ })).toBeTruthy();
  choose(/Video/);
  expect((await screen.findByRole("link", { name: "Add money" })).getAttribute("href")).toContain("/wallet");
  expect(screen.queryByRole("button", { name: /Start video/ })).toBeNull();
});

test("one request is sent however often the button is pressed", async () => {
  const fake = show();
  const asked = vi.fn(() => ({ consultation: sampleConsultation({ status: "requested" }) }));
  fake.socket.answers["consultation.request"] = asked;
  await screen.findByText(/Your balance/);
  const button = screen.getByRole("button", { name: /Start chat/ });
  fireEvent.click(button);
  fireEvent.click(button);
  await waitFor(() => expect(location.pathname).toBe(`/room/${sampleConsultation().id}`));
  expect(asked).toHaveBeenCalledTimes(1);
});

test("a busy reader is waited for in line, and the place is said where the button was", async () => {
  const fake = show({ status: "busy", waiting: 2 });
  fake.socket.answers["queue.join"] = () => ({ entry: sampleQueueEntry({ position: 3, waiting_count: 3 }) });
  expect(await screen.findByText(/kept for you for 2 minutes. Waiting costs nothing/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Wait in line (2 before you)" }));
  expect(await screen.findByText("You are number 3 in line for Mara.")).toBeTruthy();
  choose(/Video/);
  fake.socket.answers["queue.join"] = () => ({ entry: sampleQueueEntry({ position: 3, type: "video" }) });
  fireEvent.click(screen.getByRole("button", { name: "Wait for a video instead" }));
  expect(await screen.findByText("You wait for a video consultation.")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Leave the line" }));
  expect(await screen.findByRole("button", { name: "Wait in line (2 before you)" })).toBeTruthy();
});
