"""A line and a booking of the same reader: the booking comes first, and the line goes on after it."""

from __future__ import annotations

from config.clock import MovableClock
from tests.queue.people import Waiting
from tests.support.bookings import booked, move_towards_start
from tests.support.servers import StartServer

# The clock is moved an hour at once.
SETTINGS = {"consultations": {"silent_reader_seconds": 0}, "nodes": {"lease_seconds": 1e6}}


async def test_nobody_in_line_gets_the_turn_while_a_booking_is_near(start_server: StartServer) -> None:
    server = await start_server(SETTINGS, clock=MovableClock())
    scene = await booked(server)
    waiting = Waiting(scene)
    await move_towards_start(scene, seconds=-30)
    assert await waiting.status() == "busy"
    waiter = await waiting.add()
    await waiting.sweep()
    entry = await waiter.entry()
    assert (entry["state"], entry["skip_reason"], entry["stalled_until_at"]) == ("waiting", None, None)
    assert await waiter.request_refused() == "reader.busy"
    await move_towards_start(scene)
    for live in (scene.client_live, scene.reader_live):
        await live.command("consultation.join", consultation_id=scene.id)
    await waiting.sweep()
    assert (await waiter.entry())["state"] == "waiting"
    await scene.end()
    await waiter.next_change(state="reserved")


async def test_whose_own_booking_is_near_is_skipped(start_server: StartServer) -> None:
    server = await start_server(SETTINGS, clock=MovableClock())
    scene = await booked(server)
    await move_towards_start(scene, seconds=-30)
    line = await Waiting.start(server, waiters=0)
    await scene.client_live.command("queue.join", reader_id=line.reader_id, type="chat", nonce="n")
    await line.free_the_reader()
    told = await scene.client_live.next_event("queue.changed", lambda event: event["entry"]["skip_reason"] is not None)
    assert told["entry"]["skip_reason"] == "busy"
    assert await line.status() == "online"
