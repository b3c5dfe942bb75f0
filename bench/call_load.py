"""The load of the calls benchmark, a process of its own: pairs that hold a conversation for a while, by chat or by call.

It reads one JSON object per line (first whom to connect, then for how long) and answers each with one line. Everybody says a
message every ten seconds; who calls negotiates at the beginning, as two browsers do, and reports media every two seconds.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import Counter
from typing import Any

import orjson
import uvloop

from bench.peers import Peer

MESSAGE_EVERY_SECONDS = 10.0
REPORT_EVERY_SECONDS = 2.0
CANDIDATES = 12
_CONNECTING_AT_ONCE = 20


class Speaker:
    """One person. Commands are counted by what came of them."""

    def __init__(self, peer: Peer, room: str, is_client: bool, calls: bool) -> None:
        self.peer, self.room, self.is_client, self.calls = peer, room, is_client, calls
        self.answers: Counter[str] = Counter()
        self.signals = 0
        self._number = self._packets = 0
        peer.on_packet = self._take

    def _take(self, packet: bytes) -> None:
        if packet.startswith(b"43"):
            self.answers["ok" if b'"ok":true' in packet else packet.decode()[:120]] += 1
        elif packet.startswith(b'42["signal.received"'):
            self.signals += 1

    def _send(self, name: str, **payload: Any) -> None:
        self._number += 1
        self.peer.send(b"42%d" % self._number + orjson.dumps([name, {"consultation_id": self.room, **payload}]))

    async def talk(self, until: float, offset: float) -> None:
        await asyncio.sleep(offset)
        if self.calls:
            self._send("signal.send", description={"type": "offer" if self.is_client else "answer", "sdp": _SDP})
            for number in range(CANDIDATES):
                self._send("signal.send", candidate={"candidate": _CANDIDATE.format(number), "sdpMid": "0", "sdpMLineIndex": 0})
        next_message = time.monotonic()
        while time.monotonic() < until:
            if self.calls:
                self._packets += 100
                counts = {"packets_sent": self._packets, "packets_received": self._packets, "round_trip_ms": 21.5}
                self._send("media.report", state="connected", stats=counts)
            if time.monotonic() >= next_message:
                next_message += MESSAGE_EVERY_SECONDS
                self._send("message.send", content="Can you see the two roads?", kind="text", nonce=f"{self._number}")
            await asyncio.sleep(REPORT_EVERY_SECONDS)


# As long as what Chromium offers for sound and picture.
_SDP = "\r\n".join(
    [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789abcdef0123456789",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        *(f"a=rtpmap:{number} something/90000" for number in range(150)),
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "",
    ]
)
_CANDIDATE = "candidate:{} 1 udp 2113937151 192.0.2.7 50000 typ host generation 0 ufrag abcd network-cost 999"


async def connect(port: int, pairs: list[list[dict[str, str]]], calls: bool) -> list[Speaker]:
    gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def seat(plan: dict[str, str], is_client: bool) -> Speaker:
        async with gate:
            peer = await Peer.connect("127.0.0.1", port, plan["token"])
            join = orjson.dumps(["consultation.join", {"consultation_id": plan["room"]}])
            answer = await peer.ask(b"420" + join)
            assert b'"ok":true' in answer, answer
            return Speaker(peer, plan["room"], is_client, calls)

    return await asyncio.gather(*(seat(plan, index == 0) for pair in pairs for index, plan in enumerate(pair)))


async def talk(speakers: list[Speaker], seconds: float) -> dict[str, Any]:
    until = time.monotonic() + seconds
    step = REPORT_EVERY_SECONDS / len(speakers)
    await asyncio.gather(*(speaker.talk(until, number * step) for number, speaker in enumerate(speakers)))
    answers: Counter[str] = sum((speaker.answers for speaker in speakers), Counter())
    result = {"answers": dict(answers), "signals": sum(speaker.signals for speaker in speakers), "seconds": seconds}
    for speaker in speakers:
        speaker.answers, speaker.signals = Counter(), 0
    return result


async def main() -> None:
    plan = orjson.loads(sys.stdin.buffer.readline())
    speakers = await connect(plan["port"], plan["pairs"], plan["calls"])
    gc.collect()
    gc.freeze()
    print('{"ready": true}', flush=True)
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        result = await talk(speakers, orjson.loads(line)["seconds"])
        print(orjson.dumps(result).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
