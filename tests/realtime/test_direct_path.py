"""What only the direct path has: its own bound on what waits for a peer, one ping wheel, frames made by hand."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import WSMsgType
from aiohttp._websocket.reader import WebSocketReader

from config import limits
from config.fields import View
from realtime.commands import Command, EventKind
from realtime.direct.frames import text_frame
from realtime.direct.pings import PingWheel
from realtime.direct.websockets import DirectQueue, TakeText
from storage.database import Database
from storage.transaction import Event
from tests.realtime.conftest import COMMANDS, LiveNode, Said, Say, run_node
from tests.realtime.raw import RawPeer


class Count(View):
    room: str
    count: int
    padding: str


async def give_much(live: Any, caller: Any, payload: Say) -> Said:
    return Said(text=payload.text * payload.count, user_id=caller.user_id)


MUCH = Command("test.much", Say, Said, give_much, "Answer with much")
COUNTED = EventKind("test.counted", Count, "a room", "somebody counted", coalesces_by=("room",))


@pytest.fixture
async def node(shared_database: Database, stack: AsyncExitStack) -> LiveNode:
    return await run_node(stack, shared_database, direct=True, commands=(*COMMANDS, MUCH), events=(COUNTED,))


async def tell(node: LiveNode, peer: RawPeer, name: str, payload: Any) -> None:
    await node.gateway.delivery.deliver([Event(name, peer.connected["sid"], payload)])


def wire_of(node: LiveNode, peer: RawPeer) -> Any:
    connection = node.gateway._connections.find(peer.connected["sid"])
    assert connection is not None
    return connection.transport


def waiting_bytes(node: LiveNode, peer: RawPeer) -> int:
    return int(wire_of(node, peer)._transport.get_write_buffer_size())


async def fill_the_kernel(node: LiveNode, peer: RawPeer) -> None:
    """Write until the kernel takes no more and bytes begin to wait in this process."""
    padding = Count(room="filler", count=0, padding="x" * 8_000)
    for _ in range(5_000):
        await tell(node, peer, "test.filler", padding)
        await asyncio.sleep(0)
        if waiting_bytes(node, peer) > 0:
            return
    raise AssertionError("the kernel takes everything")


async def test_a_peer_that_does_not_read_is_dropped_before_much_waits_for_it(node: LiveNode) -> None:
    person = await node.person()
    deaf, calm = await node.peer(person), await node.peer(person)
    deaf.stop_reading()
    await fill_the_kernel(node, deaf)
    wire = wire_of(node, deaf)
    most = 0
    event = Count(room="a", count=0, padding="x" * 1_000)
    for _ in range(500):
        await tell(node, deaf, "test.filler", event)
        most = max(most, wire._transport.get_write_buffer_size())
    assert wire.was_dropped
    assert most < limits.OUTGOING_BYTES + 10_000
    await node.until(lambda: node.gateway.connection_count == 1)
    assert (await calm.ask("test.echo", {"text": "unaffected"}))["ok"]


async def test_of_events_that_replace_each_other_a_slow_peer_gets_the_newest(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    peer.stop_reading()
    await fill_the_kernel(node, peer)
    while waiting_bytes(node, peer) < limits.OUTGOING_BYTES * 3 // 4:
        await tell(node, peer, "test.filler", Count(room="filler", count=0, padding="x" * 4_000))
    for count in range(2_000):
        for room in ("a", "b"):
            await tell(node, peer, "test.counted", Count(room=room, count=count, padding="x" * 500))
    assert not wire_of(node, peer).was_dropped
    assert waiting_bytes(node, peer) < limits.OUTGOING_BYTES
    peer.resume_reading()
    seen: dict[str, int] = {}
    while seen != {"a": 1_999, "b": 1_999}:
        event = await peer.next_event("test.counted")
        assert event["count"] > seen.get(event["room"], -1), "an older event never follows a newer one"
        seen[event["room"]] = event["count"]


async def test_a_newer_event_written_directly_forgets_the_one_put_aside(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    wire = wire_of(node, peer)
    wire._put_aside(text_frame(b'42["test.counted",{"count":1}]'), "test.counted a")
    wire.write_event(text_frame(b'42["test.counted",{"count":2}]'), "test.counted a")
    await peer.ask("test.echo", {"text": "after"})
    assert [payload["count"] for name, payload in peer.events if name == "test.counted"] == [2]


async def test_large_answers_that_were_asked_for_do_not_count_against_a_slow_peer(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    peer.stop_reading()
    await fill_the_kernel(node, peer)
    await peer.send_text('42["test.much",{"text":"%s","count":30}]' % ("x" * 10_000))
    await peer.send_text('427["test.much",{"text":"%s","count":30}]' % ("x" * 10_000))
    await node.until(lambda: waiting_bytes(node, peer) > 200_000)
    await tell(node, peer, "test.filler", Count(room="after", count=1, padding=""))
    assert not wire_of(node, peer).was_dropped
    peer.resume_reading()
    assert len((await peer.answer(7))["data"]["text"]) == 300_000
    await peer.until(lambda: any(payload["room"] == "after" for _, payload in peer.events))


async def test_a_room_of_peers_that_do_not_read_costs_little_memory(node: LiveNode) -> None:
    person = await node.person()
    peers = [await node.peer(person) for _ in range(10)]
    for peer in peers:
        peer.stop_reading()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3_000):
            event = Event("test.filler", f"user:{person.user_id}", Count(room="a", count=number, padding="x" * 2_000))
            await node.gateway.delivery.deliver([event])
            await asyncio.sleep(0)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 10 * (limits.OUTGOING_BYTES + 20_000)
    await node.until(lambda: node.gateway.connection_count == 0)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_is_read_as_it_was_written(size: int) -> None:
    content = ("é" * size)[:size]
    messages: list[Any] = []
    reader = make_reader(messages)
    failed, _rest = reader.feed_data(text_frame(content.encode()))
    assert not failed
    assert [message[1] for message in messages] == [content]


def make_reader(messages: list[Any]) -> WebSocketReader:
    """aiohttp's own parser over our queue, which takes every text."""
    queue = make_queue(lambda text: messages.append((WSMsgType.TEXT, text)) is None)
    return WebSocketReader(queue, 1 << 20, compress=False, decode_text=True)


def make_queue(take_text: TakeText) -> DirectQueue:
    class Protocol:
        _reading_paused = False

    queue = DirectQueue(Protocol(), 1 << 16, loop=None)  # type: ignore[arg-type]  # only waiting would need a loop
    queue.take_text = take_text
    return queue


class PingedPeer:
    """Answers after `answers_after` seconds; never when that is None."""

    def __init__(self, answers_after: float | None) -> None:
        self.answers_after = answers_after
        self.pinged_at: float | None = None
        self.is_over = False
        self.pings: list[float] = []
        self.dropped_at: float | None = None
        self.now = 0.0

    def ping(self) -> None:
        self.pings.append(self.now)

    def drop(self, reason: str) -> None:
        assert reason == "silent"
        self.is_over, self.dropped_at = True, self.now

    def live_until(self, now: float) -> None:
        self.now = now
        if self.answers_after is not None and self.pinged_at is not None and now - self.pinged_at >= self.answers_after:
            self.pinged_at = None


def turn_for(wheel: PingWheel, peers: list[PingedPeer], seconds: float, *, start: float = 0.0) -> float:
    now = start
    while now < start + seconds - 1e-9:
        now += wheel.tick_seconds
        for peer in peers:
            peer.live_until(now)
        wheel.turn(now)
    return now


async def test_the_wheel_pings_and_gives_up_the_silent() -> None:
    wheel = PingWheel(interval_seconds=2, timeout_seconds=3)
    quick, slow, dead, late = PingedPeer(0.5), PingedPeer(2.0), PingedPeer(None), PingedPeer(4.0)
    peers = [quick, slow, dead, late]
    for peer in peers:
        wheel.add(peer)
    turn_for(wheel, peers, 60)
    await wheel.stop()
    assert quick.dropped_at is None
    assert len(quick.pings) >= 29
    assert slow.dropped_at is None
    assert dead.pings == [2.0]
    assert dead.dropped_at == 5.0
    assert late.dropped_at == 5.0


async def test_a_process_that_did_not_listen_gives_up_nobody() -> None:
    wheel = PingWheel(interval_seconds=2, timeout_seconds=3)
    peer = PingedPeer(0.5)
    wheel.add(peer)
    now = turn_for(wheel, [peer], 2)
    assert peer.pinged_at is not None
    wheel.forgive(now + 30)
    turn_for(wheel, [peer], 20, start=now + 30)
    await wheel.stop()
    assert peer.dropped_at is None


async def test_everybody_is_visited_whatever_the_wheels_measures() -> None:
    for seed in range(30):
        source = random.Random(seed)
        wheel = PingWheel(interval_seconds=source.choice([0.5, 1, 2, 25]), timeout_seconds=source.choice([0.5, 1, 3, 20]))
        peers = [PingedPeer(source.choice([None, 0.0])) for _ in range(20)]
        for peer in peers:
            wheel.add(peer)
        turn_for(wheel, peers, 120)
        await wheel.stop()
        assert all((peer.dropped_at is None) == (peer.answers_after is not None) for peer in peers), f"seed {seed}"
