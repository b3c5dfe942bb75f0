// @vitest-environment node
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LiveConnection } from "../../src/live/connection";
import type { ConsultationBalanceLowEvent } from "../../src/protocol";

/** A real Socket.IO server on a free port; each test says how it answers. */
let http: HttpServer;
let server: Server;
let url: string;
let live: LiveConnection;
let tokens: string[];
let renewed: (string | null)[];
let serverTimes: number[];
let nextToken: string | null;
const sockets: Socket[] = [];

beforeEach(async () => {
  http = createServer();
  server = new Server(http, { transports: ["websocket"] });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  tokens = [];
  renewed = [];
  serverTimes = [];
  sockets.length = 0;
  nextToken = "token-1";
  server.use((socket, next) => {
    const token = String(socket.handshake.auth.token);
    tokens.push(token);
    if (token !== "expired") return next();
    const refusal = new Error("expired") as Error & { data: unknown };
    refusal.data = { status: 401, code: "auth.token_expired", retryable: false };
    next(refusal);
  });
  server.on("connection", (socket) => sockets.push(socket));
  live = new LiveConnection({
    url,
    freshToken: async () => nextToken,
    renewToken: async (refused) => {
      renewed.push(refused);
      nextToken = refused === "gone" ? null : "token-2";
      return nextToken;
    },
    onServerTime: (serverMs) => serverTimes.push(serverMs),
  });
});

afterEach(async () => {
  live.stop();
  await server.close();
});

function connected(times = 1): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    live.onConnect(() => {
      seen += 1;
      if (seen >= times) resolve();
    });
  });
}

const message = { consultation_id: "c", content: "hello", kind: "text", nonce: "n-1" } as const;

describe("the live connection", () => {
  test("delivers events, and takes the server's time from them", async () => {
    live.start();
    await connected();
    const heard = new Promise<ConsultationBalanceLowEvent>((resolve) => live.on("consultation.balance_low", resolve));
    server.emit("consultation.balance_low", { consultation_id: "c", minutes_left: 1, at: "2026-01-01T10:00:00Z" });
    expect((await heard).minutes_left).toBe(1);
    expect(serverTimes).toEqual([Date.parse("2026-01-01T10:00:00Z")]);
  });

  test("renews an expired token and comes back by itself", async () => {
    nextToken = "expired";
    live.start();
    await connected();
    expect(renewed).toEqual(["expired"]);
    expect(tokens).toEqual(["expired", "token-2"]);
  });

  test("comes back after the server said it restarts", async () => {
    live.start();
    await connected();
    const again = connected(2);
    sockets[0]?.emit("connection.closing", { code: "server.restarting", retryable: true, reconnect_after_ms: 50 });
    sockets[0]?.disconnect(true);
    await again;
    expect(live.state.value).toBe("connected");
  });

  test("stays away once the login is revoked", async () => {
    live.start();
    await connected();
    const stopped = new Promise<void>((resolve) => {
      live.state.subscribe((state) => state === "off" && resolve());
    });
    sockets[0]?.emit("connection.closing", { code: "auth.revoked", retryable: false, reconnect_after_ms: 0 });
    sockets[0]?.disconnect(true);
    await stopped;
    expect(renewed).toEqual(["token-1"]);
  });
});

describe("a command", () => {
  test("answers the data that the server acknowledged", async () => {
    server.on("connection", (socket) =>
      socket.on("message.send", (payload, answer) =>
        answer({ ok: true, data: { message: { content: payload.content } } }),
      ),
    );
    live.start();
    expect(await live.send("message.send", message)).toEqual({ message: { content: "hello" } });
  });

  test("that is refused throws the server's code and is not repeated", async () => {
    let attempts = 0;
    server.on("connection", (socket) =>
      socket.on("consultation.request", (_payload, answer) => {
        attempts += 1;
        answer({
          ok: false,
          error: { code: "reader.busy", message: "busy", status: 409, retryable: false, fields: [] },
        });
      }),
    );
    live.start();
    const request = live.send("consultation.request", { reader_id: "r", type: "chat", nonce: "n" });
    await expect(request).rejects.toMatchObject({ code: "reader.busy", status: 409 });
    expect(attempts).toBe(1);
  });

  test("that keeps an order with others is tried once, also where a later try could succeed", async () => {
    let received = 0;
    server.on("connection", (socket) => {
      socket.on("signal.send", (_payload, acknowledge) => {
        received += 1;
        acknowledge({
          ok: false,
          error: { code: "consultation.not_joined", message: "", status: 409, retryable: true, request_id: "r" },
        });
      });
    });
    live.start();
    await connected();
    const sent = live.send("signal.send", { consultation_id: "c", candidate: null }, { isOnce: true });
    await expect(sent).rejects.toMatchObject({ code: "consultation.not_joined" });
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(received).toBe(1);
  });

  test("whose answer is lost with the connection is repeated with the same nonce after the reconnect", async () => {
    const nonces: string[] = [];
    server.on("connection", (socket) =>
      socket.on("message.send", (payload, answer) => {
        nonces.push(payload.nonce);
        // The first is stored, but the connection breaks before its acknowledgement leaves.
        if (nonces.length === 1) socket.conn.close();
        else answer({ ok: true, data: { message: { seq: 1 } } });
      }),
    );
    live.start();
    expect(await live.send("message.send", message)).toEqual({ message: { seq: 1 } });
    expect(nonces).toEqual(["n-1", "n-1"]);
  });

  test("that must not happen twice is not repeated when its answer is lost", async () => {
    let attempts = 0;
    server.on("connection", (socket) =>
      socket.on("consultation.end", () => {
        attempts += 1;
        socket.conn.close();
      }),
    );
    live.start();
    await connected();
    const again = connected(2);
    await expect(live.send("consultation.end", { consultation_id: "c" })).rejects.toMatchObject({ status: 0 });
    await again;
    expect(attempts).toBe(1);
  });

  test("waits for the connection, and gives up at its deadline", async () => {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    live.start();
    const ask = live.send("message.send", message, { deadlineMs: 300 });
    await expect(ask).rejects.toMatchObject({ code: "network.unreachable", isRetryable: true });
  });
});
