import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, test } from "vitest";
import { RecordingBar } from "../../src/components/room/recording";
import type { Consultation, RecordingView } from "../../src/protocol";
import { Room } from "../../src/rooms/room";
import { ServicesContext } from "../../src/services";
import { fakeServices, sampleUser } from "../support/fake_services";
import { READER_ID, sampleConsultation } from "../support/samples";

const ASKED: RecordingView = {
  id: "019a0000-0000-7000-8000-000000000001",
  state: "asked",
  asked_by: READER_ID,
  asked_at: "2026-01-01T10:00:00Z",
  kept_days: 30,
  agreed_at: null,
  started_at: null,
  stopped_at: null,
  stopped_by: null,
  stop_reason: null,
  expires_at: null,
  files: [],
};

function show(recording: RecordingView | null, more: Partial<Consultation> = {}) {
  const fake = fakeServices(() => undefined, sampleUser);
  const consultation = sampleConsultation({ mode: "video", type: "video", recording, ...more });
  for (const verb of ["agree", "decline", "stop"]) fake.socket.answers[`recording.${verb}`] = () => ({ consultation });
  const room = new Room(fake.services, consultation.id, sampleUser.id);
  const element = (consultation: Consultation) => (
    <ServicesContext.Provider value={fake.services}>
      <RecordingBar
        room={room}
        consultation={consultation}
        other={consultation.reader}
        isClient
        ownId={consultation.client.id}
      />
    </ServicesContext.Provider>
  );
  const rendered = render(element(consultation));
  const sent = () => fake.socket.sent.filter(({ name }) => name.startsWith("recording.")).map(({ name }) => name);
  const change = (recording: RecordingView | null) => rendered.rerender(element({ ...consultation, recording }));
  const notices = () => fake.services.notices.items.value.map(({ text }) => text);
  return { sent, change, notices, name: consultation.reader.display_name };
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

afterEach(() => cleanup());

describe("recording in the room", () => {
  test("nothing is shown while there is none, or after one", () => {
    show(null);
    expect(screen.queryByRole("button")).toBeNull();
    cleanup();
    show({ ...ASKED, state: "stopped", stopped_at: "2026-01-01T10:05:00Z", stop_reason: "stopped" });
    expect(screen.queryByRole("button")).toBeNull();
  });

  test("the question says what is recorded, who can see it, and for how long", async () => {
    const { sent, name } = show(ASKED);
    expect(screen.getByText(`${name} asks to record this talk.`)).toBeTruthy();
    for (const fact of [
      /Sound and picture of both/,
      /Only the two of you/,
      /30 days after it ends/,
      /this site's server instead/,
    ])
      expect(screen.getByText(fact)).toBeTruthy();
    press("Agree to record");
    await waitFor(() => expect(sent()).toEqual(["recording.agree"]));
  });

  test("may be refused, which who asked is told, and taken back, which they know", async () => {
    const asked = show(ASKED);
    press("Do not record");
    await waitFor(() => expect(asked.sent()).toEqual(["recording.decline"]));
    cleanup();
    const refused = show({ ...ASKED, asked_by: sampleConsultation({}).client.id });
    refused.change(null);
    await waitFor(() => expect(refused.notices()).toEqual([`${refused.name} does not want to be recorded.`]));
    cleanup();
    const own = show({ ...ASKED, asked_by: sampleConsultation({}).client.id });
    expect(screen.queryByRole("button", { name: "Agree to record" })).toBeNull();
    press("Take it back");
    await waitFor(() => expect(own.sent()).toEqual(["recording.stop"]));
    own.change(null);
    await waitFor(() => expect(screen.queryByRole("button")).toBeNull());
    expect(own.notices()).toEqual([]);
  });

  test("is marked all the while, and stopped by one press", async () => {
    const { sent, change, notices, name } = show({ ...ASKED, state: "connecting" });
    expect(screen.getByRole("status").textContent).toBe("Recording is starting");
    change({ ...ASKED, state: "recording" });
    expect(screen.getByRole("status").textContent).toBe("Recording");
    press("Stop recording");
    await waitFor(() => expect(sent()).toEqual(["recording.stop"]));
    change({ ...ASKED, state: "stopped", stopped_by: READER_ID, stop_reason: "stopped" });
    await waitFor(() => expect(notices()).toEqual([`${name} stopped the recording.`]));
  });

  test("rests visibly while the clock stands", () => {
    show({ ...ASKED, state: "recording" }, { is_paused: true, pause_reason: "connection", paid_until_at: null });
    expect(screen.getByRole("status").textContent).toBe("Recording rests while the clock stands");
    expect(screen.getByRole("button", { name: "Stop recording" })).toBeTruthy();
  });
});
