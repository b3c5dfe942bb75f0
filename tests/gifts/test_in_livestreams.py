"""Gifts in a real livestream: in its chat and its numbers, on two nodes, and when somebody keeps order there."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from server.live import GATEWAY
from tests.livestreams.people import Show, Viewer
from tests.livestreams.talk import fetch, say
from tests.support.gifts import kinds_by_name
from tests.support.livestream_engine import make_fake_engine
from tests.support.postgres import TestPostgres
from tests.support.redis_server import RedisServer
from tests.support.servers import Server, StartServer, run_server

GOAL = {"gift_goal": {"title": "A new deck", "goal_minor": 1_000}}


@pytest.fixture(scope="module")
async def stage(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Make your own people in it; its clock belongs to the whole module."""
    folder = tmp_path_factory.mktemp("var")
    async with (
        postgres.database() as dsn,
        run_server(dsn, folder, clock=MovableClock(), make_engine=make_fake_engine) as server,
    ):
        yield server


async def gift(show: Show, name: str = "Rose", **more: Any) -> dict[str, Any]:
    kind = (await kinds_by_name(show.server.database))[name]
    nonce = show.live.nonce()
    return {"livestream_id": show.id, "gift_kind_id": str(kind.id), "quantity": 1, "nonce": nonce} | more


async def give(show: Show, viewer: Viewer, name: str = "Rose", **more: Any) -> Any:
    return await viewer.live.command("gift.send", **await gift(show, name, **more))


async def test_what_is_said_and_given_is_one_conversation(stage: Server) -> None:
    show = await Show.start(stage, viewers=2, draft=GOAL)
    first, second = show.viewers
    await say(show, first, "Good evening")
    given = (await give(show, first, "Rose", quantity=2, message="For the deck"))["gift"]
    await say(show, second, "How kind")
    await give(show, second, "Tea")
    lines = await fetch(show)
    assert [(line["seq"], line["kind"], line["content"]) for line in lines] == [
        (1, "text", "Good evening"),
        (2, "gift", "For the deck"),
        (3, "text", "How kind"),
        (4, "gift", ""),
    ]
    assert lines[1]["gift"] == given
    assert (await show.live.next_event("gift.sent"))["message"] == lines[1]
    joined = await (await show.add()).join()
    assert joined["messages"] == lines
    assert [(top["user"]["id"], top["total_minor"]) for top in joined["top_senders"]] == [
        (first.person.id, 598),
        (second.person.id, 199),
    ]
    snapshot = await show.snapshot()
    assert (snapshot["gifts_minor"], snapshot["last_seq"]) == (797, 4)
    assert snapshot["gift_goal"] == {"title": "A new deck", "goal_minor": 1_000, "reached_minor": 797}
    await show.end()
    assert (await first.live.refused("gift.send", **await gift(show)))["code"] == "livestream.ended"
    assert (await check_ledger(stage.database, stage.clock)).ok


async def test_a_goal_that_changes_goes_along_with_the_next_gift(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    await give(show, show.viewers[0], "Tea")
    assert (await show.live.next_event("gift.sent"))["gift_goal"] is None
    reply = await show.reader.patch(f"/livestreams/{show.id}", GOAL)
    assert reply.status == 200, reply.content
    assert reply.body["gift_goal"]["reached_minor"] == 199
    await give(show, show.viewers[0], "Tea")
    assert (await show.live.next_event("gift.sent"))["gift_goal"] == {**GOAL["gift_goal"], "reached_minor": 398}
    await show.end()


async def test_the_words_of_a_gift_can_be_deleted_and_the_gift_stays(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    await give(show, show.viewers[0], message="Something rude")
    line = (await show.live.next_event("gift.sent"))["message"]
    await show.live.command("livestream.delete_message", livestream_id=show.id, message_id=line["id"])
    [shown] = await fetch(show)
    assert (shown["is_deleted"], shown["content"], shown["gift"]["message"]) == (True, "", "")
    assert shown["gift"]["amount_minor"] == 299
    assert (await show.snapshot())["gifts_minor"] == 299
    await show.end()


async def test_whoever_is_sanctioned_gives_no_more(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    viewer = show.viewers[0]
    await show.live.command(
        "livestream.sanction", livestream_id=show.id, user_id=viewer.person.id, kind="muted", seconds=600, reason="Loud"
    )
    error = await viewer.live.refused("gift.send", **await gift(show))
    assert (error["code"], [field["path"] for field in error["fields"]]) == ("livestream.muted", ["until_at"])
    await show.live.command("livestream.sanction", livestream_id=show.id, user_id=viewer.person.id, kind="none")
    await give(show, viewer)
    await show.end()


async def test_who_left_for_a_consultation_is_given_gifts_in_both(stage: Server) -> None:
    """The viewer's wallet pays minutes in private while others give on; each is told where it was given."""
    show = await Show.start(stage, viewers=2)
    client, other = show.viewers
    await show.pause()
    asked = await client.live.command("consultation.request", reader_id=show.reader.id, type="chat", nonce=client.live.nonce())
    consultation_id = asked["consultation"]["id"]
    await show.live.command("consultation.accept", consultation_id=consultation_id)
    for live in (client.live, show.live):
        await live.command("consultation.join", consultation_id=consultation_id)
    await give(show, other, "Tea")
    kind = str((await kinds_by_name(stage.database))["Candle"].id)
    private = await client.live.command(
        "gift.send", consultation_id=consultation_id, gift_kind_id=kind, quantity=1, nonce=client.live.nonce()
    )
    assert private["balance_minor"] == 2_000 - 399 - 99
    told = [event for name, event in other.live.events if name == "gift.sent"]
    assert [event["gift"]["name"] for event in told] == ["Tea"]
    await client.live.command("consultation.end", consultation_id=consultation_id)
    await show.end()
    assert (await check_ledger(stage.database, stage.clock)).ok


@pytest.fixture
async def nodes(dsn: str, start_server: StartServer, tmp_path: Path) -> AsyncIterator[tuple[Server, Server]]:
    redis = RedisServer(tmp_path)
    await redis.start()
    clock = MovableClock()
    overrides: dict[str, Any] = {"redis": {"url": redis.url}}
    started = [await start_server(overrides, clock=clock, dsn=dsn, make_engine=make_fake_engine) for _ in range(2)]
    for node in started:
        backplane = node.app[GATEWAY]._backplane
        assert backplane is not None
        await asyncio.wait_for(backplane.is_subscribed.wait(), 10)
    yield started[0], started[1]
    await redis.kill()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")
async def test_one_person_on_two_nodes_pays_each_nonce_once_and_everybody_is_told_once(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    show = await Show.start(first, draft=GOAL)
    here, there = await show.add(balance=5_000), await show.add(server=second)
    for viewer in (here, there):
        await viewer.join()
    elsewhere = await second.connect(here.person)
    sent = [await gift(show, "Feather", message=f"gift {number}") for number in range(10)]
    answers = await asyncio.gather(
        *(live.command("gift.send", **payload) for payload in sent for live in (here.live, elsewhere, here.live))
    )
    assert len({answer["gift"]["id"] for answer in answers}) == 10
    for live in (show.live, here.live, there.live):
        events = [await live.next_event("gift.sent") for _ in range(10)]
        assert sorted(event["message"]["seq"] for event in events) == list(range(1, 11))
        assert max(event["gift_goal"]["reached_minor"] for event in events) == 490
    async with first.database.connection() as db:
        balance = await db.fetch_value(
            "SELECT balance_minor FROM ledger_accounts WHERE owner_id = $1 AND kind = 'wallet'", UUID(here.person.id)
        )
    assert balance == 5_000 - 490
    assert (await check_ledger(first.database, first.clock)).ok
