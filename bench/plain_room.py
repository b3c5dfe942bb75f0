"""A peer of the fan-out benchmark: a room as one would write it first, python-socketio and asyncpg and nothing else.

Each gift is one INSERT, then told to the room, then acknowledged. No rules and no money: whoever says who they are is believed.
What it tells is the event that our server sent, byte for byte but for the gift's words.

    python -m bench.plain_room DSN EVENT_FILE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import socketio
import uvloop
from aiohttp import web

_TABLE = """
CREATE TABLE IF NOT EXISTS plain_gifts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sender text NOT NULL, nonce text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
)
"""


async def main(dsn: str, event: dict[str, Any]) -> None:
    pool = await asyncpg.create_pool(dsn)
    await pool.execute(_TABLE)
    sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
    people: dict[str, str] = {}

    async def connect(connection_id: str, _environ: object, auth: dict[str, str]) -> None:
        people[connection_id] = auth["token"]

    async def join(connection_id: str, _data: dict[str, str]) -> dict[str, Any]:
        await sio.enter_room(connection_id, "room")
        return {"ok": True}

    async def send(connection_id: str, data: dict[str, str]) -> dict[str, Any]:
        nonce = data["nonce"]
        await pool.execute("INSERT INTO plain_gifts (sender, nonce) VALUES ($1, $2)", people[connection_id], nonce)
        told = {**event, "gift": {**event["gift"], "message": data["message"]}}
        await sio.emit("gift.sent", told, room="room")
        return {"ok": True}

    sio.on("connect", connect)
    sio.on("livestream.join", join)
    sio.on("gift.send", send)
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], orjson.loads(Path(sys.argv[2]).read_bytes())[1]))
