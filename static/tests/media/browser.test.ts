import { describe, expect, test } from "vitest";
import { callBrowser } from "../../src/media/browser";

class FakeContext {
  readonly links: [from: string, to: unknown][] = [];
  readonly started: string[] = [];
  readonly track = { kind: "audio" };
  readonly destination = { stream: { getAudioTracks: () => [this.track] } };
  state = "suspended";
  isClosed = false;

  createMediaStreamDestination() {
    return this.destination;
  }

  createConstantSource() {
    return {
      offset: { value: 1 },
      connect: (to: unknown) => void this.links.push(["source", to]),
      start: () => void this.started.push("source"),
    };
  }

  async resume() {
    this.state = "running";
  }

  async close() {
    this.isClosed = true;
  }
}

function openBrowser(connection?: EventTarget & { type?: string }) {
  const contexts: FakeContext[] = [];
  class AudioContext extends FakeContext {
    constructor() {
      super();
      contexts.push(this);
    }
  }
  const page = Object.assign(new EventTarget(), { navigator: { connection }, AudioContext });
  return { page, contexts, browser: callBrowser(page as unknown as Window & typeof globalThis) };
}

describe("silence", () => {
  test("has a source that runs, without which Chromium sends no packets", () => {
    const { browser, contexts } = openBrowser();
    const { track } = browser.makeSilence();
    const [context] = contexts;
    expect(track).toBe(context?.track);
    expect(context?.links).toEqual([["source", context?.destination]]);
    expect(context?.started).toEqual(["source"]);
  });

  test("begins with the first touch where the browser waits for one, and ends with its closing", () => {
    const { browser, contexts, page } = openBrowser();
    const silence = browser.makeSilence();
    const context = contexts[0] as FakeContext;
    context.state = "suspended";
    page.dispatchEvent(new Event("pointerdown"));
    expect(context.state).toBe("running");
    silence.close();
    context.state = "suspended";
    page.dispatchEvent(new Event("pointerdown"));
    expect([context.state, context.isClosed]).toEqual(["suspended", true]);
  });
});

describe("the network's change", () => {
  test("is another kind of network or the return of one, and not each new estimate of its speed", () => {
    const connection: EventTarget & { type?: string } = Object.assign(new EventTarget(), { type: "wifi" });
    const { browser, page } = openBrowser(connection);
    let changes = 0;
    const stop = browser.onNetworkChange(() => {
      changes += 1;
    });
    connection.dispatchEvent(new Event("change"));
    expect(changes).toBe(0);
    connection.type = "cellular";
    connection.dispatchEvent(new Event("change"));
    expect(changes).toBe(1);
    page.dispatchEvent(new Event("online"));
    expect(changes).toBe(2);
    stop();
    page.dispatchEvent(new Event("online"));
    expect(changes).toBe(2);
  });
});

test("screens cannot be shared where the browser has no way to choose one", () => {
  expect(openBrowser().browser.captureScreen).toBeNull();
});
