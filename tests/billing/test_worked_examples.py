"""The worked examples of the billing rules, each through the doors: rate 399, balance 1000, minute and increment 60 s."""

from __future__ import annotations

from typing import Any

import pytest

from config.clock import MovableClock
from server.live import LEASES, NODE
from tests.support.consultations import Scene
from tests.support.servers import Server, StartServer


@pytest.fixture
async def metered(start_server: StartServer) -> Server:
    return await start_server(clock=MovableClock())


async def test_client_ends_after_61_seconds(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(61)
    ended = await scene.end()
    assert (ended["status"], ended["end_reason"]) == ("completed", "client_ended")
    assert (ended["total_cost_minor"], ended["billed_increments"]) == (798, 2)
    assert await scene.balance() == 202


async def test_reader_ends_after_90_seconds_and_the_unused_half_minute_goes_back(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(90)
    ended = await scene.end(by_reader=True)
    assert ended["end_reason"] == "reader_ended"
    assert ended["total_cost_minor"] == 598
    assert ended["earnings_minor"] == 598 * 7 // 10
    assert await scene.balance() == 402


async def test_nobody_ends_and_no_money_comes(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(119)
    assert [event["minutes_left"] for event in scene.events("consultation.balance_low")] == [1, 0]
    await scene.pass_time(1)
    exhausted = await scene.client_live.next_event("consultation.balance_exhausted")
    assert exhausted["consultation"]["pause_reason"] == "balance"
    assert scene.events("consultation.paused") == []
    refused = await scene.client_live.refused(
        "message.send", consultation_id=scene.id, content="Are you there?", kind="text", nonce="n1"
    )
    assert (refused["code"], refused["status"]) == ("consultation.clock_stopped", 409)
    await scene.pass_time(119)
    assert (await scene.snapshot())["status"] == "in_progress"
    await scene.pass_time(1)
    ended = await scene.snapshot()
    assert (ended["end_reason"], ended["total_cost_minor"]) == ("balance_exhausted", 798)
    assert await scene.balance() == 202


async def test_a_top_up_within_the_held_time_goes_on_where_it_stopped(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(150)
    await scene.top_up(1000)
    await scene.pass_time(1)
    resumed = await scene.client_live.next_event("consultation.resumed")
    assert resumed["consultation"]["is_paused"] is False
    await scene.pass_time(29)
    ended = await scene.end()
    assert (ended["end_reason"], ended["total_cost_minor"], ended["billed_increments"]) == ("client_ended", 1197, 3)


async def test_client_drops_and_comes_back_within_the_grace(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(30)
    await scene.drop()
    await scene.pass_time(20)
    back = await scene.come_back()
    assert (back["consultation"]["is_paused"], back["consultation"]["paid_seconds_left"]) == (False, 30)
    await scene.pass_time(50)
    ended = await scene.end()
    assert (ended["total_cost_minor"], ended["connected_seconds"]) == (798, 80)


async def test_client_drops_and_stays_away(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(30)
    await scene.drop()
    await scene.pass_time(60)
    ended = await scene.snapshot()
    assert (ended["status"], ended["end_reason"], ended["total_cost_minor"]) == ("disconnected", "client_disconnected", 399)


async def test_reader_drops_and_stays_away(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(30)
    await scene.drop(reader=True)
    await scene.pass_time(60)
    ended = await scene.snapshot()
    assert (ended["status"], ended["end_reason"], ended["total_cost_minor"]) == ("disconnected", "reader_disconnected", 199)
    assert await scene.balance() == 801


async def test_the_server_dies_and_comes_back_after_the_grace(
    dsn: str, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that dies says nothing: its lease just ends. Another one finds it, dated at the last renewal."""
    clock = MovableClock()
    first = await start_server(clock=clock, dsn=dsn)
    scene = await Scene.start(first)
    await scene.pass_time(30)
    dead = first.app[NODE]

    async def does_not_renew() -> bool:
        return True

    monkeypatch.setattr(dead, "renew", does_not_renew)
    monkeypatch.setattr(dead, "holds_lease", lambda _now: False)
    clock.advance(71)
    second = await start_server(clock=clock, dsn=dsn)
    await second.app[LEASES].keep()
    scene.server = second
    await scene.pass_time(1)
    ended = await second.database.transact(lambda tx: tx.fetch_row("SELECT * FROM consultations"))
    assert ended is not None
    assert (ended["status"], ended["end_reason"]) == ("disconnected", "server_interrupted")
    assert ended["charged_minor"] - ended["refunded_minor"] == 199


async def test_client_tops_up_while_the_clock_runs(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.pass_time(100)
    await scene.top_up(1000)
    await scene.pass_time(50)
    ended = await scene.end()
    assert (ended["total_cost_minor"], ended["billed_increments"]) == (1197, 3)


async def test_the_readers_part_is_rounded_once_over_ten_minutes(metered: Server) -> None:
    scene = await Scene.start(metered, balance=10_000)
    await scene.pass_time(599)
    ended = await scene.end()
    assert ended["total_cost_minor"] == 3990
    assert (await scene.snapshot(reader=True))["earnings_minor"] == 2793


@pytest.mark.parametrize(
    ("seconds", "by_reader", "settlement", "cost"),
    [
        (9, False, "minute", 0),
        (10, False, "minute", 399),
        (61, False, "second", 399 + 399 - (399 * 59 + 59) // 60),
        (61, True, "second", 399 + 399 - (399 * 59 + 59) // 60),
        (59, True, "minute", 399 - (399 * 1 + 59) // 60),
    ],
)
async def test_who_ends_when_and_by_which_settlement(
    start_server: StartServer, seconds: float, by_reader: bool, settlement: str, cost: int
) -> None:
    server = await start_server({"billing": {"settlement": settlement}}, clock=MovableClock())
    scene = await Scene.start(server)
    await scene.pass_time(seconds)
    ended: Any = await scene.end(by_reader=by_reader)
    assert ended["total_cost_minor"] == cost
    assert await scene.balance() == 1000 - cost


async def test_a_reader_who_never_says_a_word_is_not_paid(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    await scene.say("Hello?")
    await scene.pass_time(60)
    ended = await scene.snapshot()
    assert (ended["status"], ended["end_reason"], ended["total_cost_minor"]) == ("completed", "reader_silent", 0)
    assert await scene.balance() == 1000
