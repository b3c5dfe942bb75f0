/**
 * A data channel beside the media, browser to browser: says at once whether a picture is being sent (a replaced track
 * shows nothing of that), tells a tab that its place was taken, and carries the numbers of the safety words. Whatever comes in is somebody else's text.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { CallBrowser } from "./browser";
import { WordExchange, type WordMessage } from "./word_exchange";

interface Told {
  isVideoOn?: boolean;
  /** The other side now talks with another page of ours. */
  isReplaced?: boolean;
  word?: WordMessage;
}

const LENGTH_MAXIMUM = 1_000;

export interface CompanionEnvironment {
  browser: Pick<CallBrowser, "digest" | "randomNumber">;
  isPolite: boolean;
  onReplaced: () => void;
}

export class Companion {
  private readonly channel: RTCDataChannel;
  private readonly remoteVideo = signal<boolean | null>(null);
  private readonly words: WordExchange;
  private isVideoOn = false;

  constructor(
    connection: RTCPeerConnection,
    private readonly environment: CompanionEnvironment,
  ) {
    const { browser, isPolite } = environment;
    this.words = new WordExchange({
      isCommitting: !isPolite,
      send: (word) => this.tell({ word }),
      digest: (text) => browser.digest(text),
      randomNumber: () => browser.randomNumber(),
    });
    this.channel = connection.createDataChannel("companion", { negotiated: true, id: 0 });
    this.channel.onopen = () => {
      this.tell({ isVideoOn: this.isVideoOn });
      void this.words.begin();
    };
    this.channel.onmessage = ({ data }) => this.hear(data);
  }

  /** Null until the other side said so, or where it never will. */
  get isRemoteVideoOn(): ReadonlySignal<boolean | null> {
    return this.remoteVideo;
  }

  /** What goes into the safety words beside the certificates; null until both sides know it. */
  get numbers(): WordExchange["numbers"] {
    return this.words.numbers;
  }

  tellVideo(isOn: boolean): void {
    this.isVideoOn = isOn;
    this.tell({ isVideoOn: isOn });
  }

  tellReplaced(): void {
    this.tell({ isReplaced: true });
  }

  close(): void {
    this.channel.onopen = null;
    this.channel.onmessage = null;
  }

  private tell(told: Told): void {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(told));
  }

  private hear(data: unknown): void {
    if (typeof data !== "string" || data.length > LENGTH_MAXIMUM) return;
    const told = readTold(data);
    if (typeof told.isVideoOn === "boolean") this.remoteVideo.value = told.isVideoOn;
    if (told.isReplaced === true) this.environment.onReplaced();
    if (typeof told.word === "object" && told.word !== null) void this.words.hear(told.word);
  }
}

function readTold(text: string): Told {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === "object" && told !== null ? told : {};
  } catch {
    return {};
  }
}
