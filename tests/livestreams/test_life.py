"""The life of a livestream through the doors: begun, lost and back, paused, over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from config.clock import MovableClock
from config.errors import DependencyUnavailable
from config.fields import render_instant
from realtime.livestreams import life
from tests.livestreams.people import Show, host_of, offer
from tests.support.livestream_engine import STRANGE, make_fake_engine
from tests.support.servers import Server, StartServer


@pytest.fixture
async def alone(start_server: StartServer) -> Server:
    """A clock of the test's own, which it may move by hours."""
    overrides = {"nodes": {"lease_seconds": 1_000_000}}
    return await start_server(overrides, clock=MovableClock(), make_engine=make_fake_engine)


async def test_a_livestream_goes_from_made_to_over(stage: Server) -> None:
    show = await Show.prepare(stage)
    made = await show.snapshot()
    assert (made["status"], made["media_id"], made["version"]) == ("scheduled", None, 1)
    started = await show.publish()
    assert (started["status"], started["is_paused"], started["pause_reason"]) == ("live", True, "connection")
    assert started["started_at"] is not None
    await show.engine.flow(UUID(started["media_id"]))
    seen = await show.told("resumed")
    assert (seen["is_paused"], seen["pause_until_at"], seen["media_id"]) == (False, None, started["media_id"])
    viewer = await show.add()
    joined = await viewer.watch()
    assert (joined["messages"], joined["top_senders"], joined["description"]["type"]) == ([], [], "offer")
    assert list(show.place.viewers.values()) == ["answered"]
    ended = await show.end()
    assert (ended["status"], ended["end_reason"], ended["media_id"], ended["viewer_count"]) == ("ended", "reader_ended", None, 0)
    assert await viewer.told("ended") == ended
    await show.until_closed(started["media_id"])
    assert (await viewer.live.refused("livestream.join", livestream_id=show.id))["code"] == "livestream.ended"
    assert await show.refused() == "livestream.ended"
    assert (await show.live.refused("livestream.pause", livestream_id=show.id))["code"] == "livestream.ended"
    assert await show.end() == ended, "a repeated end changes nothing"


async def test_events_bring_a_snapshot_to_what_the_server_says(stage: Server) -> None:
    show = await Show.prepare(stage)
    viewer = await show.add()
    watcher = await show.add()
    await watcher.live.command("livestreams.watch", on=True)
    known = (await viewer.join())["livestream"]
    versions = [known["version"]]
    steps: list[tuple[str, Any]] = [
        ("started", show.publish),
        ("resumed", lambda: show.engine.flow(show.place.place.media_id)),
        ("paused", lambda: show.engine.lose_publisher(show.place.place.media_id)),
        ("changed", lambda: show.reader.patch(f"/livestreams/{show.id}", {"title": "Later cards"})),
        ("changed", show.publish),
        ("resumed", lambda: show.engine.flow(show.place.place.media_id)),
        ("paused", show.pause),
        ("changed", show.publish),
        ("ended", show.end),
    ]
    for name, step in steps:
        await step()
        for person in (viewer, watcher):
            event = await person.live.next_event(
                f"livestream.{name}", lambda event: event["livestream_id"] == show.id and event["version"] > versions[-1]
            )
        versions.append(event["version"])
        known = event["livestream"]
        assert known == await show.snapshot(), name
    assert versions == list(range(1, len(steps) + 2))


async def publish_and_flow(show: Show) -> None:
    started = await show.publish()
    await show.engine.flow(UUID(started["media_id"]))


async def test_a_lost_publisher_comes_back_to_the_same_media(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    media_id = show.place.place.media_id
    await show.engine.lose_publisher(media_id)
    paused = await show.viewers[0].told("paused")
    assert (paused["pause_reason"], paused["media_id"]) == ("connection", str(media_id))
    assert paused["pause_until_at"] == render_instant(show.clock.now() + timedelta(seconds=60))
    again = await show.publish()
    assert (again["media_id"], again["is_paused"]) == (str(media_id), True)
    await show.engine.flow(media_id)
    resumed = await show.viewers[0].told("resumed", media_id=str(media_id))
    assert resumed["started_at"] == paused["started_at"]
    assert list(show.place.viewers.values()) == ["answered"], "whoever watched goes on watching"


async def test_a_publisher_who_does_not_come_back_ends_it(alone: Server) -> None:
    show = await Show.start(alone, viewers=1)
    media_id = show.place.place.media_id
    await show.engine.lose_publisher(media_id)
    await show.viewers[0].told("paused")
    await show.pass_time(59)
    assert (await show.snapshot())["status"] == "live"
    await show.pass_time(1)
    ended = await show.viewers[0].told("ended")
    assert (ended["end_reason"], ended["media_id"]) == ("publisher_lost", None)
    await show.until_closed(str(media_id))
    assert await show.status() == "online"


async def test_after_the_grace_nobody_comes_back_however_late_the_sweep_is(
    alone: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = await Show.start(alone)
    await show.engine.lose_publisher(show.place.place.media_id)
    await show.told("paused")

    async def nothing(*_arguments: Any) -> None:
        return None

    monkeypatch.setattr("realtime.livestreams.sweeps.carry_out_due", nothing)
    show.clock.advance(60)
    assert await show.refused() == "livestream.ended"
    assert (await (await show.add()).live.refused("livestream.join", livestream_id=show.id))["code"] == "livestream.ended"
    monkeypatch.setattr("realtime.livestreams.sweeps.carry_out_due", life.carry_out_due)
    await show.sweep()
    assert (await show.snapshot())["end_reason"] == "publisher_lost"


async def test_media_that_never_come_end_it(alone: Server) -> None:
    show = await Show.prepare(alone)
    await show.publish()
    await show.pass_time(60)
    assert (await show.snapshot())["end_reason"] == "publisher_lost"


async def test_without_any_grace_there_is_time_to_connect_and_none_to_come_back(start_server: StartServer) -> None:
    overrides = {"livestreams": {"reconnect_grace_seconds": 0}}
    server = await start_server(overrides, clock=MovableClock(), make_engine=make_fake_engine)
    show = await Show.prepare(server)
    started = await show.publish()
    await show.pass_time(20)
    await show.engine.flow(UUID(started["media_id"]))
    await show.told("resumed")
    await show.engine.lose_publisher(UUID(started["media_id"]))
    assert (await show.told("ended"))["end_reason"] == "publisher_lost"


async def test_a_pause_that_lasts_too_long_ends_it(alone: Server) -> None:
    show = await Show.start(alone)
    await show.pause()
    await show.pass_time(3599, step=1000)
    await show.reader.refresh()
    assert (await show.snapshot())["status"] == "live"
    await show.pass_time(1)
    assert (await show.snapshot())["end_reason"] == "pause_ran_out"


async def test_a_dead_engine_takes_the_media_and_the_reader_starts_at_another_place(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    viewer, media_id = show.viewers[0], show.place.place.media_id
    await show.engine.die()
    paused = await viewer.told("paused")
    assert (paused["pause_reason"], paused["media_id"]) == ("connection", None)
    assert (await viewer.join())["media"] == "waiting"
    again = await show.publish()
    assert again["media_id"] not in (None, str(media_id))
    changed = await viewer.told("changed", media_id=again["media_id"])
    assert changed["is_paused"]
    await viewer.watch()
    await show.engine.flow(UUID(again["media_id"]))
    await viewer.told("resumed", media_id=again["media_id"])


async def test_an_engine_that_is_away_is_told_so_and_nothing_changes(stage: Server) -> None:
    show = await Show.prepare(stage)
    show.engine.is_down = True
    error = await show.live.refused("livestream.start", livestream_id=show.id, description=offer())
    assert (error["code"], error["status"], error["retryable"]) == ("livestream.unavailable", 503, True)
    show.engine.is_down = False
    rooms, show.engine.rooms = show.engine.rooms, len(show.engine.places)
    assert await show.refused() == "livestream.full"
    show.engine.rooms = rooms
    assert (await show.snapshot())["status"] == "scheduled"
    await show.go_live()


async def test_an_offer_that_the_engine_refuses_changes_nothing(stage: Server) -> None:
    show = await Show.prepare(stage)
    before, places = await show.snapshot(), set(show.engine.places)
    assert await show.refused(STRANGE) == "request.invalid"
    assert await show.snapshot() == before
    assert set(show.engine.places) == places
    await show.go_live()
    seen = await show.snapshot()
    assert await show.refused(STRANGE) == "request.invalid"
    assert await show.snapshot() == seen
    assert show.place.publisher != STRANGE


async def test_of_two_livestreams_of_one_reader_one_is_live(stage: Server) -> None:
    for _ in range(5):
        show = await Show.prepare(stage)
        first, places = show.id, set(show.engine.places)
        second = (await show.create())["id"]
        answers = await asyncio.gather(
            *(show.live.send("livestream.start", {"livestream_id": id, "description": offer()}) for id in (first, second)),
            (await stage.connect(show.reader)).send("livestream.start", {"livestream_id": second, "description": offer()}),
        )
        live = {answer["data"]["livestream"]["id"] for answer in answers if answer["ok"]}
        codes = {answer["error"]["code"] for answer in answers if not answer["ok"]}
        assert (len(live), codes) == (1, {"livestream.already_live"}), answers
        await host_of(stage).keep_in_step()
        # Of two that started the same one the later holds it.
        opened = set(show.engine.places) - places
        (kept,) = [show.engine.places[media_id].livestream_id for media_id in opened]
        assert str(kept) in live


async def test_another_device_takes_the_publishing_over(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    before = await show.snapshot()
    other = await stage.connect(show.reader)
    data = await other.command("livestream.start", livestream_id=show.id, description=offer())
    assert data["livestream"] == before, "nobody else sees a difference"
    assert (await other.command("livestream.end", livestream_id=show.id))["livestream"]["status"] == "ended"


async def test_two_readers_are_live_side_by_side(stage: Server) -> None:
    first, second = await Show.start(stage, viewers=1), await Show.start(stage, viewers=1)
    assert first.place is not second.place
    await first.engine.lose_publisher(first.place.place.media_id)
    await first.viewers[0].told("paused")
    assert not (await second.snapshot())["is_paused"]
    assert (await first.live.refused("livestream.end", livestream_id=second.id))["code"] == "resource.not_found"


async def test_a_livestream_that_never_begins_is_given_up_a_day_after_its_time(alone: Server) -> None:
    show = await Show.prepare(alone, draft={"scheduled_at": render_instant(alone.clock.now() + timedelta(hours=2))})
    viewer = await show.add()
    await viewer.join()
    await show.pass_time(26 * 3600 - 1, step=10_000)
    await show.reader.refresh()
    assert (await show.snapshot())["status"] == "scheduled"
    await show.pass_time(1)
    over = await viewer.told("ended")
    assert (over["status"], over["end_reason"]) == ("cancelled", "never_started")


async def test_an_unverified_reader_cannot_go_live(stage: Server) -> None:
    reader = await stage.register("reader")
    show = Show(stage, reader, await stage.connect(reader))
    await show.create()
    assert await show.refused() == "reader.unverified"
    assert (await show.snapshot())["status"] == "scheduled"


async def test_a_reader_who_is_shut_out_or_not_vouched_for_any_more_is_off_the_air(stage: Server) -> None:
    admin = await stage.make_admin()
    for path, change in (
        ("/admin/users/{}", {"status": "suspended", "reason": "x"}),
        ("/admin/readers/{}/reject", {"reason": "x"}),
    ):
        show = await Show.start(stage, viewers=1)
        media_id = show.place.place.media_id
        send = admin.patch if "users" in path else admin.post
        async with asyncio.timeout(2):
            reply = await send(path.format(show.reader.id), change)
            assert reply.status < 300, reply.content
            ended = await show.viewers[0].told("ended")
            await show.until_closed(str(media_id))
        assert ended["end_reason"] == "reader_suspended"


async def test_media_whose_login_ended_are_gone_within_two_seconds(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    await asyncio.sleep(1.1)  # What was published within the last second is taken for what is still being written down.
    place = show.place
    async with asyncio.timeout(2):
        await show.reader.post("/auth/logout")
        paused = await show.viewers[0].told("paused")
    assert (paused["pause_reason"], place.publisher) == ("connection", None)
    await show.reader.log_in(show.reader.email, show.reader.password)
    show.live = await stage.connect(show.reader)
    await publish_and_flow(show)
    await show.viewers[0].told("resumed")


async def test_a_viewer_whose_login_ended_sees_nothing_more(stage: Server) -> None:
    show = await Show.start(stage, viewers=2)
    gone, place = show.viewers[0], show.place
    async with asyncio.timeout(2):
        await gone.person.post("/auth/logout")
        while len(place.viewers) == 2:  # noqa: ASYNC110  (the engine tells nobody)
            await asyncio.sleep(0.01)
    assert (await show.viewers[1].join())["media"] == "offered"


async def test_a_viewer_who_is_gone_is_let_go_of(stage: Server) -> None:
    show = await Show.start(stage, viewers=2)
    place = show.place
    await show.viewers[0].live.close()
    async with asyncio.timeout(5):
        while len(place.viewers) == 2:  # noqa: ASYNC110  (the engine tells nobody)
            await asyncio.sleep(0.01)
    await show.viewers[1].leave()
    assert place.viewers == {}


async def test_what_the_engine_says_while_the_database_is_away_is_written_down_later(
    stage: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = await Show.prepare(stage)
    started = await show.publish()
    host = host_of(stage)
    failed = asyncio.Event()

    async def fail(*_arguments: Any, **_options: Any) -> Any:
        failed.set()
        raise DependencyUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("realtime.livestreams.hosting.list_hosted", fail)
        await asyncio.wait_for(failed.wait(), 5)
        failed.clear()
        await show.engine.flow(UUID(started["media_id"]))
        await asyncio.wait_for(failed.wait(), 5)
        assert (await show.snapshot())["is_paused"]
    await show.told("resumed")
    assert host.places.held[UUID(started["media_id"])].publisher == "flowing"
