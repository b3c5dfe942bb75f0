import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider, Route, Router } from "preact-iso";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DeviceProblem } from "../../src/media/types";
import NotFoundPage from "../../src/pages/not_found";
import RoomPage from "../../src/pages/room";
import type { Consultation, User } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeDevices, fakeMedia } from "../support/fake_calls";
import { fakeServices, sampleUser } from "../support/fake_services";
import { CONSULTATION_ID, READER_ID, sampleConsultation, sampleMessage } from "../support/samples";

const RATES = {
  chat: { rate_per_minute_minor: 399 },
  call: { rate_per_minute_minor: 499 },
  video: { rate_per_minute_minor: 599 },
};
/** Both are in the room; nobody has joined with sound or picture yet. */
const ENTERED: Partial<Consultation> = {
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
const RUNNING: Partial<Consultation> = {
  started_at: "2026-01-01T10:00:10Z",
  paid_until_at: "2026-01-01T10:01:10Z",
  billed_increments: 1,
  total_cost_minor: 599,
  client_media: "connected",
  reader_media: "connected",
};
const reader: User = { ...sampleUser, id: READER_ID, display_name: "Mara", role: "reader" };

let consultation: Consultation;
let messages: unknown[];
let stops: (() => void)[] = [];

interface Options {
  user?: User;
  permission?: PermissionState;
  problems?: { camera?: DeviceProblem; microphone?: DeviceProblem };
}

async function openRoom({ user = sampleUser, permission = "granted", problems = {} }: Options = {}) {
  vi.stubGlobal("navigator", {
    ...navigator,
    language: "en-US",
    permissions: { query: async () => ({ state: permission }) },
  });
  const devices = fakeDevices(problems);
  const { media, calls } = fakeMedia(devices);
  const answer = (call: { path: string }) => {
    if (call.path.startsWith(`/consultations/${CONSULTATION_ID}/messages`))
      return { items: messages, next_cursor: null };
    if (call.path === `/consultations/${CONSULTATION_ID}`) return consultation;
    if (call.path === "/wallet") return { balance_minor: 5_000, held_minor: 0, currency: "USD" };
    return undefined;
  };
  const fake = fakeServices(answer, user, async () => media);
  const relays = {
    ice_servers: [{ urls: ["stun:relay.example.com"] }],
    ice_servers_expire_at: null,
    ice_transport_policy: "relay",
  };
  fake.socket.answers["consultation.join"] = () => ({ consultation, messages, ...relays });
  fake.socket.answers["consultation.set_mode"] = ({ mode }: { mode: Consultation["mode"] }) => {
    const rate = RATES[mode].rate_per_minute_minor;
    consultation = { ...consultation, mode, rate_per_minute_minor: rate, version: consultation.version + 1 };
    return { consultation };
  };
  stops.push(fake.services.ownCall.start());
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

type Opened = Awaited<ReturnType<typeof openRoom>>;

async function joined(options: Options = {}) {
  const opened = await openRoom(options);
  await press("Join");
  await waitFor(() => expect(opened.calls).toHaveLength(1));
  const call = opened.calls[0] as (typeof opened.calls)[number];
  await screen.findByRole("button", { name: /Mute/i });
  await act(async () => undefined);
  return { ...opened, call };
}

function change(opened: Opened, part: Partial<Consultation>, name: "changed" | "accepted" | "ended" = "changed") {
  consultation = { ...consultation, ...part, version: consultation.version + 1 };
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

async function press(name: string | RegExp) {
  const button = await screen.findByRole("button", { name });
  await act(async () => {
    fireEvent.click(button);
  });
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal("MediaStream", class {});
  // A phone, where the chat is closed at first.
  const narrow = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("matchMedia", () => narrow);
  // The test's streams are no real ones, and nothing is ever played.
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", { configurable: true, writable: true, value: null });
  messages = [];
  consultation = sampleConsultation(ENTERED);
});
afterEach(() => {
  cleanup();
  for (const stop of stops.splice(0)) stop();
  vi.unstubAllGlobals();
});

describe("the way into a call", () => {
  test("says that the browser will ask before anything is asked", async () => {
    const { devices, calls } = await openRoom({ permission: "prompt" });
    expect(await screen.findByText(/Your browser will ask.*Nobody sees or hears you before you join/)).toBeTruthy();
    expect(devices.open).not.toHaveBeenCalled();
    await press("Use my camera and microphone");
    expect(devices.open).toHaveBeenCalledWith({ camera: true, microphone: true });
    expect(await screen.findByLabelText("Your picture, as in a mirror")).toBeTruthy();
    expect(calls).toHaveLength(0);
    await press("Join");
    await waitFor(() => expect(calls).toHaveLength(1));
  });

  test("opens the call once, politely for the client, with the relays that the server named", async () => {
    const { call } = await joined();
    expect(call.environment).toMatchObject({ consultationId: CONSULTATION_ID, isPolite: true, mode: "video" });
    expect(await call.environment.iceServers()).toEqual([{ urls: ["stun:relay.example.com"] }]);
    expect(call.environment.iceTransportPolicy()).toBe("relay");
  });

  test("a denied microphone is said with what to do, and a chat or listening is offered instead", async () => {
    const { devices, sent } = await openRoom({ problems: { microphone: "permission_denied" } });
    expect(await screen.findByText(/does not let this site use your microphone/)).toBeTruthy();
    expect(screen.getByText(/icon beside the address/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Join" })).toBeNull();
    await press("Try again");
    expect(devices.open).toHaveBeenCalledTimes(2);
    await press(/Go on by chat · \$3.99/);
    expect(sent("consultation.set_mode")).toEqual([{ consultation_id: CONSULTATION_ID, mode: "chat" }]);
    expect(await screen.findByText("You go on by chat, at $3.99 a minute.")).toBeTruthy();
  });

  test("without a microphone one may listen", async () => {
    const { calls } = await openRoom({ problems: { microphone: "no_device" } });
    await press("Join without microphone: listen and write");
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(calls[0]?.setMicrophone).toHaveBeenCalledWith(false);
  });

  test("a busy camera does not keep anybody out", async () => {
    const { calls } = await openRoom({ problems: { camera: "device_busy" } });
    expect(await screen.findByText(/Another program or tab is using your camera/)).toBeTruthy();
    await press("Join without camera");
    await waitFor(() => expect(calls).toHaveLength(1));
  });

  test("is one press less for whoever wants no check, where the browser allows the devices", async () => {
    localStorage.setItem("soulseer.joining", JSON.stringify({ camera: false, microphone: true, skipCheck: true }));
    const { calls, devices } = await openRoom();
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(devices.open).toHaveBeenCalledWith({ camera: false, microphone: true });
  });

  test("after a reload leads back at once, muted as before", async () => {
    const { services } = await joined();
    act(() => services.ownCall.setMicrophone(false));
    cleanup();
    // Another page: nothing of the old one lives on but what the tab keeps.
    stops = [];
    const { calls } = await openRoom({ permission: "prompt" });
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(calls[0]?.setMicrophone).toHaveBeenCalledWith(false);
  });

  test("can be gone while it rings; the call then opens with the answer", async () => {
    consultation = sampleConsultation({
      ...ENTERED,
      status: "requested",
      accepted_at: null,
      ring_until_at: "2026-01-01T10:01:05Z",
    });
    const opened = await openRoom();
    await press("Join when Mara answers");
    expect(screen.getByText(/You are ready. The call opens the moment Mara answers/)).toBeTruthy();
    expect(opened.calls).toHaveLength(0);
    await change(opened, { status: "in_progress", reader_present: true, client_present: false }, "accepted");
    await waitFor(() => expect(opened.calls).toHaveLength(1));
  });

  test("closes the devices when the request comes to nothing", async () => {
    consultation = sampleConsultation({ ...ENTERED, status: "requested", accepted_at: null });
    const opened = await openRoom();
    await screen.findByRole("button", { name: "Join when Mara answers" });
    await change(opened, { status: "cancelled", end_reason: "declined" }, "ended");
    await screen.findByText("The consultation did not take place");
    expect(opened.devices.microphone.value).toBeNull();
  });
});

describe("a call", () => {
  test("rests while the clock stands, and the page says why and that nothing is charged", async () => {
    const opened = await joined();
    expect(opened.call.setHeld).toHaveBeenLastCalledWith(true);
    await change(opened, RUNNING);
    expect(opened.call.setHeld).toHaveBeenLastCalledWith(false);
    act(() => {
      opened.call.stage.value = "connected";
    });
    await change(opened, { is_paused: true, pause_reason: "media", paid_until_at: null, reader_media: "lost" });
    expect(opened.call.setHeld).toHaveBeenLastCalledWith(true);
    expect(screen.getByText(/Paused: Mara's sound and picture are not connected. Nothing is charged/)).toBeTruthy();
    expect(screen.getByText("Sound and picture rest while the clock stands.")).toBeTruthy();
  });

  test("is muted by the button and by a key, but never by what somebody types", async () => {
    const { call } = await joined();
    fireEvent.keyDown(document.body, { key: "m" });
    expect(call.setMicrophone).toHaveBeenLastCalledWith(false);
    expect(await screen.findByText("Your microphone is off.")).toBeTruthy();
    await press("Unmute");
    expect(call.setMicrophone).toHaveBeenLastCalledWith(true);
    const calls = call.setMicrophone.mock.calls.length;
    await press("Chat");
    fireEvent.keyDown(await screen.findByLabelText("Write a message"), { key: "m" });
    fireEvent.keyDown(document.body, { key: "m", ctrlKey: true });
    expect(call.setMicrophone.mock.calls).toHaveLength(calls);
  });

  test("that could not be connected can be tried again, or goes on by chat", async () => {
    const { call, sent, devices } = await joined();
    act(() => {
      call.stage.value = "failed";
    });
    await press("Try again");
    expect(call.restart).toHaveBeenCalled();
    await press(/Go on by chat · \$3.99/);
    expect(sent("consultation.set_mode")).toHaveLength(1);
    expect(await screen.findByLabelText("Write a message")).toBeTruthy();
    expect(call.close).toHaveBeenCalled();
    expect(devices.microphone.value).toBeNull();
  });

  test("goes down by one press with the price said, and up only after the client saw the price", async () => {
    const opened = await joined();
    await change(opened, RUNNING);
    await press("More");
    expect(screen.getByRole("button", { name: /Go on by chat.*From the next minute \$3.99/ })).toBeTruthy();
    await press(/Go on with sound only.*From the next minute \$4.99/);
    expect(opened.call.setMode).toHaveBeenLastCalledWith("call");
    await press("More");
    await press(/Go on with picture.*From the next minute \$5.99/);
    expect(screen.getByText("It costs $5.99 a minute instead of $4.99, from the next minute on.")).toBeTruthy();
    expect(opened.sent("consultation.set_mode")).toHaveLength(1);
    await press("Go on at $5.99 a minute");
    expect(opened.sent("consultation.set_mode").at(-1)).toEqual({
      consultation_id: CONSULTATION_ID,
      mode: "video",
      agreed_rate_per_minute_minor: 599,
    });
    await waitFor(() => expect(opened.call.setMode).toHaveBeenLastCalledWith("video"));
  });

  test("a reader only suggests more, and the client is asked with the price", async () => {
    consultation = sampleConsultation({ ...ENTERED, ...RUNNING, mode: "chat", rate_per_minute_minor: 399 });
    const asReader = await openRoom({ user: reader });
    await press("Suggest a video");
    expect(asReader.sent("consultation.set_mode")).toEqual([{ consultation_id: CONSULTATION_ID, mode: "video" }]);
    cleanup();
    consultation = sampleConsultation({
      ...ENTERED,
      ...RUNNING,
      mode: "chat",
      rate_per_minute_minor: 399,
      proposed_mode: "video",
    });
    const asClient = await openRoom();
    expect(screen.getByText(/Mara suggests to go on with picture, at \$5.99 a minute/)).toBeTruthy();
    await press("Go on at $5.99 a minute");
    expect(asClient.sent("consultation.set_mode")).toEqual([
      { consultation_id: CONSULTATION_ID, mode: "video", agreed_rate_per_minute_minor: 599 },
    ]);
  });

  test("that runs on another device says so, and can be taken over", async () => {
    consultation = sampleConsultation({ ...ENTERED, ...RUNNING });
    const { calls, devices } = await openRoom();
    expect(screen.getByText("You are in this call on another device")).toBeTruthy();
    expect(devices.open).not.toHaveBeenCalled();
    await press("Take the call over here");
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(await screen.findByRole("button", { name: "Mute" })).toBeTruthy();
  });

  test("is let go of when the other side talks with another page of ours", async () => {
    const opened = await joined();
    await change(opened, RUNNING);
    await act(async () => {
      opened.call.stage.value = "closed";
    });
    expect(await screen.findByText("You are in this call on another device")).toBeTruthy();
    expect(opened.devices.microphone.value).toBeNull();
  });

  test("counts what was written while the chat is closed", async () => {
    const opened = await joined();
    messages = [sampleMessage(1)];
    const at = "2026-01-01T10:00:40Z";
    await act(() =>
      opened.socket.receive("message.sent", { consultation_id: CONSULTATION_ID, message: sampleMessage(1), at }),
    );
    await press("Chat, 1 unread");
    expect(screen.getByText("text 1")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Chat" })).toBeTruthy();
  });

  test("shows its safety words and how good the network is", async () => {
    const { call } = await joined();
    act(() => {
      call.stage.value = "connected";
      call.safetyWords.value = ["harbour", "velvet", "candle", "orbit"];
      call.quality.value = { ...call.quality.value, level: "poor", roundTripMs: 420, isRelayed: true };
    });
    expect(screen.getByText("Poor connection")).toBeTruthy();
    await press("More");
    expect(screen.getByText("There and back: 420 ms")).toBeTruthy();
    await press("Safety words");
    expect((await screen.findAllByRole("listitem")).map((word) => word.textContent)).toEqual(
      expect.arrayContaining(["harbour", "velvet", "candle", "orbit"]),
    );
    expect(screen.getByText(/same four words in the same order, nobody is in between/)).toBeTruthy();
  });

  test("asks before it ends", async () => {
    const { sent } = await joined();
    await press("End");
    expect(await screen.findByText("End this consultation?")).toBeTruthy();
    expect(sent("consultation.end")).toHaveLength(0);
  });
});
