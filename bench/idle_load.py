"""The load of the connections benchmark, a process of its own: peers that connect, answer pings and say nothing.

It reads one JSON object per line, whom to connect now, and answers each with how long that took and how many are still open.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time

import orjson
import uvloop

from bench.peers import Peer

_CONNECTING_AT_ONCE = 50


async def connect(port: int, tokens: list[str]) -> list[Peer]:
    gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def one(token: str) -> Peer:
        async with gate:
            return await Peer.connect("127.0.0.1", port, token)

    return await asyncio.gather(*(one(token) for token in tokens))


async def main() -> None:
    peers: list[Peer] = []
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        plan = orjson.loads(line)
        began = time.perf_counter()
        peers += await connect(plan["port"], plan["tokens"])
        gc.collect()
        gc.freeze()
        still_open = sum(not peer.is_closed for peer in peers)
        print(orjson.dumps({"seconds": time.perf_counter() - began, "open": still_open}).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
