"""The load of the fan-out benchmarks, a process of its own: a room of viewers over real WebSockets, and some who give in it.

It reads one JSON object per line (first whom to connect, then how many gifts to send) and answers each with one line. The n-th
gift that a viewer hears of is the n-th that was sent: each is sent by itself, and they are told in their order.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from array import array
from typing import Any

import orjson
import uvloop

from bench.peers import Peer

_TOLD = b'42["gift.sent"'
_CONNECTING_AT_ONCE = 20
_DRAIN_SECONDS = 180
_AFTERWARDS_SECONDS = 3.0
_NARROW_BYTES = 8 * 1024
# Stands in a sender's template where each gift's nonce and message go.
NONCE = "NONCE"


class Room:
    """Viewers, some of whom may have stopped to read, and the commands of those who give."""

    def __init__(self) -> None:
        self.viewers: list[Peer] = []
        self.senders: list[tuple[Peer, list[bytes]]] = []
        self.sample = b""
        self._heard: dict[Peer, int] = {}
        self._sent_at: list[float] = []
        self._missing: list[int] = []
        self._last_at: list[float] = []
        self._delays = array("d")
        self._done = asyncio.Event()
        self._given = 0

    async def seat(self, port: int, plan: dict[str, str], *, is_narrow: bool = False) -> Peer:
        peer = await Peer.connect("127.0.0.1", port, plan["token"], receive_bytes=_NARROW_BYTES if is_narrow else None)
        answer = await peer.ask(plan["join"].encode())
        assert b'"ok":true' in answer, answer
        return peer

    def listen(self) -> None:
        for peer in self.viewers:
            self._heard[peer] = 0
            peer.on_packet = lambda packet, peer=peer: self._take(peer, packet)  # type: ignore[misc]

    def _take(self, peer: Peer, packet: bytes) -> None:
        if self._done.is_set() or not packet.startswith(_TOLD):
            return
        now, number = time.perf_counter(), self._heard[peer]
        self._heard[peer] = number + 1
        self._delays.append(now - self._sent_at[number])
        self._missing[number] -= 1
        if not self._missing[number]:
            self._last_at[number] = now
            self.sample = packet
            if number + 1 == len(self._missing) and len(self._missing) == self._given:
                self._done.set()

    async def give(self, gifts: int, per_second: float, stop_reading: int) -> dict[str, Any]:
        """So many gifts, evenly; returns once the last viewer has heard of the last one."""
        for peer in self.viewers[:stop_reading]:
            peer.stop_reading()
        listening = self.viewers[stop_reading:]
        for peer in self._heard:
            self._heard[peer] = 0
        self._sent_at, self._missing, self._last_at, self._delays = [], [], [0.0] * gifts, array("d")
        self._given = gifts
        self._done.clear()
        began = time.perf_counter()
        for number in range(gifts):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            sender, parts = self.senders[number % len(self.senders)]
            self._sent_at.append(time.perf_counter())
            self._missing.append(len(listening))
            sender.send((b"n%d-%d" % (int(began * 1000), number)).join(parts))
        async with asyncio.timeout(_DRAIN_SECONDS):
            await self._done.wait()
        seconds = time.perf_counter() - began
        # Who reads again finds out whether they were dropped.
        for peer in self.viewers[:stop_reading]:
            peer.read_again()
        await asyncio.sleep(_AFTERWARDS_SECONDS if stop_reading else 0)
        last = sorted(at - sent for at, sent in zip(self._last_at, self._sent_at, strict=True))
        delays = sorted(self._delays)
        return {
            "deliveries": len(delays),
            "seconds": seconds,
            "last_p50_ms": last[len(last) // 2] * 1000,
            "last_p99_ms": last[len(last) * 99 // 100] * 1000,
            "p50_ms": delays[len(delays) // 2] * 1000,
            "p99_ms": delays[len(delays) * 99 // 100] * 1000,
            "closed": sum(peer.is_closed for peer in self.viewers),
            "bytes": len(self.sample),
            "sample": self.sample[2:].decode(),
        }


async def fill(plan: dict[str, Any]) -> Room:
    gate, room = asyncio.Semaphore(_CONNECTING_AT_ONCE), Room()

    async def seat(person: dict[str, str], *, is_narrow: bool = False) -> Peer:
        async with gate:
            return await room.seat(plan["port"], person, is_narrow=is_narrow)

    narrow = plan["narrow"]
    room.viewers = await asyncio.gather(
        *(seat(person, is_narrow=number < narrow) for number, person in enumerate(plan["viewers"]))
    )
    for person in plan["senders"]:
        room.senders.append((await seat(person), [part.encode() for part in person["give"].split(NONCE)]))
    room.listen()
    return room


async def main() -> None:
    room = await fill(orjson.loads(sys.stdin.buffer.readline()))
    gc.collect()
    gc.freeze()
    print('{"ready": true}', flush=True)
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        plan = orjson.loads(line)
        result = await room.give(plan["gifts"], plan["per_second"], plan["stop_reading"])
        print(orjson.dumps(result).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
