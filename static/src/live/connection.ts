/**
 * The one socket of this tab: connects with a fresh token, comes back after every loss, and sends commands that are
 * repeated (with the same nonce) until they are answered or their time is up.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import { commandProblem, Problem, unreachable } from "../api/problems";
import type { Ack, ProblemDetails } from "../protocol";
import type { CommandName, Commands, EventName, Events, LiveEvent } from "./protocol";

export type ConnectionState = "off" | "connecting" | "connected" | "lost";

export interface ConnectionEnvironment {
  /** Undefined means the page's own origin. */
  url: string | undefined;
  freshToken: () => Promise<string | null>;
  /** The server refused this token; answers the renewed one, or null when the login is over. */
  renewToken: (refused: string | null) => Promise<string | null>;
  onServerTime: (serverMs: number) => void;
}

interface SendOptions {
  /** How long the command is tried in total, reconnects included. */
  deadlineMs?: number;
  /** One try and no more: for whoever keeps an order of commands, where a later try would overtake what came after. */
  isOnce?: boolean;
}

const ACK_TIMEOUT_MS = 8_000;
const DEADLINE_MS = 30_000;
const REFUSED_RETRY_MS = 2_000;
/** Commands that have no effect when they are repeated, because they carry a nonce or only set something. */
const REPEATABLE: ReadonlySet<CommandName> = new Set([
  "reader.set_status",
  "consultation.request",
  "consultation.join",
  "message.send",
  "message.read",
  "recording.ask",
  "recording.agree",
  "recording.stop",
  "readers.watch",
  "queue.join",
  "queue.leave",
  "livestream.join",
  "livestream.leave",
  "livestream.say",
  "livestream.set_chat",
  "livestream.delete_message",
  "livestream.sanction",
  "livestream.set_moderator",
  "livestreams.watch",
  "gift.send",
]);

export class LiveConnection {
  private readonly current = signal<ConnectionState>("off");
  private readonly listeners = new Map<EventName, Set<(payload: never) => void>>();
  private readonly anyListeners = new Set<(event: LiveEvent) => void>();
  private readonly connectListeners = new Set<() => void>();
  private socket: Socket | null = null;
  private token: string | null = null;
  private wasRefused = false;
  private reconnectTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly environment: ConnectionEnvironment) {}

  get state(): ReadonlySignal<ConnectionState> {
    return this.current;
  }

  start(): void {
    if (this.socket !== null) return;
    const options = {
      transports: ["websocket"],
      autoConnect: false,
      reconnectionDelay: 300,
      reconnectionDelayMax: 4_000,
      timeout: 8_000,
      auth: (give: (auth: { token: string | null }) => void) => void this.giveToken(give),
    };
    const socket = this.environment.url === undefined ? io(options) : io(this.environment.url, options);
    this.socket = socket;
    socket.on("connect", () => this.connected());
    socket.on("disconnect", (reason) => this.disconnected(reason));
    socket.on("connect_error", (error) => void this.refused(error));
    socket.onAny((name: EventName, payload: Events[EventName]) => this.hear(name, payload));
    this.current.value = "connecting";
    socket.connect();
  }

  stop(): void {
    this.cancelReconnect();
    const socket = this.socket;
    this.socket = null;
    this.token = null;
    socket?.removeAllListeners();
    socket?.offAny();
    socket?.disconnect();
    this.current.value = "off";
  }

  /** Tries at once instead of at the next back-off: the network came back, or the tab woke up. */
  hurry(): void {
    if (this.socket !== null && !this.socket.connected) this.reconnectIn(0);
  }

  on<Name extends EventName>(name: Name, listener: (payload: Events[Name]) => void): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    listeners.add(listener as (payload: never) => void);
    this.listeners.set(name, listeners);
    return () => void listeners.delete(listener as (payload: never) => void);
  }

  onAny(listener: (event: LiveEvent) => void): () => void {
    this.anyListeners.add(listener);
    return () => void this.anyListeners.delete(listener);
  }

  /** Called at each connect, so that whoever holds state can ask for what was missed. */
  onConnect(listener: () => void): () => void {
    this.connectListeners.add(listener);
    if (this.socket?.connected) queueMicrotask(listener);
    return () => void this.connectListeners.delete(listener);
  }

  /** Sends a command and answers its data; throws a `Problem`. */
  async send<Name extends CommandName>(
    name: Name,
    payload: Commands[Name]["payload"],
    options: SendOptions = {},
  ): Promise<Commands[Name]["data"]> {
    const deadlineAt = Date.now() + (options.deadlineMs ?? DEADLINE_MS);
    for (;;) {
      const socket = await this.connectedSocket(deadlineAt);
      let ack: Ack;
      try {
        const timeoutMs = Math.max(500, Math.min(ACK_TIMEOUT_MS, deadlineAt - Date.now()));
        ack = (await socket.timeout(timeoutMs).emitWithAck(name, payload)) as Ack;
      } catch {
        // No answer: the command may or may not have taken effect, so only a harmless one is repeated.
        if (!REPEATABLE.has(name) || Date.now() >= deadlineAt) throw unreachable();
        continue;
      }
      if (ack.ok) return ack.data as Commands[Name]["data"];
      const problem = commandProblem(ack.error);
      if (options.isOnce || !problem.isRetryable || Date.now() + 1_000 >= deadlineAt) throw problem;
      await new Promise((resolve) => setTimeout(resolve, problem.status === 429 ? 2_500 : 700));
    }
  }

  /** For hints that are worthless when late: sent if connected, forgotten otherwise. */
  hint<Name extends CommandName>(name: Name, payload: Commands[Name]["payload"]): void {
    if (this.socket?.connected) this.socket.timeout(ACK_TIMEOUT_MS).emit(name, payload, () => undefined);
  }

  private connectedSocket(deadlineAt: number): Promise<Socket> {
    const socket = this.socket;
    if (socket === null) throw unreachable();
    if (socket.connected) return Promise.resolve(socket);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          stopWaiting();
          reject(unreachable());
        },
        Math.max(0, deadlineAt - Date.now()),
      );
      const stopWaiting = this.current.subscribe((state) => {
        if (state !== "connected" && state !== "off") return;
        clearTimeout(timer);
        queueMicrotask(() => stopWaiting());
        if (state === "connected") resolve(socket);
        else reject(unreachable());
      });
    });
  }

  private async giveToken(give: (auth: { token: string | null }) => void): Promise<void> {
    try {
      this.token = await this.environment.freshToken();
    } catch {
      // The refresh could not be reached; the server will refuse the old token and we renew it then.
    }
    give({ token: this.token });
  }

  private connected(): void {
    this.cancelReconnect();
    this.wasRefused = false;
    this.current.value = "connected";
    for (const listener of [...this.connectListeners]) listener();
  }

  private disconnected(reason: string): void {
    this.current.value = "lost";
    // Socket.IO comes back by itself except when the server asked it to leave.
    if (reason === "io server disconnect" && this.reconnectTimer === null) this.reconnectIn(500);
  }

  private async refused(error: Error & { data?: Partial<ProblemDetails> }): Promise<void> {
    if (this.current.value !== "connecting") this.current.value = "lost";
    const isRefusal = error.data !== undefined || this.socket?.active === false;
    if (!isRefusal) return;
    if (error.data?.status === 401) {
      const refused = this.token;
      const renewed = await this.environment.renewToken(refused).catch(() => refused);
      if (renewed === null) return this.stop();
      // A new token is tried at once, but only the first time: a server that refuses it too is given a pause.
      const isFirstRefusal = !this.wasRefused;
      this.wasRefused = true;
      return this.reconnectIn(renewed !== refused && isFirstRefusal ? 0 : REFUSED_RETRY_MS);
    }
    this.reconnectIn(REFUSED_RETRY_MS);
  }

  private hear(name: EventName, payload: Events[EventName]): void {
    if ("at" in payload && typeof payload.at === "string") this.environment.onServerTime(Date.parse(payload.at));
    if (name === "connection.closing") void this.closing(payload as Events["connection.closing"]);
    const event = { name, payload } as LiveEvent;
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(payload as never);
    for (const listener of [...this.anyListeners]) listener(event);
  }

  private async closing(notice: Events["connection.closing"]): Promise<void> {
    if (notice.code === "auth.revoked") {
      await this.environment.renewToken(this.token).catch(() => null);
      return this.stop();
    }
    if (notice.code === "auth.expired") await this.environment.renewToken(this.token).catch(() => null);
    this.reconnectIn(notice.reconnect_after_ms ?? 500);
  }

  private reconnectIn(milliseconds: number): void {
    this.cancelReconnect();
    this.reconnectTimer = setTimeout(() => {
      this.reconnectTimer = null;
      const socket = this.socket;
      if (socket === null || socket.connected) return;
      // `active` means that Socket.IO is already waiting for its own next try.
      if (socket.active) socket.disconnect();
      socket.connect();
    }, milliseconds);
  }

  private cancelReconnect(): void {
    if (this.reconnectTimer !== null) clearTimeout(this.reconnectTimer);
    this.reconnectTimer = null;
  }
}

export function isCommandRefused(error: unknown): error is Problem {
  return error instanceof Problem && error.code !== "network.unreachable" && !error.isRetryable;
}
