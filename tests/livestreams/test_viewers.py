"""Who watches: counted once each, told at most once a second, let in and turned away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.clock import MovableClock
from server.live import LIVESTREAM_SWEEPER
from tests.livestreams.people import Show, Viewer, offer
from tests.support.livestream_engine import STRANGE, VIEWER_ANSWER, make_fake_engine
from tests.support.servers import Server, StartServer


@pytest.fixture
async def counted(start_server: StartServer) -> Server:
    """Counts only when the test's clock has moved by a second."""
    return await start_server({"nodes": {"lease_seconds": 1_000_000}}, clock=MovableClock(), make_engine=make_fake_engine)


async def figures(show: Show) -> tuple[int, int]:
    found = await show.snapshot()
    return found["viewer_count"], found["peak"]


async def count(show: Show) -> None:
    show.clock.advance(1)
    await show.sweep()


async def test_people_are_counted_once_each_without_the_reader(counted: Server) -> None:
    show = await Show.start(counted, viewers=2)
    again = await counted.connect(show.viewers[0].person)
    await again.command("livestream.join", livestream_id=show.id)
    await show.live.command("livestream.join", livestream_id=show.id)
    await count(show)
    assert await figures(show) == (2, 2)
    told = await show.live.next_event("livestream.viewers_changed", lambda event: event["viewer_count"] == 2)
    assert (told["livestream_id"], told["peak"]) == (show.id, 2)
    version = (await show.snapshot())["version"]
    await show.viewers[1].leave()
    await count(show)
    assert await figures(show) == (1, 2)
    await show.viewers[0].live.close()
    await until_connections(show, 1)
    await count(show)
    assert await figures(show) == (1, 2), "the other device still watches"
    await again.close()
    await until_connections(show, 0)
    await count(show)
    assert await figures(show) == (0, 2)
    assert (await show.snapshot())["version"] == version


async def until_connections(show: Show, wanted: int) -> None:
    """The database knows of so many connections of viewers."""
    async with asyncio.timeout(10), show.server.database.connection() as db:
        while wanted != await db.fetch_value(  # noqa: ASYNC110  (the database tells nobody)
            "SELECT count(*) FROM livestream_viewers WHERE livestream_id::text = $1 AND user_id::text <> $2",
            show.id,
            show.reader.id,
        ):
            await asyncio.sleep(0.01)


async def test_it_is_told_once_a_second_at_most_and_the_last_figure_is_told(counted: Server) -> None:
    show = await Show.start(counted)
    for _ in range(4):
        for _ in range(2):
            await (await show.add()).join()
            # However often it is looked at within the second.
            await asyncio.gather(*(counted.app[LIVESTREAM_SWEEPER].sweep() for _ in range(3)))
        show.clock.advance(1)
    await show.sweep()
    assert await figures(show) == (8, 8)
    await show.live.next_event("livestream.viewers_changed", lambda event: event["viewer_count"] == 8)
    told = [event["viewer_count"] for name, event in show.live.events if name == "livestream.viewers_changed"]
    assert told == sorted(told)
    assert len(told) <= 5, "five seconds have passed"
    instants = [event["at"] for name, event in show.live.events if name == "livestream.viewers_changed"]
    assert len(set(instants)) == len(instants)


async def test_who_waits_before_it_begins_is_counted_but_makes_no_peak(counted: Server) -> None:
    show = await Show.prepare(counted)
    viewer = await show.add()
    assert (await viewer.join())["media"] == "waiting"
    await count(show)
    assert await figures(show) == (1, 0)
    await show.publish()
    await viewer.told("started")
    await viewer.watch()
    await (await show.add()).join()
    await count(show)
    assert await figures(show) == (2, 2)
    await show.end()
    assert await figures(show) == (0, 2)
    await count(show)
    assert await figures(show) == (0, 2)


async def test_a_full_engine_leaves_the_chat_and_says_so(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    viewer = await show.add()
    seats, show.engine.seats = show.engine.seats, 1
    joined = await viewer.join()
    assert (joined["media"], joined["description"]) == ("full", None)
    show.engine.seats = seats
    await viewer.watch()
    show.engine.is_down = True
    assert (await viewer.join())["media"] == "unavailable"
    answered = await viewer.live.refused(
        "livestream.answer", livestream_id=show.id, description={"type": "answer", "sdp": VIEWER_ANSWER}
    )
    show.engine.is_down = False
    assert answered["code"] == "livestream.unavailable"


async def test_one_person_takes_no_more_than_a_few_places(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    greedy = await show.add()
    everywhere = [Viewer(show, greedy.person, await stage.connect(greedy.person), stage) for _ in range(5)]
    states = []
    for viewer in everywhere:
        show.clock.advance(0.01)
        states.append((await viewer.join())["media"])
    assert states == ["offered"] * 4 + ["full"]
    assert (await everywhere[0].join())["media"] == "offered", "what they have they keep"
    await everywhere[0].leave()
    assert (await everywhere[4].join())["media"] == "offered"
    assert (await (await show.add()).join())["media"] == "offered"


async def test_joining_again_is_another_offer_and_an_answer_counts_once(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    viewer = show.viewers[0]
    assert await answer_code(viewer.live, show) == "livestream.media_gone"
    await viewer.watch()
    assert list(show.place.viewers.values()) == ["answered"]
    await show.engine.drop_viewer(show.place.place.media_id, next(iter(show.place.viewers)))
    await viewer.watch()
    assert list(show.place.viewers.values()) == ["answered"]


async def answer_code(live: Any, show: Show, sdp: str = VIEWER_ANSWER) -> str:
    description = {"type": "answer", "sdp": sdp}
    return str((await live.refused("livestream.answer", livestream_id=show.id, description=description))["code"])


async def test_outsiders_and_rubbish_are_refused_and_change_nothing(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    viewer, outsider = show.viewers[0], await show.add()
    before, unknown = await show.snapshot(), "01890000-0000-7000-8000-000000000000"
    live = outsider.live
    for command in ("livestream.pause", "livestream.end"):
        assert (await live.refused(command, livestream_id=show.id))["code"] == "resource.not_found"
    code = (await live.refused("livestream.start", livestream_id=show.id, description=offer()))["code"]
    assert code == "resource.not_found"
    assert await answer_code(live, show) == "livestream.not_joined"
    for command in ("livestream.join", "livestream.leave", "livestream.end"):
        assert (await live.refused(command, livestream_id=unknown))["code"] == "resource.not_found"
    await outsider.leave()
    assert await answer_code(viewer.live, show, STRANGE) == "livestream.media_gone"
    await viewer.join()
    assert await answer_code(viewer.live, show, STRANGE) == "request.invalid"
    await viewer.answer()
    bad: list[Any] = [
        None,
        [],
        {},
        {"livestream_id": show.id},
        {"livestream_id": "x", "description": offer()},
        {"livestream_id": show.id, "description": {"type": "answer", "sdp": VIEWER_ANSWER}},
        {"livestream_id": show.id, "description": offer("v=0\r\n")},
        {"livestream_id": show.id, "description": offer("\x00")},
        {"livestream_id": show.id, "description": offer(offer()["sdp"] + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n")},
        {"livestream_id": show.id, "description": offer(offer()["sdp"] + "m=application 9 UDP/DTLS/SCTP x\r\n")},
        {"livestream_id": show.id, "description": offer(offer()["sdp"] + "a=" + "x" * 40_000)},
        {"livestream_id": show.id, "description": offer(), "more": 1},
    ]
    for payload in bad:
        answer = await show.live.send("livestream.start", payload)
        assert (answer["ok"], answer["error"]["status"]) == (False, 422), (payload, answer)
    answer = await show.live.send("livestream.start", {"livestream_id": show.id, "description": offer("x" * 70_000)})
    assert answer["error"]["code"] == "limit.payload_too_large"
    for payload in ({"livestream_id": show.id, "after_seq": -1}, {"livestream_id": show.id, "after_seq": 2**40}):
        assert (await live.send("livestream.join", payload))["error"]["status"] == 422
    assert await show.snapshot() == before
    assert list(show.place.viewers.values()) == ["answered"]


async def test_the_list_is_watched_without_joining_anything(stage: Server) -> None:
    show = await Show.prepare(stage)
    watcher, other = await show.add(), await show.add()
    assert await watcher.live.command("livestreams.watch", on=True) == {"on": True}
    await show.publish()
    await watcher.told("started", id=show.id)
    await watcher.live.command("livestreams.watch", on=False)
    await show.end()
    await show.told("ended")
    assert "livestream.ended" not in [name for name, _payload in watcher.live.events]
    assert not [name for name, _payload in other.live.events if name.startswith("livestream.")]
