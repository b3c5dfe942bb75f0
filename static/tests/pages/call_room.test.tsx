import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  beginTest,
  change,
  ENTERED,
  endTest,
  joined,
  openRoom,
  press,
  RUNNING,
  reader,
  world,
} from "../support/call_page";
import { CONSULTATION_ID, sampleConsultation, sampleMessage } from "../support/samples";

beforeEach(beginTest);
afterEach(endTest);

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
    world.consultation = sampleConsultation({ ...ENTERED, ...RUNNING, mode: "chat", rate_per_minute_minor: 399 });
    const asReader = await openRoom({ user: reader });
    await press("Suggest a video");
    expect(asReader.sent("consultation.set_mode")).toEqual([{ consultation_id: CONSULTATION_ID, mode: "video" }]);
    cleanup();
    world.consultation = sampleConsultation({
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

  test("opens nobody's camera or microphone by what the other one presses", async () => {
    const opened = await joined({ user: reader });
    await change(opened, { ...RUNNING, mode: "call" });
    await change(opened, { mode: "video" });
    expect(opened.call.setCamera).not.toHaveBeenCalled();
    await change(opened, { mode: "chat" });
    expect(opened.devices.microphone.value).toBeNull();
    await change(opened, { mode: "call", is_paused: true, pause_reason: "media", reader_media: "none" });
    expect(opened.calls).toHaveLength(1);
    expect(screen.getByText("Paused until you join with sound. Nothing is charged meanwhile.")).toBeTruthy();
    await press("Join with sound");
    await waitFor(() => expect(opened.calls).toHaveLength(2));
  });

  test("goes on with one's own sound and picture where one asked for it", async () => {
    const opened = await joined();
    await change(opened, { ...RUNNING, mode: "chat" });
    expect(opened.devices.microphone.value).toBeNull();
    await press("Go on with picture");
    await press("Go on at $5.99 a minute");
    await waitFor(() => expect(opened.calls).toHaveLength(2));
    expect(opened.devices.camera.value).not.toBeNull();
  });

  test("says when the microphone is lost in the middle, and how to go on", async () => {
    const opened = await joined();
    act(() => {
      opened.devices.microphone.value = null;
      opened.devices.microphoneProblem.value = "device_lost";
    });
    expect(screen.getByText(/Your microphone was disconnected/)).toBeTruthy();
    await press("Try again");
    expect(opened.devices.open).toHaveBeenLastCalledWith({ camera: false, microphone: true });
    expect(screen.queryByText(/Your microphone was disconnected/)).toBeNull();
  });

  test("that runs on another device says so, and can be taken over", async () => {
    world.consultation = sampleConsultation({ ...ENTERED, ...RUNNING });
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
    world.messages = [sampleMessage(1)];
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
