/** The studio's page of a reader whose publisher a test drives by hand. */
import { signal } from "@preact/signals";
import { act, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider, Route, Router } from "preact-iso";
import { vi } from "vitest";
import { OwnLivestreamBar } from "../../src/components/studio/livestream_bar";
import type { Livestream } from "../../src/livestreams/protocol";
import type { PublishingEnvironment, PublishingStage } from "../../src/livestreams/publishing";
import type { Refusal } from "../../src/livestreams/refusals";
import { UNKNOWN_SENT } from "../../src/livestreams/sent_quality";
import type { DeviceProblem } from "../../src/media/types";
import StudioPage from "../../src/pages/studio";
import type { User } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeDevices, fakeMedia } from "./fake_calls";
import { sampleLivestream } from "./fake_publishing";
import { fakeServices, type HttpCall, sampleUser } from "./fake_services";
import { READER_ID } from "./samples";

export const mara: User = { ...sampleUser, id: READER_ID, display_name: "Mara", role: "reader" };
export const ANNOUNCED = sampleLivestream({
  id: "announced-1",
  title: "Full moon",
  status: "scheduled",
  scheduled_at: "2026-01-02T20:00:00Z",
  started_at: null,
  media_id: null,
});

/** Made, and not begun yet. */
const SCHEDULED = { status: "scheduled", version: 1, gift_goal: null, started_at: null, media_id: null } as const;

export function fakePublisher(environment: Omit<PublishingEnvironment, "browser" | "makeCard">) {
  const stage = signal<PublishingStage>("idle");
  const publisher = {
    environment,
    stage,
    refusal: signal<Refusal | null>(null),
    quality: signal(UNKNOWN_SENT),
    canShareScreen: true,
    outgoing: {
      video: environment.devices.camera,
      isMicrophoneOn: signal(true),
      isCameraOn: signal(true),
      isSharingScreen: signal(false),
      setMicrophone: vi.fn(),
      setCamera: vi.fn(async () => undefined),
      shareScreen: vi.fn(async () => undefined),
    },
    start: vi.fn((_more?: object) => {
      stage.value = "starting";
    }),
    follow: vi.fn((livestream: Livestream) => {
      if (livestream.status === "ended") stage.value = "ended";
      if (livestream.pause_reason === "private") stage.value = "paused";
    }),
    hearTakeover: vi.fn(),
    rest: vi.fn((next: PublishingStage) => {
      stage.value = next;
    }),
    close: vi.fn(),
    /** The server took it and packets flow. */
    goLive: (livestream: Livestream) => {
      environment.onPublishing("publishing-1");
      environment.onSnapshot(livestream);
      stage.value = "live";
    },
  };
  return publisher;
}

type FakePublisher = ReturnType<typeof fakePublisher>;

export interface StudioOptions {
  user?: User;
  live?: Livestream | null;
  coming?: Livestream[];
  past?: Livestream[];
  isVerified?: boolean;
  problems?: { camera?: DeviceProblem; microphone?: DeviceProblem };
  permission?: PermissionState;
  path?: string;
  answer?: (call: HttpCall) => unknown;
}

export async function openStudio(options: StudioOptions = {}) {
  const { user = mara, live = null, coming = [], past = [], isVerified = true, path = "/studio" } = options;
  vi.stubGlobal("MediaStream", class {});
  vi.stubGlobal("navigator", {
    ...navigator,
    language: "en-US",
    permissions: { query: async () => ({ state: options.permission ?? "granted" }) },
  });
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", { configurable: true, writable: true, value: null });
  const devices = fakeDevices(options.problems);
  const { media } = fakeMedia(devices);
  const publishers: FakePublisher[] = [];
  const desk = { is_verified: isVerified, status: "online" };
  const answer = (call: HttpCall) => {
    const own = options.answer?.(call);
    if (own !== undefined) return own;
    const lists = { live: live === null ? [] : [live], scheduled: coming, ended: past };
    const status = /[?&]status=(\w+)/.exec(call.path)?.[1] as keyof typeof lists | undefined;
    if (call.path.startsWith("/livestreams?") && status !== undefined)
      return { items: lists[status], next_cursor: null };
    if (call.path === "/livestreams" && call.method === "POST") {
      return sampleLivestream({ ...(call.body as object), ...SCHEDULED });
    }
    if (call.path === "/livestreams/livestream-1" && call.method === "PATCH") return sampleLivestream(SCHEDULED);
    if (call.path.endsWith("/earnings")) return { earned_minor: 1_050, currency: "USD" };
    if (call.path === "/me/desk") return desk;
    if (call.path === "/me/reader") return { specialties: ["Tarot"] };
    if (call.path === "/me/reader/queue") return { items: [], at: "2026-01-01T10:00:00Z" };
    return undefined;
  };
  const fake = fakeServices(
    answer,
    user,
    async () => media,
    async () => (environment) => {
      const publisher = fakePublisher(environment);
      publishers.push(publisher);
      return publisher as never;
    },
  );
  const stop = fake.services.ownLivestream.start();
  await fake.services.ownLivestream.reload();
  history.replaceState(null, "", path);
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <OwnLivestreamBar />
        <Router>
          <Route path="/studio" component={StudioPage} />
          <Route default component={() => <p>another page</p>} />
        </Router>
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  await act(async () => undefined);
  const sent = (name: string) =>
    fake.socket.sent.filter((command) => command.name === name).map(({ payload }) => payload);
  return { ...fake, devices, publishers, publisher: () => publishers.at(-1) as FakePublisher, sent, stop };
}

export async function press(name: string | RegExp) {
  const button = await waitFor(() => {
    const found = screen.getByRole<HTMLButtonElement>("button", { name });
    if (found.disabled) throw new Error(`${name} cannot be pressed.`);
    return found;
  });
  await act(async () => {
    fireEvent.click(button);
  });
}
