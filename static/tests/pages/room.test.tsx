import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { LocationProvider, Route, Router } from "preact-iso";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import NotFoundPage from "../../src/pages/not_found";
import RoomPage from "../../src/pages/room";
import type { Consultation } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeServices } from "../support/fake_services";
import { CONSULTATION_ID, READER_ID, sampleConsultation } from "../support/samples";

let consultation: Consultation;
const messages: unknown[] = [];
let livestreamId: string | null = null;

async function openRoom() {
  const fake = fakeServices((call) => {
    if (call.path.startsWith(`/consultations/${CONSULTATION_ID}/messages`))
      return { items: messages, next_cursor: null };
    if (call.path === `/consultations/${CONSULTATION_ID}`) return consultation;
    if (call.path === `/readers/${READER_ID}`) return { livestream_id: livestreamId };
    if (call.path === "/wallet") return { balance_minor: 2_000, held_minor: 0, currency: "USD" };
    return undefined;
  });
  fake.socket.answers["consultation.join"] = () => ({ consultation, messages, ice_servers: [] });
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
  return fake;
}

function change(
  fake: Awaited<ReturnType<typeof openRoom>>,
  name: "paused" | "resumed" | "ended",
  part: Partial<Consultation>,
) {
  consultation = { ...consultation, ...part, version: consultation.version + 1 };
  return act(() =>
    fake.socket.receive(`consultation.${name}`, {
      consultation_id: CONSULTATION_ID,
      version: consultation.version,
      at: "2026-01-01T10:00:35Z",
      consultation,
    }),
  );
}

beforeEach(() => {
  localStorage.clear();
  messages.length = 0;
  livestreamId = null;
  consultation = sampleConsultation();
});
afterEach(cleanup);

describe("the room", () => {
  test("shows clock and spend from the server's times", async () => {
    await openRoom();
    expect(screen.getByRole("timer").textContent).toBe("0:25");
    expect(screen.getByText("$3.99")).toBeTruthy();
  });

  test("says who is away when the clock is paused, and that nothing is charged", async () => {
    const fake = await openRoom();
    await change(fake, "paused", {
      is_paused: true,
      pause_reason: "connection",
      paid_until_at: null,
      paid_seconds_left: 35,
      reader_present: false,
    });
    expect(screen.getByText(/Mara lost the connection. Nothing is charged/)).toBeTruthy();
    await change(fake, "resumed", {
      is_paused: false,
      pause_reason: null,
      paid_until_at: "2026-01-01T10:01:10Z",
      reader_present: true,
    });
    expect(screen.queryByText(/lost the connection. Nothing/)).toBeNull();
  });

  test("keeps what is typed when the page is opened again", async () => {
    await openRoom();
    fireEvent.input(screen.getByLabelText("Write a message"), { target: { value: "half a thought" } });
    cleanup();
    await openRoom();
    expect((screen.getByLabelText("Write a message") as HTMLTextAreaElement).value).toBe("half a thought");
  });

  test("ends only after asking, and says what that costs", async () => {
    const fake = await openRoom();
    fake.socket.answers["consultation.end"] = () => ({
      consultation: {
        ...consultation,
        version: 9,
        status: "completed",
        end_reason: "client_ended",
        connected_seconds: 61,
      },
    });
    fireEvent.click(screen.getByRole("button", { name: "End" }));
    expect(fake.socket.sent.map((command) => command.name)).not.toContain("consultation.end");
    expect(await screen.findByText(/The started minute counts/)).toBeTruthy();
    fireEvent.click(screen.getByText("End now"));
    expect(await screen.findByText("The consultation has ended")).toBeTruthy();
    expect(screen.getByText("1:01")).toBeTruthy();
  });

  test("leads back to the reader's livestream afterwards, while there is one", async () => {
    consultation = sampleConsultation({ status: "completed", end_reason: "client_ended", paid_until_at: null });
    await openRoom();
    await screen.findByText("The consultation has ended");
    expect(screen.queryByRole("link", { name: "To Mara's livestream" })).toBeNull();
    cleanup();
    livestreamId = "livestream-1";
    await openRoom();
    const way = await screen.findByRole("link", { name: "To Mara's livestream" });
    expect(way.getAttribute("href")).toBe("/live/livestream-1");
  });

  test("offers a top-up over the room when the money ended, without the composer", async () => {
    const fake = await openRoom();
    await change(fake, "paused", {
      is_paused: true,
      pause_reason: "balance",
      paid_until_at: null,
      paid_seconds_left: 0,
      top_up_until_at: "2026-01-01T10:02:05Z",
    });
    expect(screen.getByText("The clock has stopped")).toBeTruthy();
    expect(screen.getByLabelText("Time left to add money").textContent).toBe("1:30");
    expect(screen.getByRole("button", { name: /Add \$10.00/ })).toBeTruthy();
    expect(screen.queryByLabelText("Write a message")).toBeNull();
  });

  test("publishes one review after something was paid", async () => {
    consultation = sampleConsultation({
      status: "completed",
      end_reason: "client_ended",
      paid_until_at: null,
      connected_seconds: 60,
    });
    const fake = await openRoom();
    expect((screen.getByRole("button", { name: "Publish review" }) as HTMLButtonElement).disabled).toBe(true);
    fireEvent.click(screen.getByLabelText("4 of 5"));
    fireEvent.click(screen.getByRole("button", { name: "Publish review" }));
    await waitFor(() => expect(fake.calls.find((call) => call.method === "POST")?.body).toEqual({ rating: 4 }));
  });
});
