"""What followers are told in the pages: of what, who, how often, and what they make of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from config import limits
from realtime.notifications.jobs import followers_job
from storage.transaction import Transaction
from tests.following.people import (
    add_follower,
    add_livestream,
    add_readers_with_followers,
    kinds,
    make_due,
    notifications,
    pass_time,
    tell_followers,
    until_told,
)
from tests.support.clients import ApiClient
from tests.support.consultations import add_reader
from tests.support.servers import Server

# "Some hours" and "a while", so short that logins outlast them.
TOLD_EVERY, AWAY = 120.0, 30.0


@pytest.fixture
def hours_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ONLINE_TOLD_EVERY_SECONDS", TOLD_EVERY)
    monkeypatch.setattr(limits, "ONLINE_AWAY_SECONDS", AWAY)


async def unread(person: ApiClient) -> int:
    return int((await person.get("/me/notifications")).body["unread_count"])


async def test_followers_are_told_that_a_reader_is_live_and_nobody_else(site: Server) -> None:
    reader, (here, away) = await add_readers_with_followers(site, 2)
    other, live = await site.register(), await site.connect(here)
    livestream_id = await add_livestream(site, reader, title="Tarot <b>at</b> noon")
    await tell_followers(site, "reader_live", reader, livestream_id)
    (told,) = await notifications(here)
    assert told["kind"] == "reader_live"
    assert told["reader"]["id"] == reader.id
    assert told["livestream"] == {
        "id": str(livestream_id),
        "title": "Tarot <b>at</b> noon",
        "scheduled_at": None,
        "is_soon": False,
    }
    assert (told["url"], told["turn"], told["read_at"]) == (f"/live/{livestream_id}", None, None)
    event = await live.next_event("notification.created")
    assert event["notification"] == told
    assert await kinds(away) == ["reader_live"]
    assert await kinds(other) == await kinds(reader) == []


async def test_one_livestream_is_told_of_once_however_often_its_job_runs(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    live = await site.connect(follower)
    livestream_id = await add_livestream(site, reader)

    async def twice(tx: Transaction) -> None:
        for _ in range(2):
            await followers_job(tx, "reader_live", UUID(reader.id), livestream_id)

    await site.database.transact(twice)
    await until_told(site)
    await tell_followers(site, "reader_live", reader, livestream_id)
    assert await kinds(follower) == ["reader_live"]
    assert [name for name, _ in live.events].count("notification.created") == 1


async def test_a_start_that_is_rolled_back_tells_nobody(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    livestream_id = await add_livestream(site, reader)

    async def start_and_fail() -> None:
        async with site.database.transaction() as tx:
            await followers_job(tx, "reader_live", UUID(reader.id), livestream_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await start_and_fail()
    await until_told(site)
    assert await kinds(follower) == []


async def test_pages_of_followers_are_all_told(site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOLLOWERS_BATCH", 2)
    reader, followers = await add_readers_with_followers(site, 5)
    await tell_followers(site, "reader_live", reader, await add_livestream(site, reader))
    assert [await kinds(follower) for follower in followers] == [["reader_live"]] * 5


async def test_what_is_not_true_any_more_is_not_told(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    soon, past = site.clock.now() + timedelta(hours=1), site.clock.now() - timedelta(hours=1)
    for kind, livestream in (
        ("reader_live", await add_livestream(site, reader, status="ended")),
        ("livestream_coming", await add_livestream(site, reader, status="cancelled", scheduled_at=soon)),
        ("livestream_coming", await add_livestream(site, reader, status="scheduled", scheduled_at=past)),
        ("livestream_coming", await add_livestream(site, reader, status="scheduled")),
    ):
        await tell_followers(site, kind, reader, livestream)
    live = await add_livestream(site, reader)
    async with site.database.transaction() as tx:
        await tx.execute("UPDATE users SET status = 'suspended' WHERE id = $1", UUID(reader.id))
    await tell_followers(site, "reader_live", reader, live)
    assert await kinds(follower) == []


async def test_a_coming_livestream_is_announced_and_recalled_shortly_before(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    begins_at = site.clock.now() + timedelta(hours=3)
    livestream_id = await add_livestream(site, reader, status="scheduled", scheduled_at=begins_at)
    await tell_followers(site, "livestream_coming", reader, livestream_id)
    (announced,) = await notifications(follower)
    assert announced["livestream"]["is_soon"] is False
    assert announced["url"] == f"/live/{livestream_id}"
    async with site.database.connection() as db:
        wait = await db.fetch_value("SELECT execute_after - now() FROM pgqueuer WHERE payload::text LIKE '%' || $1 || '%'", "")
    assert abs(wait - timedelta(hours=3) + timedelta(seconds=limits.LIVESTREAM_REMINDER_SECONDS)) < timedelta(minutes=1)
    await make_due(site)
    soon, first = await notifications(follower)
    assert (soon["livestream"]["is_soon"], first) == (True, announced)


async def test_a_livestream_that_was_moved_is_recalled_before_its_new_time_alone(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    at = site.clock.now() + timedelta(hours=3)
    livestream_id = await add_livestream(site, reader, status="scheduled", scheduled_at=at)
    await tell_followers(site, "livestream_coming", reader, livestream_id)
    async with site.database.transaction() as tx:
        later = at + timedelta(hours=2)
        await tx.execute("UPDATE livestreams SET scheduled_at = $2 WHERE id = $1", livestream_id, later)
        await followers_job(tx, "livestream_coming", UUID(reader.id), livestream_id)
    await until_told(site)
    await make_due(site)
    soon, _announced = await notifications(follower)
    assert soon["livestream"]["scheduled_at"] == later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.usefixtures("hours_are_short")
async def test_a_reader_who_comes_online_is_told_once_in_some_hours(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    live = await site.connect(reader)
    await live.command("reader.set_status", status="online")
    await until_told(site)
    (told,) = await notifications(follower)
    assert (told["kind"], told["url"], told["livestream"]) == ("reader_online", f"/readers/{reader.id}", None)

    async def come_back_after(seconds: float) -> None:
        await live.command("reader.set_status", status="offline")
        await pass_time(site, seconds)
        await live.command("reader.set_status", status="online")
        await until_told(site)

    await come_back_after(AWAY)
    assert await kinds(follower) == ["reader_online"], "so soon it is no news"
    await come_back_after(TOLD_EVERY - AWAY)
    assert await kinds(follower) == ["reader_online"] * 2


@pytest.mark.usefixtures("hours_are_short")
async def test_a_short_absence_is_no_news(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    live = await site.connect(reader)
    await live.command("reader.set_status", status="online")
    await until_told(site)
    await pass_time(site, TOLD_EVERY)
    for _ in range(3):
        await live.command("reader.set_status", status="away")
        await pass_time(site, AWAY - 1)
        await live.command("reader.set_status", status="online")
    await until_told(site)
    assert await kinds(follower) == ["reader_online"]


async def test_who_is_gone_again_at_once_was_not_online(site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ONLINE_SETTLED_SECONDS", 3600.0)
    reader, (follower,) = await add_readers_with_followers(site)
    live = await site.connect(reader)
    await live.command("reader.set_status", status="online")
    await live.command("reader.set_status", status="invisible")
    await make_due(site)
    assert await kinds(follower) == []


async def test_preferences_decide_what_is_told(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    every = {item["kind"]: item for item in (await follower.get("/me/notification-preferences")).body["items"]}
    assert set(every) == {"reader_online", "reader_live", "livestream_coming", "queue_turn"}
    assert all(item["in_page"] and item["by_push"] for item in every.values())
    chosen = {"kind": "reader_live", "in_page": False, "by_push": False}
    changed = (await follower.put("/me/notification-preferences", {"items": [chosen]})).body["items"]
    assert {item["kind"] for item in changed if not item["in_page"]} == {"reader_live"}
    await tell_followers(site, "reader_live", reader, await add_livestream(site, reader))
    assert await kinds(follower) == []
    by_push = {**chosen, "by_push": True}
    await follower.put("/me/notification-preferences", {"items": [by_push]})
    await tell_followers(site, "reader_live", reader, await add_livestream(site, reader, status="ended"))
    assert (await kinds(follower), await unread(follower)) == ([], 0), "by push alone is not listed"


@pytest.mark.parametrize(
    "items",
    [
        [{"kind": "unknown", "in_page": True, "by_push": True}],
        [{"kind": "reader_live", "in_page": 1, "by_push": True}],
        [{"kind": "reader_live", "in_page": True}],
        [{"kind": "reader_live", "in_page": True, "by_push": True}] * 2,
        "all",
        None,
    ],
)
async def test_preferences_that_make_no_sense_are_refused(site: Server, items: Any) -> None:
    person = await site.register()
    reply = await person.put("/me/notification-preferences", {"items": items})
    assert reply.code == "request.invalid"


async def test_reading_marks_up_to_one_or_all_and_tells_other_devices(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    other = await add_follower(site, reader)
    for _ in range(3):
        livestream = await add_livestream(site, reader)
        await tell_followers(site, "reader_live", reader, livestream)
        async with site.database.transaction() as tx:
            await tx.execute(
                "UPDATE livestreams SET status = 'ended', ended_at = started_at, end_reason = 'reader_ended' WHERE id = $1",
                livestream,
            )
    live = await site.connect(follower)
    newest, middle, _oldest = await notifications(follower)
    assert await unread(follower) == 3
    assert (await follower.post("/me/notifications/read", {"up_to_id": middle["id"]})).body == {"unread_count": 1}
    told = await live.next_event("notification.read")
    assert (told["up_to_id"], told["unread_count"]) == (middle["id"], 1)
    assert [item["read_at"] is None for item in await notifications(follower)] == [True, False, False]
    assert (await follower.post("/me/notifications/read", {})).body == {"unread_count": 0}
    assert await unread(other) == 3, "everybody reads their own"
    assert newest["read_at"] is None


async def test_who_announces_without_end_is_told_of_a_few_times_a_day(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    for hours in range(1, 6):
        at = site.clock.now() + timedelta(hours=hours)
        await tell_followers(
            site, "livestream_coming", reader, await add_livestream(site, reader, status="scheduled", scheduled_at=at)
        )
    assert await kinds(follower) == ["livestream_coming"] * limits.ANNOUNCED_PER_DAY


async def test_who_begins_again_and_again_is_told_of_once_in_a_while(site: Server) -> None:
    reader, (follower,) = await add_readers_with_followers(site)
    for minutes_later in (0, 5, 31):
        livestream = await add_livestream(site, reader)
        async with site.database.transaction() as tx:
            at = site.clock.now() + timedelta(minutes=minutes_later)
            await tx.execute("UPDATE livestreams SET pictured_at = $2 WHERE id = $1", livestream, at)
        await tell_followers(site, "reader_live", reader, livestream)
        async with site.database.transaction() as tx:
            await tx.execute(
                "UPDATE livestreams SET status = 'ended', ended_at = $2, end_reason = 'reader_ended' WHERE id = $1",
                livestream,
                at,
            )
    assert await kinds(follower) == ["reader_live"]


async def test_the_list_comes_by_pages_without_gap_or_repeat(site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANNOUNCED_PER_DAY", 5)
    reader, (follower,) = await add_readers_with_followers(site)
    for hours in range(1, 6):
        at = site.clock.now() + timedelta(hours=hours)
        livestream = await add_livestream(site, reader, status="scheduled", scheduled_at=at, title=f"Number {hours}")
        await tell_followers(site, "livestream_coming", reader, livestream)
    titles: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        page = (await follower.get("/me/notifications", params=params)).body
        titles += [item["livestream"]["title"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert titles == [f"Number {hours}" for hours in (5, 4, 3, 2, 1)]


async def test_who_is_shut_out_or_stopped_following_is_not_told(site: Server) -> None:
    reader, (banned, left, stays) = await add_readers_with_followers(site, 3)
    await left.delete(f"/readers/{reader.id}/follow")
    async with site.database.transaction() as tx:
        await tx.execute("UPDATE users SET status = 'banned' WHERE id = $1", UUID(banned.id))
    await tell_followers(site, "reader_live", reader, await add_livestream(site, reader))
    async with site.database.connection() as db:
        rows = await db.fetch(
            "SELECT user_id::text FROM notifications WHERE kind = 'reader_live' AND data->'reader'->>'id' = $1", reader.id
        )
    assert [row["user_id"] for row in rows] == [stays.id]


async def test_strangers_have_no_notifications(site: Server) -> None:
    stranger = await site.visitor()
    for path in ("/me/notifications", "/me/follows", "/me/notification-preferences"):
        assert (await stranger.get(path)).status == 401
    reader = await add_reader(site)
    assert (await reader.post("/me/notifications/read", {"up_to_id": "nonsense"})).status == 422
