"""A turn is also told outside the pages: when it comes, and to who had no page open when it came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from config import limits
from config.clock import MovableClock
from tests.following.people import until_told
from tests.queue.people import Waiter, Waiting
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def metered(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "JOB_POLL_SECONDS", 0.05)
        async with (
            postgres.database() as dsn,
            run_server(dsn, tmp_path_factory.mktemp("var"), clock=MovableClock()) as server,
        ):
            yield server


async def turns(waiter: Waiter) -> list[Any]:
    await until_told(waiter.line.server)
    return [item["turn"] for item in (await waiter.person.get("/me/notifications")).body["items"] if item["kind"] == "queue_turn"]


async def test_who_gets_the_turn_is_told_once(metered: Server) -> None:
    line = await Waiting.start(metered, waiters=2)
    first, second = line.waiters
    await line.free_the_reader()
    entry = await first.next_change(state="reserved")
    await line.sweep()
    (turn,) = await turns(first)
    assert turn == {"state": "came", "type": "chat", "until_at": entry["reserved_until_at"]}
    told = await first.live.next_event("notification.created")
    assert told["notification"]["url"] == f"/readers/{line.reader_id}"
    assert await turns(second) == []


async def test_who_was_away_when_the_turn_came_is_told_what_they_miss(metered: Server) -> None:
    line = await Waiting.start(metered, waiters=2)
    first, second = line.waiters
    await first.vanish()
    await line.free_the_reader()
    await second.next_change(state="reserved")
    (missed,) = await turns(first)
    assert missed["state"] == "missed"
    await first.come_back()
    assert (await first.entry())["kept_until_at"] == missed["until_at"]


async def test_a_turn_that_is_given_back_and_comes_again_is_told_again(metered: Server) -> None:
    line = await Waiting.start(metered, waiters=1)
    (first,) = line.waiters
    await line.free_the_reader()
    await first.next_change(state="reserved")
    await line.scene.reader_live.command("reader.set_status", status="away")
    await line.pass_time(1)
    await line.scene.reader_live.command("reader.set_status", status="online")
    assert [turn["state"] for turn in await turns(first)] == ["came", "came"]
