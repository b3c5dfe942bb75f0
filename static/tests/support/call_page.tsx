/** The room's page around a call that a test drives by hand: one person's browser, the other side only as events. */
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider, Route, Router } from "preact-iso";
import { expect, vi } from "vitest";
import type { DeviceProblem } from "../../src/media/types";
import NotFoundPage from "../../src/pages/not_found";
import RoomPage from "../../src/pages/room";
import type { Consultation, User } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeDevices, fakeMedia } from "./fake_calls";
import { fakeServices, sampleUser } from "./fake_services";
import { CONSULTATION_ID, READER_ID, sampleConsultation } from "./samples";

const RATES = {
  chat: { rate_per_minute_minor: 399 },
  call: { rate_per_minute_minor: 499 },
  video: { rate_per_minute_minor: 599 },
};
/** Both are in the room; nobody has joined with sound or picture yet. */
export const ENTERED: Partial<Consultation> = {
  type: "video",
  mode: "video",
  rates: RATES,
  rate_per_minute_minor: 599,
  started_at: null,
  paid_until_at: null,
  billed_increments: 0,
  total_cost_minor: 0,
  join_until_at: "2026-01-01T10:02:35Z",
};
export const RUNNING: Partial<Consultation> = {
  started_at: "2026-01-01T10:00:10Z",
  paid_until_at: "2026-01-01T10:01:10Z",
  billed_increments: 1,
  total_cost_minor: 599,
  client_media: "connected",
  reader_media: "connected",
};
export const reader: User = { ...sampleUser, id: READER_ID, display_name: "Mara", role: "reader" };

/** What the server has; a test puts its own in before the page is opened. */
export const world = { consultation: sampleConsultation(), messages: [] as unknown[], stops: [] as (() => void)[] };

export interface Options {
  user?: User;
  permission?: PermissionState;
  problems?: { camera?: DeviceProblem; microphone?: DeviceProblem };
}

export async function openRoom({ user = sampleUser, permission = "granted", problems = {} }: Options = {}) {
  vi.stubGlobal("navigator", {
    ...navigator,
    language: "en-US",
    permissions: { query: async () => ({ state: permission }) },
  });
  const devices = fakeDevices(problems);
  const { media, calls } = fakeMedia(devices);
  const answer = (call: { path: string }) => {
    if (call.path.startsWith(`/consultations/${CONSULTATION_ID}/messages`))
      return { items: world.messages, next_cursor: null };
    if (call.path === `/consultations/${CONSULTATION_ID}`) return world.consultation;
    if (call.path === "/wallet") return { balance_minor: 5_000, held_minor: 0, currency: "USD" };
    return undefined;
  };
  const fake = fakeServices(answer, user, async () => media);
  const relays = {
    ice_servers: [{ urls: ["stun:relay.example.com"] }],
    ice_servers_expire_at: null,
    ice_transport_policy: "relay",
  };
  fake.socket.answers["consultation.join"] = () => ({
    consultation: world.consultation,
    messages: world.messages,
    ...relays,
  });
  fake.socket.answers["consultation.set_mode"] = ({ mode }: { mode: Consultation["mode"] }) => {
    const rate = RATES[mode].rate_per_minute_minor;
    world.consultation = {
      ...world.consultation,
      mode,
      rate_per_minute_minor: rate,
      version: world.consultation.version + 1,
    };
    return { consultation: world.consultation };
  };
  world.stops.push(fake.services.ownCall.start());
  history.replaceState(null, "", `/room/${CONSULTATION_ID}`);
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <Router>
          <Route path="/room/:id" component={RoomPage} />
          <Route default component={NotFoundPage} />
        </Router>
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  await screen.findByRole("heading", { level: 1 });
  const sent = (name: string) =>
    fake.socket.sent.filter((command) => command.name === name).map(({ payload }) => payload);
  return { ...fake, devices, calls, sent };
}

export type Opened = Awaited<ReturnType<typeof openRoom>>;

export async function joined(options: Options = {}) {
  const opened = await openRoom(options);
  await press("Join");
  await waitFor(() => expect(opened.calls).toHaveLength(1));
  const call = opened.calls[0] as (typeof opened.calls)[number];
  await screen.findByRole("button", { name: /Mute/i });
  await act(async () => undefined);
  return { ...opened, call };
}

export function change(
  opened: Opened,
  part: Partial<Consultation>,
  name: "changed" | "accepted" | "ended" = "changed",
) {
  world.consultation = { ...world.consultation, ...part, version: world.consultation.version + 1 };
  const { consultation } = world;
  const { version } = consultation;
  return act(() =>
    opened.socket.receive(`consultation.${name}`, {
      consultation_id: CONSULTATION_ID,
      version,
      at: "2026-01-01T10:00:35Z",
      consultation,
    }),
  );
}

export async function press(name: string | RegExp) {
  const button = await screen.findByRole("button", { name });
  await act(async () => {
    fireEvent.click(button);
  });
}

/** A phone, where the chat is closed at first. */
export function beginTest(): void {
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal("MediaStream", class {});
  const narrow = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("matchMedia", () => narrow);
  // The test's streams are no real ones, and nothing is ever played.
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", { configurable: true, writable: true, value: null });
  world.messages = [];
  world.consultation = sampleConsultation(ENTERED);
}

export function endTest(): void {
  cleanup();
  for (const stop of world.stops.splice(0)) stop();
  vi.unstubAllGlobals();
}
