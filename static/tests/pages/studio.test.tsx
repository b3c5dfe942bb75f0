import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sampleLivestream } from "../support/fake_publishing";
import { problemAnswer } from "../support/fake_services";
import { sampleConsultation } from "../support/samples";
import { ANNOUNCED, openStudio, press, type StudioOptions } from "../support/studio_page";

type Opened = Awaited<ReturnType<typeof openStudio>>;
let opened: Opened;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
});

afterEach(() => {
  cleanup();
  opened?.stop();
  vi.unstubAllGlobals();
});

const open = async (options: StudioOptions = {}) => {
  opened = await openStudio(options);
  return opened;
};

const titleField = async () => (await screen.findByLabelText("Title")) as HTMLInputElement;
const firstPost = () => (posts()[0]?.[1] ?? {}) as Record<string, unknown>;
const posts = () => opened.calls.filter(({ method }) => method === "POST").map(({ path, body }) => [path, body]);

async function goLive(options: StudioOptions = {}) {
  const now = await open(options);
  await press("Go live");
  await waitFor(() => expect(now.publishers).toHaveLength(1));
  return now;
}

const LIVE = sampleLivestream({ title: "Live with Mara", viewer_count: 3, peak: 5, gifts_minor: 1_500 });

describe("getting ready", () => {
  test("shows the picture at once, and one press goes live with a title that was there already", async () => {
    await open();
    expect((await titleField()).value).toBe("Live with Mara");
    await press("Go live");
    expect(opened.devices.open).toHaveBeenCalledWith({ camera: true, microphone: true });
    expect(posts()).toEqual([
      [
        "/livestreams",
        {
          title: "Live with Mara",
          description: "",
          category: "general",
          scheduled_at: null,
          is_recorded: false,
          gift_goal: null,
        },
      ],
    ]);
    await waitFor(() => expect(opened.publishers).toHaveLength(1));
    expect(opened.publisher().start).toHaveBeenCalled();
    await screen.findByText("Going live…");
    await act(async () => opened.publisher().goLive(LIVE));
    expect(screen.getByLabelText("What viewers see").textContent).toContain("Live 0:35");
    await waitFor(() => expect(screen.getByLabelText("Your livestream in figures").textContent).toContain("$10.50"));
  });

  test("takes up the last one's title and category", async () => {
    const last = sampleLivestream({ status: "ended", title: "Evening cards", category: "Tarot" });
    await open({ past: [last] });
    expect((await titleField()).value).toBe("Evening cards");
    expect((screen.getByLabelText("Category") as HTMLSelectElement).value).toBe("Tarot");
  });

  test("that the last one's choice will have it recorded is said beside the button", async () => {
    await open({ past: [sampleLivestream({ status: "ended", is_recorded: true })] });
    await screen.findByText("It will be recorded. Viewers are told so.");
    fireEvent.click(screen.getByRole("checkbox", { name: /Record it/ }));
    await waitFor(() => expect(screen.queryByText(/It will be recorded/)).toBeNull());
  });

  test("a title that is missing and a goal that is half are said, and nothing is sent", async () => {
    await open();
    fireEvent.input(await titleField(), { target: { value: " " } });
    fireEvent.input(screen.getByLabelText("What for"), { target: { value: "A deck" } });
    await press("Go live");
    expect(screen.getByText("Give it a title.")).toBeTruthy();
    expect(screen.getByText("A goal needs both: what it is for, and an amount.")).toBeTruthy();
    fireEvent.input(screen.getByLabelText("Amount in USD"), { target: { value: "many" } });
    expect(await screen.findByText("Write an amount such as 50.00.")).toBeTruthy();
    expect(posts()).toEqual([]);
    fireEvent.input(await titleField(), { target: { value: "Cards" } });
    fireEvent.input(screen.getByLabelText("Amount in USD"), { target: { value: "50" } });
    await press("Go live");
    expect(firstPost().gift_goal).toEqual({ title: "A deck", goal_minor: 5_000 });
  });

  test("what was typed is there again after a reload", async () => {
    await open();
    fireEvent.input(await titleField(), { target: { value: "Half a title" } });
    cleanup();
    opened.stop();
    await open();
    expect((await titleField()).value).toBe("Half a title");
  });

  test("without camera and microphone there is nothing to go live with, and it is said why", async () => {
    await open({ problems: { camera: "permission_denied", microphone: "permission_denied" } });
    expect((await screen.findAllByText(/does not let this site use/)).length).toBeGreaterThan(0);
    expect(((await screen.findByRole("button", { name: "Go live" })) as HTMLButtonElement).disabled).toBe(true);
  });

  test("without a camera viewers hear, and it goes live all the same", async () => {
    await goLive({ problems: { camera: "no_device" } });
    expect(opened.publishers).toHaveLength(1);
  });

  test("in a consultation and unverified it is refused plainly, and no camera is opened", async () => {
    await open({ isVerified: false });
    await screen.findByText("You can go live once the site has verified you.");
    expect(opened.devices.open).not.toHaveBeenCalled();
    cleanup();
    opened.stop();
    await open();
    await act(async () => opened.services.liveConsultation.hear(sampleConsultation()));
    await screen.findByText(/You are in a consultation with Ana/);
    expect(screen.queryByRole("button", { name: "Go live" })).toBeNull();
  });

  test("what the server refuses is said, and the next press begins the one that was made", async () => {
    await goLive();
    const publisher = opened.publisher();
    await act(async () => {
      publisher.refusal.value = "full";
      publisher.stage.value = "failed";
    });
    await screen.findByText(/as many livestreams as it can/);
    await press("Try again");
    expect(publisher.start).toHaveBeenCalledTimes(2);
    await act(async () => {
      publisher.stage.value = "failed";
    });
    await press("Back");
    await press("Go live");
    await waitFor(() => expect(opened.publishers).toHaveLength(2));
    expect(posts()).toHaveLength(1);
  });

  test("leaving closes the camera, going live does not", async () => {
    await open();
    await waitFor(() => expect(opened.devices.camera.value).not.toBeNull());
    cleanup();
    expect(opened.devices.close).toHaveBeenCalled();
    opened.stop();
    await goLive();
    expect(opened.devices.close).not.toHaveBeenCalled();
  });
});

describe("being live", () => {
  test("ends after a question, and the summary says what it was", async () => {
    await goLive();
    await act(async () => opened.publisher().goLive(LIVE));
    const over = sampleLivestream({
      ...LIVE,
      status: "ended",
      end_reason: "reader_ended",
      ended_at: "2026-01-01T10:12:40Z",
      version: 9,
      media_id: null,
      recording: { state: "stored", is_published: false, seconds: 700 },
    });
    opened.socket.answers["livestream.end"] = () => ({ livestream: over });
    await press("End");
    await press("Stay live");
    expect(opened.sent("livestream.end")).toEqual([]);
    await press("End");
    await press("End for everybody");
    await screen.findByRole("heading", { name: "Your livestream has ended" });
    expect(screen.getByText("12:40")).toBeTruthy();
    expect(screen.getByText(/Private: only you can watch it/)).toBeTruthy();
    opened.devices.open.mockClear();
    await press("Done");
    expect(await screen.findByText("Past livestreams")).toBeTruthy();
    // The camera is off, as it should be after an end, until somebody wants to be seen again.
    expect(opened.devices.open).not.toHaveBeenCalled();
    await press("Use my camera and microphone");
    await waitFor(() => expect(opened.devices.camera.value).not.toBeNull());
  });

  test("who was lost sees that it comes back by itself", async () => {
    await goLive();
    await act(async () => opened.publisher().goLive(LIVE));
    const lost = { ...LIVE, is_paused: true, pause_reason: "connection" as const, version: 3 };
    await act(async () => {
      opened.publisher().stage.value = "reconnecting";
      opened.services.ownLivestream.hear({ ...lost, pause_until_at: "2026-01-01T10:01:30Z" });
    });
    expect(screen.getByText(/Connecting again by itself/)).toBeTruthy();
    expect(screen.getByText(/wait for you for another 0:55/)).toBeTruthy();
  });

  test("takes who waits now: it pauses, says for how long, and goes back live", async () => {
    const place = {
      id: "place-1",
      position: 1,
      client: { id: "client-1", display_name: "Ana", avatar_url: null, is_demonstration: false },
      type: "chat",
      state: "waiting",
      consultation_id: null,
      skip_reason: null,
      joined_at: "2026-01-01T09:59:00Z",
      reserved_until_at: null,
    };
    await goLive({ answer: ({ path }) => (path === "/me/reader/queue" ? { items: [place], at: "" } : undefined) });
    await act(async () => opened.publisher().goLive(LIVE));
    const paused = { ...LIVE, is_paused: true, pause_reason: "private" as const, media_id: null, version: 3 };
    opened.socket.answers["livestream.pause"] = () => ({
      livestream: { ...paused, pause_until_at: "2026-01-01T11:00:00Z" },
    });
    await press("Requests (1)");
    expect(screen.getByText(/After the livestream the first one/)).toBeTruthy();
    await press("Take now (pauses the livestream)");
    expect(screen.getByRole("dialog").textContent).toContain("your 3 viewers");
    await press("Pause and take now");
    await screen.findByText("Your livestream is paused");
    expect(screen.getByText("It ends by itself in 59:25.")).toBeTruthy();
    expect(screen.queryByText(/After the livestream the first one/)).toBeNull();
    expect(opened.devices.close).toHaveBeenCalled();
    await press("Go back live");
    await waitFor(() => expect(opened.publishers).toHaveLength(2));
    expect(opened.publisher().start).toHaveBeenCalledWith({ isGoingOn: true });
  });

  test("slow mode and followers-only are set at once", async () => {
    await goLive();
    await act(async () => opened.publisher().goLive(LIVE));
    opened.socket.answers["livestream.set_chat"] = (change: object) => ({
      livestream: { ...LIVE, ...change, version: 3 },
    });
    await press("Order");
    fireEvent.change(screen.getByLabelText("Slow mode"), { target: { value: "30" } });
    await waitFor(() => expect((screen.getByLabelText("Slow mode") as HTMLSelectElement).value).toBe("30"));
    expect(opened.sent("livestream.set_chat")).toEqual([{ livestream_id: LIVE.id, slow_mode_seconds: 30 }]);
  });

  test("what is said of it, and its goal, can be changed; whether it is recorded cannot", async () => {
    const patched: unknown[] = [];
    await goLive({
      answer: ({ method, path, body }) => {
        if (method !== "PATCH") return undefined;
        patched.push([path, body]);
        const gift_goal = { title: "A deck", goal_minor: 5_000, reached_minor: 1_500 };
        return { ...LIVE, title: "Cards", gift_goal, version: 3 };
      },
    });
    await act(async () => opened.publisher().goLive(LIVE));
    await press("Change");
    const dialog = within(screen.getByRole("dialog"));
    expect(dialog.queryByLabelText(/Record it/)).toBeNull();
    fireEvent.input(dialog.getByLabelText("Title"), { target: { value: "Cards" } });
    fireEvent.input(dialog.getByLabelText("What for"), { target: { value: "A deck" } });
    fireEvent.input(dialog.getByLabelText("Amount in USD"), { target: { value: "50" } });
    await press("Save");
    const said = { title: "Cards", description: "", category: "general" };
    expect(patched).toEqual([
      ["/livestreams/livestream-1", { ...said, gift_goal: { title: "A deck", goal_minor: 5_000 } }],
    ]);
    await screen.findByRole("heading", { name: "Cards" });
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("1500");
  });

  test("while the private consultation goes on, the way back is to its room", async () => {
    const paused = sampleLivestream({ ...LIVE, is_paused: true, pause_reason: "private", media_id: null });
    await open({ live: paused });
    await screen.findByRole("button", { name: "Go back live" });
    await act(async () => opened.services.liveConsultation.hear(sampleConsultation()));
    expect(screen.queryByRole("button", { name: "Go back live" })).toBeNull();
    expect(screen.getByRole("link", { name: "Return to the room" })).toBeTruthy();
  });

  test("a camera that is unplugged is said, with what to do", async () => {
    await goLive();
    await act(async () => opened.publisher().goLive(LIVE));
    await act(async () => {
      opened.devices.cameraProblem.value = "device_lost";
    });
    expect(screen.getByText("Your camera was disconnected.")).toBeTruthy();
  });

  test("from another device: nothing is sent until somebody presses", async () => {
    await open({ live: LIVE });
    await screen.findByText("You are live: go on");
    expect(opened.publishers).toEqual([]);
    await press("Go on here");
    await waitFor(() => expect(opened.publisher().start).toHaveBeenCalledWith({ isGoingOn: true }));
  });

  test("after a reload of the tab that published it goes on by itself, as the same page", async () => {
    const kept = { id: LIVE.id, camera: true, microphone: false, publishingId: "publishing-7" };
    sessionStorage.setItem("soulseer.published", JSON.stringify(kept));
    await open({ live: LIVE });
    await waitFor(() => expect(opened.publishers).toHaveLength(1));
    expect(opened.publisher().start).toHaveBeenCalledWith({ isGoingOn: true, resumedId: "publishing-7" });
    expect(opened.publisher().outgoing.setMicrophone).toHaveBeenCalledWith(false);
  });

  test("after a reload where the browser would ask, it waits for a press", async () => {
    sessionStorage.setItem("soulseer.published", JSON.stringify({ id: LIVE.id, camera: true, microphone: true }));
    await open({ live: LIVE, permission: "prompt" });
    await screen.findByText("You are live: go on");
    expect(opened.publishers).toEqual([]);
  });

  test("who was taken over is told, and may take it back", async () => {
    await goLive();
    await act(async () => opened.publisher().goLive(LIVE));
    await act(async () =>
      opened.socket.receive("livestream.taken_over", {
        livestream_id: LIVE.id,
        publishing_id: "publishing-2",
        at: "2026-01-01T10:00:36Z",
      }),
    );
    expect(opened.publisher().hearTakeover).toHaveBeenCalledWith("publishing-2");
    await act(async () => opened.publisher().rest("taken_over"));
    await screen.findByText("You are live on another device");
    await press("Go on here");
    await waitFor(() => expect(opened.publishers).toHaveLength(2));
  });
});

describe("other pages", () => {
  test("say that one is live, with the way back; and ask before the page is closed", async () => {
    await open({ live: LIVE, path: "/elsewhere" });
    expect(screen.getByRole("status").textContent).toContain("Your livestream “Live with Mara” goes on.");
    expect(window.dispatchEvent(new Event("beforeunload", { cancelable: true }))).toBe(true);
    await act(async () => opened.services.ownLivestream.goOn());
    await act(async () => opened.publisher().goLive(LIVE));
    expect(screen.getByRole("status").textContent).toContain("You are live: Live with Mara3 viewers");
    expect(window.dispatchEvent(new Event("beforeunload", { cancelable: true }))).toBe(false);
  });

  test("say for how long a pause may still be, and go back live", async () => {
    const paused = sampleLivestream({
      ...LIVE,
      is_paused: true,
      pause_reason: "private",
      pause_until_at: "2026-01-01T10:41:00Z",
    });
    await open({ live: paused, path: "/elsewhere" });
    expect(screen.getByRole("status").textContent).toContain("paused for up to 41 minutes more");
    await press("Go back live");
    await waitFor(() => expect(opened.publishers).toHaveLength(1));
  });
});

describe("announcing", () => {
  test("a time that is past is refused, a coming one is sent as the moment it is", async () => {
    await open();
    await press("Schedule one");
    const dialog = within(screen.getByRole("dialog"));
    const when = dialog.getByLabelText("Day and time") as HTMLInputElement;
    expect(when.value).not.toBe("");
    fireEvent.input(when, { target: { value: "2025-12-31T20:00" } });
    await press("Announce");
    expect(dialog.getByText("Choose a day and time that is still to come.")).toBeTruthy();
    fireEvent.input(when, { target: { value: "2026-02-01T20:00" } });
    await press("Announce");
    expect(firstPost().scheduled_at).toBe(new Date("2026-02-01T20:00").toISOString());
  });

  test("an announced one is begun as it is, with its own title", async () => {
    const patched: unknown[] = [];
    await open({
      coming: [ANNOUNCED],
      path: "/studio?livestream=announced-1",
      answer: ({ method, path, body }) => {
        if (method !== "PATCH" || path !== "/livestreams/announced-1") return undefined;
        patched.push(body);
        return { ...ANNOUNCED, ...(body as object) };
      },
    });
    expect((await titleField()).value).toBe("Full moon");
    await press("Go live");
    await waitFor(() => expect(opened.publishers).toHaveLength(1));
    expect(opened.publisher().environment.livestreamId).toBe("announced-1");
    expect(patched).toHaveLength(1);
    expect(patched[0]).not.toHaveProperty("scheduled_at");
    expect(posts()).toEqual([]);
  });

  test("a refusal of the server is said beside what it is about", async () => {
    const fields = [{ path: "title", message: "is too long" }];
    await open({
      answer: ({ method, path }) =>
        method === "POST" && path === "/livestreams" ? problemAnswer(422, "request.invalid", { fields }) : undefined,
    });
    await titleField();
    await press("Go live");
    expect(await screen.findByText("is too long")).toBeTruthy();
    expect(opened.publishers).toEqual([]);
  });
});
