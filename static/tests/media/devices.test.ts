import { beforeEach, describe, expect, test, vi } from "vitest";
import { deviceProblem } from "../../src/media/device_problems";
import { openDevices } from "../../src/media/devices";
import { loudness } from "../../src/media/level_meter";
import type { DeviceProblem, Devices } from "../../src/media/types";
import { FakeDeviceBrowser } from "../support/fake_device_browser";

let browser: FakeDeviceBrowser;

beforeEach(() => {
  localStorage.clear();
  browser = new FakeDeviceBrowser();
});

const BOTH = { camera: true, microphone: true };
const open = () => openDevices({ browser: browser.asWindow(), storage: localStorage });
const problems = ({ cameraProblem, microphoneProblem }: Devices) => [cameraProblem.value, microphoneProblem.value];
const opened = ({ camera, microphone }: Devices) => [camera.value?.label ?? null, microphone.value?.label ?? null];
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("problems", () => {
  test.each<[string, PermissionState | null, DeviceProblem]>([
    ["NotAllowedError", "denied", "permission_denied"],
    ["NotAllowedError", "prompt", "permission_dismissed"],
    ["NotAllowedError", null, "permission_denied"],
    ["SecurityError", null, "permission_denied"],
    ["NotFoundError", "granted", "no_device"],
    ["OverconstrainedError", "granted", "no_device"],
    ["NotReadableError", "granted", "device_busy"],
    ["AbortError", "granted", "device_busy"],
    ["TypeError", null, "not_supported"],
    ["SomethingNewError", "granted", "unknown"],
  ])("%s with permission %s is %s", (name, permission, problem) => {
    expect(deviceProblem(new DOMException("", name), permission)).toBe(problem);
  });

  test("what is no error at all is unknown", () => {
    expect(deviceProblem("no", null)).toBe("unknown");
  });

  test("a page that came over an open line has no devices, and says why", async () => {
    browser.hasMediaDevices = false;
    browser.isSecureContext = false;
    const devices = open();
    await devices.open(BOTH);
    expect(problems(devices)).toEqual(["insecure_page", "insecure_page"]);
    browser.isSecureContext = true;
    const old = open();
    await old.open({ camera: false, microphone: true });
    expect(problems(old)).toEqual([null, "not_supported"]);
    await old.chooseCamera("front");
    old.close();
  });
});

describe("opening", () => {
  test("asks one question for both and names what there is", async () => {
    const devices = open();
    await devices.open(BOTH);
    expect(browser.asked).toHaveLength(1);
    expect(opened(devices)).toEqual(["Front", "Built-in"]);
    expect(devices.cameras.value.map(({ id }) => id)).toEqual(["front", "back"]);
    expect(devices.speakers.value).toEqual([{ id: "loud", label: "Loud" }]);
    expect(problems(devices)).toEqual([null, null]);
  });

  test("keeps what is open", async () => {
    const devices = open();
    await devices.open({ camera: false, microphone: true });
    const { value } = devices.microphone;
    await devices.open(BOTH);
    expect(devices.microphone.value).toBe(value);
    expect(browser.asked.map((constraints) => Object.keys(constraints))).toEqual([["audio"], ["video"]]);
  });

  test("without a camera the microphone is opened all the same", async () => {
    browser.unplug("front");
    browser.unplug("back");
    const devices = open();
    await devices.open(BOTH);
    expect(opened(devices)).toEqual([null, "Built-in"]);
    expect(problems(devices)).toEqual(["no_device", null]);
  });

  test("a camera that another program holds does not cost the microphone", async () => {
    browser.broken.camera = "NotReadableError";
    const devices = open();
    await devices.open(BOTH);
    expect(opened(devices)).toEqual([null, "Built-in"]);
    expect(problems(devices)).toEqual(["device_busy", null]);
  });

  test("whoever said no is not asked again", async () => {
    browser.permission.camera = browser.permission.microphone = "denied";
    const devices = open();
    await devices.open(BOTH);
    expect(browser.asked).toHaveLength(1);
    expect(problems(devices)).toEqual(["permission_denied", "permission_denied"]);
  });

  test("nor whoever closed the question", async () => {
    browser.permission.camera = browser.permission.microphone = "prompt";
    const devices = open();
    await devices.open(BOTH);
    expect(browser.asked).toHaveLength(1);
    expect(problems(devices)).toEqual(["permission_dismissed", "permission_dismissed"]);
  });

  test("a camera that is forbidden for good does not forbid the microphone", async () => {
    browser.permission.camera = "denied";
    const devices = open();
    await devices.open(BOTH);
    expect(opened(devices)).toEqual([null, "Built-in"]);
    expect(problems(devices)).toEqual(["permission_denied", null]);
  });

  test("a device that comes after the page was closed is let go at once", async () => {
    let answer: () => void = () => undefined;
    browser.pause = new Promise((resolve) => {
      answer = resolve;
    });
    const devices = open();
    const opening = devices.open(BOTH);
    devices.close();
    answer();
    await opening;
    expect(opened(devices)).toEqual([null, null]);
    expect(browser.open.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  });

  test("speakers are not offered where none can be chosen", async () => {
    browser.canChooseSpeaker = false;
    const devices = open();
    await devices.open(BOTH);
    expect(devices.speakers.value).toEqual([]);
  });
});

describe("choosing", () => {
  test("is remembered for the next page", async () => {
    const devices = open();
    await devices.open(BOTH);
    await devices.chooseCamera("back");
    await devices.chooseMicrophone("headset");
    await devices.chooseSpeaker("loud");
    expect(opened(devices)).toEqual(["Back", "Headset"]);
    devices.close();
    const next = open();
    await next.open(BOTH);
    expect(opened(next)).toEqual(["Back", "Headset"]);
    expect(next.speakerId.value).toBe("loud");
  });

  test("closes the former device, and comes back to it when the new one cannot be opened", async () => {
    browser.broken.back = "NotReadableError";
    const devices = open();
    await devices.open(BOTH);
    const former = devices.camera.value;
    await devices.chooseCamera("back");
    expect(former?.readyState).toBe("ended");
    expect(opened(devices)[0]).toBe("Front");
    expect(devices.cameraProblem.value).toBe("device_busy");
    expect(devices.cameraId.value).toBe("front");
  });

  test("twice in a row ends with the last, and only that is open", async () => {
    const devices = open();
    await devices.open(BOTH);
    await Promise.all([devices.chooseMicrophone("headset"), devices.chooseMicrophone("built-in")]);
    expect(opened(devices)[1]).toBe("Built-in");
    const live = browser.open.filter(({ kind, readyState }) => kind === "audio" && readyState === "live");
    expect(live).toHaveLength(1);
  });

  test("before anything is open only remembers", async () => {
    const devices = open();
    await devices.chooseCamera("back");
    expect(browser.asked).toEqual([]);
    await devices.open(BOTH);
    expect(opened(devices)[0]).toBe("Back");
  });

  test("a remembered device that is gone gives way to another", async () => {
    localStorage.setItem("soulseer.device.microphone", "sold");
    const devices = open();
    await devices.open(BOTH);
    expect(opened(devices)[1]).toBe("Built-in");
    expect(devices.microphoneProblem.value).toBeNull();
  });

  test("works where nothing can be stored", async () => {
    const storage = {
      getItem: () => {
        throw new DOMException("", "SecurityError");
      },
      setItem: () => {
        throw new DOMException("", "QuotaExceededError");
      },
    } as unknown as Storage;
    const devices = openDevices({ browser: browser.asWindow(), storage });
    await devices.open(BOTH);
    await devices.chooseCamera("back");
    await devices.chooseSpeaker("loud");
    expect([...opened(devices), devices.speakerId.value]).toEqual(["Back", "Built-in", "loud"]);
  });
});

describe("plugging", () => {
  test("a microphone that is pulled out is replaced by another one", async () => {
    const devices = open();
    await devices.open(BOTH);
    await devices.chooseMicrophone("headset");
    browser.unplug("headset");
    await vi.waitFor(() => expect(opened(devices)[1]).toBe("Built-in"));
    expect(devices.microphoneProblem.value).toBeNull();
    expect(devices.microphones.value.map(({ id }) => id)).toEqual(["built-in"]);
  });

  test("a camera is not, for another one may look elsewhere; it comes back when it is plugged in again", async () => {
    browser.unplug("back");
    const devices = open();
    await devices.open(BOTH);
    browser.unplug("front");
    await vi.waitFor(() => expect(devices.cameraProblem.value).toBe("device_lost"));
    expect(devices.camera.value).toBeNull();
    browser.plugIn({ kind: "videoinput", deviceId: "front", label: "Front" });
    await vi.waitFor(() => expect(opened(devices)[0]).toBe("Front"));
    expect(devices.cameraProblem.value).toBeNull();
  });

  test("when a lost camera's machine has another one, that one stays closed", async () => {
    const devices = open();
    await devices.open(BOTH);
    browser.unplug("front");
    await settled();
    await settled();
    expect(devices.camera.value).toBeNull();
    expect(devices.cameraProblem.value).toBe("device_lost");
  });

  test("the last microphone that is pulled out is said to be lost", async () => {
    browser.unplug("headset");
    const devices = open();
    await devices.open(BOTH);
    browser.unplug("built-in");
    await vi.waitFor(() => expect(devices.microphoneProblem.value).toBe("device_lost"));
    expect(devices.microphone.value).toBeNull();
  });

  test("a permission that is taken back in the middle is said as such", async () => {
    const devices = open();
    await devices.open(BOTH);
    browser.permission.camera = "denied";
    browser.open.find(({ kind }) => kind === "video")?.end();
    await vi.waitFor(() => expect(devices.cameraProblem.value).toBe("permission_denied"));
  });

  test("after closing nothing is opened any more, whatever is plugged in", async () => {
    browser.unplug("front");
    browser.unplug("back");
    const devices = open();
    await devices.open(BOTH);
    devices.close();
    const { length } = browser.asked;
    browser.plugIn({ kind: "videoinput", deviceId: "front", label: "Front" });
    await settled();
    expect(browser.asked).toHaveLength(length);
    expect(browser.open.every(({ readyState }) => readyState === "ended")).toBe(true);
  });
});

describe("loudness", () => {
  test.each([
    ["silence", 0, 0],
    ["below a quiet room", 0.0005, 0],
    ["a voice", 0.05, 0.7],
    ["a shout", 1, 1],
  ])("%s", (_name, amplitude, level) => {
    const samples = Float32Array.from({ length: 1_024 }, (_, index) => (index % 2 === 0 ? amplitude : -amplitude));
    expect(loudness(samples)).toBeCloseTo(level, 1);
  });
});
