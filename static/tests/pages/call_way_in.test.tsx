import { act, cleanup, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { beginTest, change, ENTERED, endTest, joined, openRoom, press, world } from "../support/call_page";
import { CONSULTATION_ID, sampleConsultation } from "../support/samples";

beforeEach(beginTest);
afterEach(endTest);

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
    expect(call.environment.iceTransportPolicy?.()).toBe("relay");
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
    world.stops = [];
    const { calls } = await openRoom({ permission: "prompt" });
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(calls[0]?.setMicrophone).toHaveBeenCalledWith(false);
  });

  test("can be gone while it rings; the call then opens with the answer", async () => {
    world.consultation = sampleConsultation({
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
    world.consultation = sampleConsultation({ ...ENTERED, status: "requested", accepted_at: null });
    const opened = await openRoom();
    await screen.findByRole("button", { name: "Join when Mara answers" });
    await change(opened, { status: "cancelled", end_reason: "declined" }, "ended");
    await screen.findByText("The consultation did not take place");
    expect(opened.devices.microphone.value).toBeNull();
  });
});
