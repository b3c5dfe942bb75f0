"""What the life of a livestream tells followers, through its doors and with an engine that does what the test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from config.clock import MovableClock
from config.fields import render_instant
from tests.following.people import add_follower, kinds, make_due, notifications, until_told
from tests.livestreams.people import Show
from tests.support.livestream_engine import make_fake_engine
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def stage(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    folder = tmp_path_factory.mktemp("var")
    async with (
        postgres.database() as dsn,
        run_server(dsn, folder, clock=MovableClock(), make_engine=make_fake_engine) as server,
    ):
        yield server


async def test_followers_are_told_with_the_first_picture_and_at_the_end(stage: Server) -> None:
    show = await Show.prepare(stage)
    follower, other = await add_follower(stage, show.reader), await stage.register()
    live, elsewhere = await stage.connect(follower), await stage.connect(other)
    await show.publish()
    await until_told(stage)
    assert await kinds(follower) == [], "there is nothing to see yet"
    await show.go_live()
    await until_told(stage)
    assert await kinds(follower) == ["reader_live"]
    started = await live.next_event("livestream.started")
    assert (started["livestream_id"], started["livestream"]["status"]) == (show.id, "live")
    await show.end()
    ended = await live.next_event("livestream.ended")
    assert ended["livestream"]["end_reason"] == "reader_ended"
    assert ended["version"] > started["version"]
    assert not [name for name, _payload in elsewhere.events if name.startswith(("livestream.", "notification."))]
    assert await kinds(follower) == ["reader_live"]


async def test_a_lost_and_resumed_picture_is_no_news(stage: Server) -> None:
    show = await Show.prepare(stage)
    follower = await add_follower(stage, show.reader)
    await show.go_live()
    await show.pause()
    await show.go_live()
    await until_told(stage)
    assert await kinds(follower) == ["reader_live"]


async def test_a_scheduled_livestream_is_announced_and_follows_its_new_time(stage: Server) -> None:
    show = await Show.prepare(stage)
    follower = await add_follower(stage, show.reader)
    at = stage.clock.now() + timedelta(hours=5)
    await show.create(scheduled_at=render_instant(at), title="New moon")
    await until_told(stage)
    (told,) = await notifications(follower)
    assert (told["kind"], told["livestream"]["title"]) == ("livestream_coming", "New moon")
    later = render_instant(at + timedelta(hours=1))
    assert (await show.reader.patch(f"/livestreams/{show.id}", {"scheduled_at": later})).status == 200
    assert (await show.reader.patch(f"/livestreams/{show.id}", {"title": "Full moon"})).status == 200
    await until_told(stage)
    assert len(await notifications(follower)) == 1
    await make_due(stage)
    soon, _announced = await notifications(follower)
    assert (soon["livestream"]["is_soon"], soon["livestream"]["scheduled_at"]) == (True, later)
    assert soon["livestream"]["title"] == "Full moon"


async def test_moving_it_again_and_again_recalls_it_once_an_hour(stage: Server) -> None:
    show = await Show.prepare(stage)
    follower = await add_follower(stage, show.reader)
    # The first half of an hour that has not begun.
    hour = datetime.fromtimestamp((int(stage.clock.now().timestamp()) // 3600 + 5) * 3600, UTC)
    await show.create(scheduled_at=render_instant(hour))
    await until_told(stage)
    for minutes in (5, 10, 15):
        await make_due(stage)
        later = render_instant(hour + timedelta(minutes=minutes))
        assert (await show.reader.patch(f"/livestreams/{show.id}", {"scheduled_at": later})).status == 200
        await until_told(stage)
    await make_due(stage)
    assert [one["livestream"]["is_soon"] for one in await notifications(follower)] == [True, False]


async def test_one_that_was_cancelled_is_not_recalled(stage: Server) -> None:
    show = await Show.prepare(stage)
    follower = await add_follower(stage, show.reader)
    await show.create(scheduled_at=render_instant(stage.clock.now() + timedelta(hours=5)))
    await until_told(stage)
    assert (await show.reader.post(f"/livestreams/{show.id}/cancel")).status == 200
    await make_due(stage)
    assert await kinds(follower) == ["livestream_coming"]
