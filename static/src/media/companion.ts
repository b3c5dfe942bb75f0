/**
 * A data channel beside the media, browser to browser: says at once whether a picture is being sent (a replaced track
 * shows nothing of that), and tells a tab that its place was taken. Whatever comes in is somebody else's text.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

interface Told {
  isVideoOn?: boolean;
  /** The other side now talks with another page of ours. */
  isReplaced?: boolean;
}

const LENGTH_MAXIMUM = 1_000;

export class Companion {
  private readonly channel: RTCDataChannel;
  private readonly remoteVideo = signal<boolean | null>(null);
  private isVideoOn = false;

  constructor(
    connection: RTCPeerConnection,
    private readonly onReplaced: () => void,
  ) {
    this.channel = connection.createDataChannel("companion", { negotiated: true, id: 0 });
    this.channel.onopen = () => this.tell({ isVideoOn: this.isVideoOn });
    this.channel.onmessage = ({ data }) => this.hear(data);
  }

  /** Null until the other side said so, or where it never will. */
  get isRemoteVideoOn(): ReadonlySignal<boolean | null> {
    return this.remoteVideo;
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
    if (told.isReplaced === true) this.onReplaced();
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
