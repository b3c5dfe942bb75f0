// A peer of the fan-out benchmark: the plain room (plain_room.py) in Node with socket.io and pg, as one would write it first.
//
//     node node_room.mjs DSN EVENT_FILE
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import pg from "pg";
import { Server } from "socket.io";

const [dsn, eventFile] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: dsn });
await pool.query(
  "CREATE TABLE IF NOT EXISTS plain_gifts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sender text NOT NULL," +
    " nonce text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())",
);
const [, event] = JSON.parse(readFileSync(eventFile, "utf8"));
const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => {
  socket.on("livestream.join", (_data, answer) => {
    socket.join("room");
    answer({ ok: true });
  });
  socket.on("gift.send", async (data, answer) => {
    await pool.query("INSERT INTO plain_gifts (sender, nonce) VALUES ($1, $2)", [socket.handshake.auth.token, data.nonce]);
    io.to("room").emit("gift.sent", { ...event, gift: { ...event.gift, message: data.message } });
    answer({ ok: true });
  });
});
http.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}`));
