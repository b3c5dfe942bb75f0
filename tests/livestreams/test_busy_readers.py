"""A live reader is busy; one who left the livestream for a private consultation is free, and viewers' turns come."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from config.clock import MovableClock
from server.live import METER
from tests.livestreams.people import Show, Viewer, offer
from tests.support.bookings import book, offer_times
from tests.support.livestream_engine import make_fake_engine
from tests.support.servers import Server, StartServer


async def queue(viewer: Viewer) -> Any:
    data = await viewer.live.command("queue.join", reader_id=viewer.show.reader.id, type="chat", nonce=viewer.live.nonce())
    return data["entry"]


def request(viewer: Viewer) -> dict[str, Any]:
    return {"reader_id": viewer.show.reader.id, "type": "chat", "nonce": viewer.live.nonce()}


async def ask(viewer: Viewer) -> str:
    """The code with which a request is refused, or the consultation's id."""
    answer = await viewer.live.send("consultation.request", request(viewer))
    return str(answer["data"]["consultation"]["id"] if answer["ok"] else answer["error"]["code"])


async def turn(viewer: Viewer) -> Any:
    event = await viewer.live.next_event(
        "queue.changed", lambda event: event["entry"] is not None and event["entry"]["state"] == "reserved"
    )
    return event["entry"]


async def test_a_live_reader_is_busy_and_free_again_afterwards(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    assert await show.status() == "busy"
    assert await ask(show.viewers[0]) == "reader.busy"
    reply = await show.reader.get(f"/readers/{show.reader.id}")
    assert reply.body["livestream_id"] == show.id
    await show.end()
    assert await show.status() == "online"
    assert (await show.reader.get(f"/readers/{show.reader.id}")).body["livestream_id"] is None
    assert "." not in await ask(show.viewers[0])


async def test_watchers_of_the_directory_are_told_that_the_reader_is_busy_and_free_again(stage: Server) -> None:
    show = await Show.prepare(stage)
    watcher = await show.add()
    await watcher.live.command("readers.watch", on=True)

    async def told(status: str) -> None:
        await watcher.live.next_event(
            "reader.status_changed",
            lambda event: event["reader_id"] == show.reader.id and event["status"] == status,
        )

    await show.publish()
    await told("busy")
    await show.pause()
    await told("online")
    await show.publish()
    await told("busy")
    await show.end()
    await told("online")


async def test_who_waits_in_line_gets_the_turn_when_the_livestream_ends(stage: Server) -> None:
    show = await Show.start(stage, viewers=2)
    first, second = show.viewers
    assert ((await queue(first))["position"], (await queue(second))["position"]) == (1, 2)
    await show.end()
    await turn(first)
    assert await ask(second) == "reader.busy"
    assert "." not in await ask(first)


async def test_a_pause_for_a_private_consultation_gives_the_turn_and_the_reader_comes_back(stage: Server) -> None:
    show = await Show.start(stage, viewers=2)
    first, second = show.viewers
    await queue(first)
    paused = await show.pause()
    assert (paused["is_paused"], paused["pause_reason"], paused["media_id"]) == (True, "private", None)
    await turn(first)
    assert await show.status() == "busy"
    assert await ask(second) == "reader.busy"
    consultation_id = await ask(first)
    assert await show.refused() == "reader.busy", "it rings"
    await show.live.command("consultation.accept", consultation_id=consultation_id)
    assert await show.refused() == "reader.busy"
    await show.live.command("consultation.join", consultation_id=consultation_id)
    await first.live.command("consultation.join", consultation_id=consultation_id)
    await show.live.command("consultation.end", consultation_id=consultation_id)
    assert (await show.snapshot())["pause_reason"] == "private", "the reader presses to go on"
    assert await show.status() == "online"
    back = await show.go_live()
    assert (back["is_paused"], back["status"]) == (False, "live")
    assert back["media_id"] not in (None, paused["media_id"])
    assert await show.status() == "busy"


async def test_a_reader_who_never_said_online_is_free_while_paused_and_not_afterwards(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    await show.live.command("reader.set_status", status="offline")
    assert await show.status() == "busy"
    await queue(show.viewers[0])
    await show.pause()
    await turn(show.viewers[0])
    await show.live.command("livestream.end", livestream_id=show.id)
    assert await show.status() == "offline"
    assert await ask(show.viewers[0]) == "reader.offline"


async def test_going_on_takes_the_turn_back_without_losing_the_place(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    viewer = show.viewers[0]
    await queue(viewer)
    await show.pause()
    await turn(viewer)
    await show.publish()
    event = await viewer.live.next_event("queue.changed", lambda event: event["entry"]["state"] == "waiting")
    # The first such event told that the line was joined.
    event = await viewer.live.next_event("queue.changed", lambda event: event["entry"]["state"] == "waiting")
    assert event["entry"]["position"] == 1
    assert await ask(viewer) == "reader.busy"


async def test_nobody_can_go_live_out_of_a_consultation(stage: Server) -> None:
    show = await Show.prepare(stage)
    viewer = await show.add()
    consultation_id = await ask(viewer)
    assert await show.refused() == "reader.busy"
    assert not [place for place in show.engine.places.values() if str(place.livestream_id) == show.id]
    await show.live.command("consultation.decline", consultation_id=consultation_id)
    await show.publish()


async def test_of_a_request_and_a_start_at_the_same_time_one_wins(stage: Server) -> None:
    outcomes = set()
    for _ in range(6):
        show = await Show.prepare(stage)
        viewer = await show.add()
        asked, started = await asyncio.gather(
            ask(viewer),
            show.live.send("livestream.start", {"livestream_id": show.id, "description": offer()}),
        )
        was_asked, has_started = "." not in asked, bool(started["ok"])
        assert was_asked != has_started, (asked, started)
        outcomes.add(has_started)
        assert (await show.snapshot())["status"] == ("live" if has_started else "scheduled")
    assert outcomes


@pytest.fixture
async def alone(start_server: StartServer) -> Server:
    """A clock of the test's own, which it may move by hours."""
    overrides = {"nodes": {"lease_seconds": 1_000_000}}
    return await start_server(overrides, clock=MovableClock(), make_engine=make_fake_engine)


async def test_a_line_does_not_dissolve_during_a_long_livestream(alone: Server) -> None:
    show = await Show.start(alone, viewers=1)
    await queue(show.viewers[0])
    await show.pass_time(2400, step=600)
    await show.end()
    await turn(show.viewers[0])


async def booked(show: Show) -> tuple[Viewer, str, datetime]:
    """Somebody who has booked the reader, the consultation and its time."""
    viewer = await show.add()
    await offer_times(show.reader)
    at = show.clock.now() + timedelta(minutes=30)
    reply = await book(viewer.person, show.reader, at)
    assert reply.status == 201, reply.content
    return viewer, reply.body["id"], at


async def tick(show: Show) -> None:
    await show.server.app[METER].tick()


async def consultation_status(show: Show, viewer: Viewer, consultation_id: str) -> str:
    await viewer.person.refresh()
    return str((await viewer.person.get(f"/consultations/{consultation_id}")).body["status"])


async def test_a_booking_does_not_begin_in_a_livestream_but_in_its_pause(alone: Server) -> None:
    show = await Show.prepare(alone)
    viewer, consultation_id, at = await booked(show)
    await show.go_live()
    await show.pass_time((at - show.clock.now()).total_seconds(), step=1800)
    await tick(show)
    assert await consultation_status(show, viewer, consultation_id) == "scheduled"
    await show.pause()
    await tick(show)
    assert await consultation_status(show, viewer, consultation_id) == "in_progress"
    assert await show.refused() == "reader.busy"


async def test_who_does_not_leave_the_livestream_for_a_booking_did_not_come(alone: Server) -> None:
    show = await Show.prepare(alone)
    viewer, consultation_id, at = await booked(show)
    await show.go_live()
    await show.pass_time((at - show.clock.now()).total_seconds() + 601, step=3000)
    await tick(show)
    await viewer.person.refresh()
    found = (await viewer.person.get(f"/consultations/{consultation_id}")).body
    assert (found["status"], found["end_reason"]) == ("no_show", "reader_no_show")


async def test_nobody_goes_live_just_before_a_booking(alone: Server) -> None:
    show = await Show.prepare(alone)
    _viewer, _consultation_id, at = await booked(show)
    await show.pass_time((at - show.clock.now()).total_seconds() - 200, step=3000)
    assert await show.refused() == "reader.busy"
