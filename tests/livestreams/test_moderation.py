"""Keeping order in livestreams: who may do what to whom, what it does at once and on every node, and how it ends."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config.clock import MovableClock
from config.ids import new_id
from realtime.livestreams.bans import BanKeeper
from server.live import GATEWAY
from tests.livestreams.people import Show, Viewer
from tests.livestreams.talk import add_audience, fetch, follow_events, hear, refused, said_to, say, seqs
from tests.support.clients import ApiClient
from tests.support.live import LiveClient
from tests.support.livestream_engine import make_fake_engine
from tests.support.redis_server import RedisServer
from tests.support.servers import Server, StartServer


@pytest.fixture
async def show(stage: Server) -> AsyncIterator[Show]:
    show = await Show.start(stage)
    yield show
    await show.end()


async def sanction(show: Show, whom: Viewer | ApiClient, kind: str, *, by: LiveClient | None = None, **more: Any) -> Any:
    person = whom.person if isinstance(whom, Viewer) else whom
    data = await (by or show.live).command("livestream.sanction", livestream_id=show.id, user_id=person.id, kind=kind, **more)
    return data["sanction"]


async def sanction_refused(show: Show, whom: Viewer | ApiClient, kind: str, *, by: LiveClient) -> str:
    person = whom.person if isinstance(whom, Viewer) else whom
    error = await by.refused("livestream.sanction", livestream_id=show.id, user_id=person.id, kind=kind)
    return str(error["code"])


async def delete(show: Show, message: Any, *, by: LiveClient | None = None) -> None:
    await (by or show.live).command("livestream.delete_message", livestream_id=show.id, message_id=message["id"])


async def make_moderator(show: Show, viewer: Viewer, *, on: bool = True) -> None:
    data = await show.live.command("livestream.set_moderator", livestream_id=show.id, user_id=viewer.person.id, on=on)
    assert data == {"on": on}


async def join_refused(viewer: Viewer) -> str:
    error = await viewer.live.refused("livestream.join", livestream_id=viewer.show.id)
    return str(error["code"])


async def audit(server: Server, actor: ApiClient) -> list[tuple[str, str, str]]:
    async with server.database.connection() as db:
        rows = await db.fetch(
            "SELECT action, entity_type, entity_id FROM audit_log WHERE actor_id = $1 ORDER BY id", UUID(actor.id)
        )
    return [(row["action"], row["entity_type"], row["entity_id"]) for row in rows]


async def test_who_is_muted_hears_and_says_nothing_until_the_time_is_over(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    imposed = await sanction(show, anna, "muted", seconds=60, reason="Be kind")
    assert (imposed["user_id"], imposed["kind"], imposed["reason"]) == (anna.person.id, "muted", "Be kind")
    told = await anna.live.next_event("livestream.sanctioned")
    assert (told["livestream_id"], told["reader_id"]) == (show.id, show.reader.id)
    assert (told["kind"], told["until_at"], told["reason"]) == ("muted", imposed["until_at"], "Be kind")
    error = await refused(show, anna)
    assert (error["code"], error["status"]) == ("livestream.muted", 403)
    assert error["fields"] == [{"path": "until_at", "message": imposed["until_at"]}]
    assert (await anna.join())["standing"]["sanction"] == imposed
    await say(show, ben, "Poor Anna")
    assert (await hear(anna))["content"] == "Poor Anna"
    await show.pass_time(59)
    assert (await refused(show, anna))["code"] == "livestream.muted"
    await show.pass_time(2)
    await say(show, anna, "Sorry")
    assert (await anna.join())["standing"]["sanction"] is None


async def test_what_was_decided_is_listed_and_lifted(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    await sanction(show, anna, "muted")
    await sanction(show, ben, "banned", reason="Rude")
    listed = (await show.reader.get("/me/livestream-sanctions")).body["items"]
    assert [(item["user"]["id"], item["kind"], item["until_at"], item["reason"]) for item in listed] == [
        (ben.person.id, "banned", None, "Rude"),
        (anna.person.id, "muted", None, ""),
    ]
    assert {item["imposed_by"] for item in listed} == {show.reader.id}
    page = (await show.reader.get("/me/livestream-sanctions", params={"limit": "1"})).body
    second = await show.reader.get("/me/livestream-sanctions", params={"limit": "1", "cursor": page["next_cursor"]})
    assert second.body == {"items": listed[1:], "next_cursor": None}
    assert (await refused(show, anna))["fields"] == []
    for _ in range(2):
        assert (await show.reader.delete(f"/me/livestream-sanctions/{anna.person.id}")).status == 204
    assert await sanction(show, ben, "none") is None
    assert (await show.reader.get("/me/livestream-sanctions")).body["items"] == []
    assert [(await viewer.live.next_event("livestream.sanctioned", _is_lifted))["reason"] for viewer in (anna, ben)] == ["", ""]
    await say(show, anna, "Thank you")
    await ben.join()
    await say(show, ben, "Me too")
    assert (await anna.person.get("/me/livestream-sanctions")).status == 403
    assert (await show.reader.delete(f"/me/livestream-sanctions/{new_id()}")).status == 404


def _is_lifted(event: Any) -> bool:
    return bool(event["kind"] == "none")


async def test_who_is_banned_is_out_at_once_and_stays_out_of_all_that_readers_livestreams(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    await anna.watch()
    other_device = await show.server.connect(anna.person)
    await other_device.command("livestream.join", livestream_id=show.id)
    assert len(show.place.viewers) == 3
    await sanction(show, anna, "banned")
    await anna.live.next_event("livestream.sanctioned")
    await other_device.next_event("livestream.sanctioned")
    # The media of both connections end.
    await _until(lambda: len(show.place.viewers) == 1)
    assert (await refused(show, anna))["code"] == "livestream.banned"
    assert await join_refused(anna) == "livestream.banned"
    assert (await anna.person.get(f"/livestreams/{show.id}/messages")).code == "livestream.banned"
    await say(show, ben, "Gone")
    await hear(show.live, "Gone")
    # Whoever could have heard it has.
    await anna.live.refused("livestream.say", livestream_id=show.id, content="x", nonce="x")
    assert said_to(anna.live, show) == said_to(other_device, show) == []
    await show.end()
    await show.create()
    await show.go_live()
    assert await join_refused(anna) == "livestream.banned"
    await sanction(show, anna, "none")
    await anna.join()
    await say(show, anna, "Hello again")


async def _until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.02)


async def test_a_ban_ends_by_itself_where_it_was_given_a_time(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    await sanction(show, anna, "banned", seconds=30)
    assert await join_refused(anna) == "livestream.banned"
    await show.pass_time(31)
    await anna.join()
    await say(show, anna, "Back")


async def test_moderators_are_named_by_the_reader_alone_and_keep_order_among_viewers(show: Show) -> None:
    helper, other, anna = await add_audience(show, 3)
    assert (await anna.join())["standing"]["rank"] == "viewer"
    for viewer in (helper, other):
        await make_moderator(show, viewer)
        told = await viewer.live.next_event("livestream.moderator_set")
        assert (told["user_id"], told["on"]) == (viewer.person.id, True)
    assert (await helper.join())["standing"]["rank"] == "moderator"
    assert (await show.live.command("livestream.join", livestream_id=show.id))["standing"]["rank"] == "reader"
    names = {item["id"] for item in (await show.reader.get("/me/livestream-moderators")).body["items"]}
    assert names == {helper.person.id, other.person.id}
    said = await say(show, anna, "Buy this")
    assert (await say(show, helper, "No"))["badges"] == ["moderator"]
    await delete(show, said, by=helper.live)
    await sanction(show, anna, "muted", by=helper.live)
    assert (await refused(show, anna))["code"] == "livestream.muted"
    # Nobody beside or above them, nor themselves.
    for whom in (other, helper, show.reader, await show.server.make_admin()):
        assert await sanction_refused(show, whom, "banned", by=helper.live) == "auth.forbidden"
    forbidden = await helper.live.refused("livestream.set_moderator", livestream_id=show.id, user_id=anna.person.id, on=True)
    assert forbidden["code"] == "auth.forbidden"
    # A moderator who has to be kept in order is none any more.
    await sanction(show, other, "muted", seconds=5)
    await show.pass_time(6)
    assert (await say(show, other, "Hm"))["badges"] == []
    assert await sanction_refused(show, anna, "none", by=other.live) == "auth.forbidden"
    assert (await show.reader.delete(f"/me/livestream-moderators/{helper.person.id}")).status == 204
    assert await sanction_refused(show, anna, "none", by=helper.live) == "auth.forbidden"
    assert (await show.reader.get("/me/livestream-moderators")).body["items"] == []


async def test_viewers_and_other_readers_keep_no_order(show: Show, stage: Server) -> None:
    anna, ben = await add_audience(show, 2)
    said = await say(show, ben, "Hi")
    other = await Show.prepare(stage)
    for live in (anna.live, other.live):
        for command, more in (
            ("livestream.set_chat", {"slow_mode_seconds": 5}),
            ("livestream.delete_message", {"message_id": said["id"]}),
            ("livestream.sanction", {"user_id": ben.person.id, "kind": "muted"}),
        ):
            assert (await live.refused(command, livestream_id=show.id, **more))["code"] == "auth.forbidden", command
    missing = await other.live.refused("livestream.set_moderator", livestream_id=show.id, user_id=other.reader.id, on=True)
    assert missing["code"] == "resource.not_found"
    assert await fetch(show) == [said]


async def test_an_admin_stands_above_the_reader_and_everything_is_in_the_audit_log(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    said = await say(show, anna, "Hi")
    of_reader = await say(show, show.live, "Welcome")
    admin = await show.server.make_admin()
    live = await show.server.connect(admin)
    joined = await live.command("livestream.join", livestream_id=show.id)
    assert joined["standing"]["rank"] == "admin"
    assert (await say(show, live, "Good evening"))["badges"] == ["admin"]
    await sanction(show, anna, "banned", by=live, reason="Fraud")
    await delete(show, said, by=live)
    await delete(show, of_reader, by=live)
    await live.command("livestream.set_chat", livestream_id=show.id, slow_mode_seconds=10)
    # What an admin has decided the reader does not undo.
    assert await sanction_refused(show, anna, "none", by=show.live) == "auth.forbidden"
    assert await sanction_refused(show, anna, "muted", by=show.live) == "auth.forbidden"
    assert (await show.reader.delete(f"/me/livestream-sanctions/{anna.person.id}")).status == 403
    assert await sanction_refused(show, admin, "muted", by=show.live) == "auth.forbidden"
    await sanction(show, anna, "none", by=live)
    await anna.join()
    assert await audit(show.server, admin) == [
        ("livestream.sanction", "user", anna.person.id),
        ("livestream.delete_message", "livestream", show.id),
        ("livestream.delete_message", "livestream", show.id),
        ("livestream.set_chat", "livestream", show.id),
        ("livestream.sanction", "user", anna.person.id),
    ]


async def test_a_deleted_message_is_blank_for_everybody_and_keeps_its_number(show: Show) -> None:
    anna, ben = await add_audience(show, 2)
    known = (await ben.join())["messages"]
    first, second = await say(show, anna, "One"), await say(show, anna, "Two")
    for _ in range(2):
        await delete(show, first)
    event = await ben.live.next_event("livestream.message_deleted")
    assert (event["message_id"], event["seq"], event["deleted_by"]) == (first["id"], 1, show.reader.id)
    blank = first | {"content": "", "is_deleted": True}
    assert await fetch(show) == [blank, second]
    assert follow_events(known, ben.live, show) == [blank, second]
    assert (await anna.join())["messages"] == [blank, second]
    assert [name for name, _payload in ben.live.events].count("livestream.message_deleted") == 1
    for message_id in (str(new_id()), second["sender"]["id"]):
        error = await show.live.refused("livestream.delete_message", livestream_id=show.id, message_id=message_id)
        assert error["code"] == "resource.not_found"


async def test_somebody_who_says_it_again_after_it_was_deleted_is_told_that_it_is(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    said = await say(show, anna, "Oops", nonce="oops")
    await delete(show, said)
    assert await say(show, anna, "Oops", nonce="oops") == said | {"content": "", "is_deleted": True}
    assert seqs(await fetch(show)) == [1]


async def test_the_modes_of_the_chat_are_part_of_the_snapshot(show: Show) -> None:
    (anna,) = await add_audience(show, 1)
    before = await show.snapshot()
    changed = await show.live.command("livestream.set_chat", livestream_id=show.id, slow_mode_seconds=5, is_followers_only=True)
    told = await anna.told("changed")
    assert told == changed["livestream"] == await show.snapshot()
    assert (told["slow_mode_seconds"], told["is_followers_only"], told["version"]) == (5, True, before["version"] + 1)
    again = await show.live.command("livestream.set_chat", livestream_id=show.id, slow_mode_seconds=5)
    assert again["livestream"]["version"] == told["version"]
    await show.end()
    error = await show.live.refused("livestream.set_chat", livestream_id=show.id, slow_mode_seconds=0)
    assert error["code"] == "livestream.ended"


BAD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("livestream.set_chat", {"slow_mode_seconds": -1}),
    ("livestream.set_chat", {"slow_mode_seconds": 3601}),
    ("livestream.set_chat", {"slow_mode_seconds": 1.5}),
    ("livestream.set_chat", {"is_followers_only": "yes"}),
    ("livestream.delete_message", {"message_id": "x"}),
    ("livestream.delete_message", {}),
    ("livestream.sanction", {"user_id": "x", "kind": "muted"}),
    ("livestream.sanction", {"kind": "muted"}),
    ("livestream.sanction", {"user_id": str(new_id()), "kind": "shot"}),
    ("livestream.sanction", {"user_id": str(new_id()), "kind": "muted", "seconds": 0}),
    ("livestream.sanction", {"user_id": str(new_id()), "kind": "muted", "seconds": 10**12}),
    ("livestream.sanction", {"user_id": str(new_id()), "kind": "muted", "reason": "x" * 501}),
    ("livestream.sanction", {"user_id": str(new_id()), "kind": "muted", "reason": "\x00"}),
    ("livestream.sanction", {"user_id": str(new_id()), "kind": "none", "seconds": 5}),
    ("livestream.set_moderator", {"user_id": str(new_id()), "on": "on"}),
    ("livestream.set_moderator", {"user_id": str(new_id())}),
)


async def test_bad_input_is_refused_and_changes_nothing(show: Show) -> None:
    for command, payload in BAD:
        answer = await show.live.send(command, {"livestream_id": show.id} | payload)
        assert answer["error"]["code"] == "request.invalid", (command, payload)
    somebody = {"livestream_id": show.id, "user_id": str(new_id())}
    for command, more in (("livestream.sanction", {"kind": "banned"}), ("livestream.set_moderator", {"on": True})):
        assert (await show.live.send(command, somebody | more))["error"]["code"] == "resource.not_found"
    own = {"livestream_id": show.id, "user_id": show.reader.id, "on": True}
    assert (await show.live.send("livestream.set_moderator", own))["error"]["code"] == "request.invalid"
    (anna,) = await add_audience(show, 1)
    await sanction(show, anna, "muted")
    helper = {"livestream_id": show.id, "user_id": anna.person.id, "on": True}
    assert (await show.live.send("livestream.set_moderator", helper))["error"]["code"] == "auth.forbidden"


async def test_a_ban_and_what_is_being_said_just_then_are_in_one_order(show: Show) -> None:
    """What was stored has a number below everything that is said after the ban; afterwards nothing of theirs is."""
    ben, *others = await add_audience(show, 7)
    for viewer in others:
        words = [
            viewer.live.send("livestream.say", {"livestream_id": show.id, "content": f"{number}", "nonce": viewer.live.nonce()})
            for number in range(5)
        ]
        *answers, _banned = await asyncio.gather(*words, sanction(show, viewer, "banned"))
        mark = await say(show, ben, "After the ban")
        await show.pass_time(6)
        codes = {answer["error"]["code"] for answer in answers if not answer["ok"]}
        assert codes <= {"livestream.banned", "livestream.not_joined"}, codes
        theirs = [message["seq"] for message in await fetch(show) if message["sender"]["id"] == viewer.person.id]
        assert sorted(theirs) == sorted(answer["data"]["message"]["seq"] for answer in answers if answer["ok"])
        assert all(seq < mark["seq"] for seq in theirs)
    messages = await fetch(show)
    assert seqs(messages) == list(range(1, len(messages) + 1))


async def test_a_ban_and_a_join_at_once_leave_nobody_in(show: Show) -> None:
    (ben,) = await add_audience(show, 1)
    for _ in range(12):
        viewer = await show.add(balance=0)
        joins = [viewer.live.send("livestream.join", {"livestream_id": show.id}) for _ in range(3)]
        *answers, _banned = await asyncio.gather(*joins, sanction(show, viewer, "banned"))
        assert {answer["error"]["code"] for answer in answers if not answer["ok"]} <= {"livestream.banned"}
        said = await say(show, ben, f"After {viewer.person.id}")
        await hear(show.live, said["content"])
        await refused(show, viewer)
        assert said["seq"] not in seqs(said_to(viewer.live, show))
        async with show.server.database.connection() as db:
            rows = await db.fetch("SELECT 1 FROM livestream_viewers WHERE user_id = $1::text::uuid", viewer.person.id)
        assert rows == []
        await show.pass_time(6)


@pytest.fixture
async def nodes(dsn: str, start_server: StartServer, tmp_path: Path) -> AsyncIterator[tuple[Server, Server]]:
    redis = RedisServer(tmp_path)
    await redis.start()
    clock = MovableClock()
    overrides: dict[str, Any] = {"redis": {"url": redis.url}}
    yield (
        await start_server(overrides, clock=clock, dsn=dsn, make_engine=make_fake_engine),
        await start_server(overrides, clock=clock, dsn=dsn, make_engine=make_fake_engine),
    )
    await redis.kill()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")
async def test_two_nodes_are_one_room_with_one_order(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    show = await Show.start(first)
    here, *_ = await add_audience(show, 1)
    there, gone = await add_audience(show, 2, server=second)
    await gone.watch()
    await asyncio.gather(*(say(show, viewer, f"{viewer.person.id} {number}") for viewer in (here, there) for number in range(5)))
    messages = await fetch(show, there.person)
    assert seqs(messages) == list(range(1, 11))
    # The limit of one person holds on both nodes together.
    same_person = await first.connect(there.person)
    await same_person.command("livestream.join", livestream_id=show.id)
    assert (await refused(show, same_person))["code"] == "limit.rate"
    assert len(show.place.viewers) == 4
    await delete(show, messages[0])
    for viewer in (here, there, gone):
        await viewer.live.next_event("livestream.message_deleted", lambda event: event["seq"] == 1)
    # A ban on one node ends what somebody has on the other.
    await sanction(show, gone, "banned")
    await gone.live.next_event("livestream.sanctioned")
    await _until(lambda: len(show.place.viewers) == 3)
    await say(show, show.live, "Quiet now")
    await hear(there, "Quiet now")
    assert (await refused(show, gone))["code"] == "livestream.banned"
    assert "Quiet now" not in [message["content"] for message in said_to(gone.live, show)]


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")
async def test_a_ban_that_another_node_was_not_told_of_reaches_it_all_the_same(
    nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    show = await Show.prepare(first)
    gone, there = await add_audience(show, 2, server=second)
    monkeypatch.setattr(first.app[GATEWAY], "_tell_nodes", lambda _message: None)
    await sanction(show, gone, "banned")
    keeper = BanKeeper(database=second.database, clock=second.clock, take_out=second.app[GATEWAY].take_out_here)
    await keeper.run_round()
    await say(show, show.live, "Quiet now")
    await hear(there, "Quiet now")
    await refused(show, gone)
    assert said_to(gone.live, show) == []
