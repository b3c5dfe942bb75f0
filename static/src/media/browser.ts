/** What the engine needs of a browser, in one place, so that tests can put their own in its stead. */
import { toHex } from "./word_exchange";

/** A track that carries silence, for people without a microphone: packets go on, which is what the clock looks at. */
export interface Silence {
  readonly track: MediaStreamTrack | null;
  close(): void;
}

export interface CallBrowser {
  connect(configuration: RTCConfiguration): RTCPeerConnection;
  makeSilence(): Silence;
  /** A track for the picture's sender until there is a camera; null where the browser cannot make one. */
  makeBlank(): MediaStreamTrack | null;
  makeStream(tracks: readonly MediaStreamTrack[]): MediaStream;
  /** Null where screens cannot be shared. */
  captureScreen: (() => Promise<MediaStreamTrack | null>) | null;
  digest(text: string): Promise<Uint8Array>;
  /** 32 hexadecimal digits that nobody can guess. */
  randomNumber(): string;
  /** Called when the machine went over to another network, or came back to one. */
  onNetworkChange(listener: () => void): () => void;
}

const SCREEN_FRAMES_PER_SECOND = 15;

/** Chromium's; it says little elsewhere. */
interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

export function callBrowser(browser: Window & typeof globalThis = window): CallBrowser {
  const { mediaDevices } = browser.navigator;
  const canCapture = typeof mediaDevices?.getDisplayMedia === "function";
  return {
    connect: (configuration) => new browser.RTCPeerConnection(configuration),
    makeSilence: () => makeSilence(browser),
    makeBlank: () => makeBlank(browser.document),
    makeStream: (tracks) => new browser.MediaStream([...tracks]),
    captureScreen: canCapture ? () => captureScreen(mediaDevices) : null,
    digest: async (text) =>
      new Uint8Array(await browser.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    randomNumber: () => toHex(browser.crypto.getRandomValues(new Uint8Array(16))),
    onNetworkChange: (listener) => onNetworkChange(browser, listener),
  };
}

function makeSilence(browser: Window & typeof globalThis): Silence {
  if (typeof browser.AudioContext !== "function") return { track: null, close: () => undefined };
  const context = new browser.AudioContext();
  const destination = context.createMediaStreamDestination();
  const [track = null] = destination.stream.getAudioTracks();
  // Something must sound, however softly, or Chromium makes no packets at all.
  const source = context.createConstantSource();
  source.offset.value = 0;
  source.connect(destination);
  source.start();
  // A context that was made before the visitor touched the page stands still, and sends nothing, until they do.
  const resume = () => void context.resume().catch(() => undefined);
  const touches = ["pointerdown", "keydown"] as const;
  for (const touch of touches) browser.addEventListener(touch, resume);
  resume();
  return {
    track,
    close: () => {
      for (const touch of touches) browser.removeEventListener(touch, resume);
      void context.close().catch(() => undefined);
    },
  };
}

function makeBlank(document: Document): MediaStreamTrack | null {
  const canvas = document.createElement("canvas");
  if (typeof canvas.captureStream !== "function") return null;
  // Firefox captures only a canvas that has a context.
  canvas.getContext("2d");
  return canvas.captureStream(0).getVideoTracks()[0] ?? null;
}

async function captureScreen(mediaDevices: MediaDevices): Promise<MediaStreamTrack | null> {
  const stream = await mediaDevices.getDisplayMedia({
    video: { frameRate: { max: SCREEN_FRAMES_PER_SECOND } },
    audio: false,
  });
  const track = stream.getVideoTracks()[0] ?? null;
  // Letters stay sharp rather than movement smooth.
  if (track !== null && "contentHint" in track) track.contentHint = "detail";
  return track;
}

function onNetworkChange(browser: Window, listener: () => void): () => void {
  const connection = (browser.navigator as Navigator & { connection?: NetworkInformation }).connection;
  let type = connection?.type;
  // The event also comes with each new estimate of the speed, which is nothing to start anew for.
  const changed = () => {
    if (connection?.type === type) return;
    type = connection?.type;
    listener();
  };
  browser.addEventListener("online", listener);
  connection?.addEventListener?.("change", changed);
  return () => {
    browser.removeEventListener("online", listener);
    connection?.removeEventListener?.("change", changed);
  };
}
