"""The load of the chat benchmark, a process of its own: pairs that talk in turns over real WebSockets.

It reads one JSON object per line (first whom to connect, then how much to say) and answers each with one line. A pair has one
message under way: the next one is sent once the last was acknowledged to its sender and had reached the other side.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import Any

import orjson
import uvloop

from bench.peers import Peer

_DELIVERY = b'42["message.sent"'
_STORED = b'"ok":true'
_CONNECTING_AT_ONCE = 20
# Stands in a seat's template where each message's nonce goes.
NONCE = "NONCE"


class Seat:
    """One person of a pair. `say` is a whole command with an acknowledgement id, NONCE in place of its nonce."""

    def __init__(self, peer: Peer, say: str) -> None:
        self.peer = peer
        self.before, self.after = (part.encode() for part in say.split(NONCE))


class Pair:
    def __init__(self, seats: tuple[Seat, Seat]) -> None:
        self.seats = seats
        self.latencies: list[float] = []
        self._number = self._last = 0
        self._missing = 0
        self._sent_at = 0.0
        self._nonce = b""
        self._done: asyncio.Future[None] | None = None
        for index, seat in enumerate(seats):
            seat.peer.on_packet = lambda packet, index=index: self._take(index, packet)  # type: ignore[misc]

    async def talk(self, messages: int) -> None:
        self.latencies = []
        self._last = self._number + messages
        self._done = asyncio.get_running_loop().create_future()
        self._send()
        await self._done

    def _send(self) -> None:
        seat = self.seats[self._number & 1]
        self._nonce = b"n%d" % self._number
        self._missing = 2
        self._sent_at = time.perf_counter()
        seat.peer.send(seat.before + self._nonce + seat.after)

    def _take(self, index: int, packet: bytes) -> None:
        is_sender = index == self._number & 1
        if packet.startswith(b"43"):
            if not is_sender or _STORED not in packet:
                self._fail(packet)
                return
        elif not packet.startswith(_DELIVERY):
            return
        elif is_sender or b'"' + self._nonce + b'"' not in packet:
            self._fail(packet)
            return
        else:
            self.latencies.append(time.perf_counter() - self._sent_at)
        self._missing -= 1
        if self._missing == 0:
            self._number += 1
            if self._number < self._last:
                self._send()
            elif self._done is not None:
                self._done.set_result(None)

    def _fail(self, packet: bytes) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(RuntimeError(f"unexpected: {packet.decode()}"))


async def connect(port: int, plans: list[list[dict[str, str]]]) -> list[Pair]:
    """Both of every pair, let in and joined."""
    gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def seat(plan: dict[str, str]) -> Seat:
        async with gate:
            peer = await Peer.connect("127.0.0.1", port, plan["token"])
            if plan["join"]:
                answer = await peer.ask(plan["join"].encode())
                assert _STORED in answer, answer
            return Seat(peer, plan["say"])

    seats = await asyncio.gather(*(seat(plan) for pair in plans for plan in pair))
    return [Pair((first, second)) for first, second in zip(seats[::2], seats[1::2], strict=True)]


async def talk(pairs: list[Pair], messages: int) -> dict[str, Any]:
    """So many messages of every pair, as fast as they are answered."""
    began = time.perf_counter()
    async with asyncio.timeout(120):
        await asyncio.gather(*(pair.talk(messages) for pair in pairs))
    seconds = time.perf_counter() - began
    latencies = sorted(latency for pair in pairs for latency in pair.latencies)
    assert len(latencies) == messages * len(pairs)
    return {
        "messages": len(latencies),
        "seconds": seconds,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
    }


async def main() -> None:
    plan = orjson.loads(sys.stdin.buffer.readline())
    pairs = await connect(plan["port"], plan["pairs"])
    gc.collect()
    gc.freeze()
    print('{"ready": true}', flush=True)
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        result = await talk(pairs, orjson.loads(line)["messages"])
        print(orjson.dumps(result).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
