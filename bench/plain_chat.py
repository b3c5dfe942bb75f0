"""The peer of the chat benchmark: durable chat as one would write it first, python-socketio and asyncpg and nothing else.

One INSERT each through the pool, then to the other's room, then the acknowledgement. No rules: whoever says who they are is
believed, anybody may write to anybody.

    python -m bench.plain_chat DSN
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import asyncpg
import socketio
import uvloop
from aiohttp import web

_TABLE = """
CREATE TABLE IF NOT EXISTS plain_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sender text NOT NULL, recipient text NOT NULL, content text NOT NULL,
    nonce text NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
)
"""
_INSERT = "INSERT INTO plain_messages (sender, recipient, content, nonce) VALUES ($1, $2, $3, $4) RETURNING id, created_at"


async def main(dsn: str) -> None:
    pool = await asyncpg.create_pool(dsn)
    await pool.execute(_TABLE)
    sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
    people: dict[str, str] = {}

    async def connect(connection_id: str, _environ: object, auth: dict[str, str]) -> None:
        people[connection_id] = auth["token"]
        await sio.enter_room(connection_id, auth["token"])

    async def send(connection_id: str, data: dict[str, str]) -> dict[str, Any]:
        sender = people[connection_id]
        row = await pool.fetchrow(_INSERT, sender, data["to"], data["content"], data["nonce"])
        message = {"id": row["id"], "sender": sender, "created_at": row["created_at"].isoformat(), **data}
        await sio.emit("message.sent", {"message": message}, room=data["to"])
        return {"ok": True, "data": {"message": message}}

    sio.on("connect", connect)
    sio.on("message.send", send)
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
