"""Going on by less (or by more again): what it costs, who may, and what the clock does."""

from __future__ import annotations

from typing import Any

import pytest

from billing.ledger.check import check_ledger
from billing.metering.terms import Terms, refund_due
from tests.support.consultations import Scene
from tests.support.servers import Server


async def set_mode(scene: Scene, mode: str, *, by_reader: bool = False, agreed: int | None = None) -> Any:
    live = scene.reader_live if by_reader else scene.client_live
    more = {} if agreed is None else {"agreed_rate_per_minute_minor": agreed}
    return (await live.command("consultation.set_mode", consultation_id=scene.id, mode=mode, **more))["consultation"]


async def assert_books(server: Server) -> None:
    assert (await check_ledger(server.database, server.clock)).differences == ()


@pytest.mark.parametrize("by_reader", [False, True])
async def test_falling_back_costs_the_cheaper_rate_from_the_next_increment_on(metered: Server, by_reader: bool) -> None:
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    await scene.pass_time(90)
    snapshot = await set_mode(scene, "call", by_reader=by_reader)
    assert (snapshot["mode"], snapshot["type"], snapshot["rate_per_minute_minor"]) == ("call", "video", 499)
    assert (snapshot["total_cost_minor"], snapshot["is_paused"]) == (2 * 599, False)
    await scene.pass_time(60)
    assert (await scene.snapshot())["total_cost_minor"] == 2 * 599 + 499
    snapshot = await set_mode(scene, "chat")
    assert (snapshot["rate_per_minute_minor"], snapshot["client_media"]) == (399, "none")
    await scene.pass_time(60)
    ended = await scene.end(by_reader=True)
    # Ended by the reader after 210 seconds: half of the fourth minute, at the rate it was charged by, goes back.
    assert ended["total_cost_minor"] == 2 * 599 + 499 + 399 - 200
    assert ended["earnings_minor"] == ended["total_cost_minor"] * 7 // 10
    await assert_books(metered)


async def test_the_statement_tells_how_they_talked_and_what_each_minute_cost(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    await scene.pass_time(30)
    await set_mode(scene, "chat")
    await scene.pass_time(40)
    ended = await scene.end()
    statement = (await scene.client.get(f"/consultations/{scene.id}/statement")).body
    assert [line["reason"] for line in statement["lines"] if line["kind"] == "mode"] == ["chat"]
    assert [line["amount_minor"] for line in statement["lines"] if line["kind"] == "charge"] == [599, 399]
    assert ended["total_cost_minor"] == statement["total_cost_minor"] == 599 + 399


async def test_a_reader_is_not_paid_for_turning_a_call_into_a_chat_and_saying_nothing(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    snapshot = await set_mode(scene, "chat", by_reader=True)
    assert snapshot["started_at"] is not None
    await scene.pass_time(metered.settings.consultations.silent_reader_seconds + 2)
    snapshot = await scene.snapshot()
    assert (snapshot["end_reason"], snapshot["total_cost_minor"]) == ("reader_silent", 0)
    await assert_books(metered)


async def test_a_reader_who_was_heard_in_a_call_need_not_write_in_the_chat_after_it(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    await scene.pass_time(10)
    await set_mode(scene, "chat")
    scene.reporting.clear()
    await scene.pass_time(metered.settings.consultations.silent_reader_seconds + 2)
    assert (await scene.snapshot())["status"] == "in_progress"


async def test_a_chat_needs_no_media_and_media_that_are_lost_do_not_stop_it(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    await scene.connect_media()
    await scene.pass_time(30)
    await scene.lose_media("client")
    assert (await scene.snapshot())["pause_reason"] == "media"
    snapshot = await set_mode(scene, "chat")
    assert (snapshot["is_paused"], snapshot["connected_seconds"]) == (False, 30.0)
    scene.reporting.clear()
    await scene.pass_time(20)
    assert (await scene.snapshot())["connected_seconds"] == 50.0


async def test_two_whose_media_never_connect_can_begin_by_chat(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    await scene.pass_time(10)
    snapshot = await set_mode(scene, "chat", by_reader=True)
    assert (snapshot["started_at"] is not None, snapshot["total_cost_minor"]) == (True, 399)
    await assert_books(metered)


async def test_going_up_again_takes_the_clients_agreement_to_the_price(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    await scene.pass_time(10)
    await set_mode(scene, "call")
    for agreed in (None, 499, 600):
        more = {} if agreed is None else {"agreed_rate_per_minute_minor": agreed}
        refused = await scene.client_live.refused("consultation.set_mode", consultation_id=scene.id, mode="video", **more)
        assert (refused["code"], refused["status"]) == ("consultation.rate_not_agreed", 409)
    proposed = await set_mode(scene, "video", by_reader=True, agreed=599)
    assert (proposed["mode"], proposed["proposed_mode"], proposed["rate_per_minute_minor"]) == ("call", "video", 499)
    told = await scene.client_live.next_event("consultation.changed", lambda event: event["consultation"]["proposed_mode"])
    assert told["consultation"]["rates"]["video"] == {"rate_per_minute_minor": 599}
    agreed = await set_mode(scene, "video", agreed=599)
    assert (agreed["mode"], agreed["proposed_mode"], agreed["rate_per_minute_minor"]) == ("video", None, 599)
    assert agreed["is_paused"] is False
    await scene.pass_time(60)
    assert (await scene.snapshot())["total_cost_minor"] == 2 * 599
    await assert_books(metered)


async def test_coming_back_from_chat_waits_for_the_media(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    await scene.connect_media()
    await scene.pass_time(10)
    await set_mode(scene, "chat")
    scene.reporting.clear()
    await scene.pass_time(10)
    snapshot = await set_mode(scene, "call", agreed=499)
    assert (snapshot["is_paused"], snapshot["pause_reason"]) == (True, "media")
    await scene.pass_time(10)
    # The peer connection was made anew, and counts from the beginning.
    for side in ("client", "reader"):
        await scene.report(side, "disconnected")
    await scene.connect_media()
    snapshot = await scene.snapshot()
    assert (snapshot["is_paused"], snapshot["connected_seconds"]) == (False, 20.0)


async def test_never_more_than_was_asked_for_and_only_by_the_two(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    refused = await scene.client_live.refused(
        "consultation.set_mode", consultation_id=scene.id, mode="video", agreed_rate_per_minute_minor=599
    )
    assert refused["code"] == "consultation.mode_not_available"
    outsider = await metered.connect(await metered.register("client"))
    assert (await outsider.refused("consultation.set_mode", consultation_id=scene.id, mode="chat"))["status"] == 404
    assert (await scene.client_live.refused("consultation.set_mode", consultation_id=scene.id, mode="mail"))["status"] == 422
    await scene.end()
    refused = await scene.client_live.refused("consultation.set_mode", consultation_id=scene.id, mode="chat")
    assert refused["code"] == "consultation.not_in_progress"


async def test_a_fallback_is_never_dearer_also_where_the_reader_charges_more_for_less(metered: Server) -> None:
    scene = await Scene.meet(metered, "video", rate=900, call=None, video=599)
    await scene.connect_media()
    assert (await set_mode(scene, "call"))["rate_per_minute_minor"] == 599
    assert (await set_mode(scene, "chat"))["rate_per_minute_minor"] == 599


async def test_a_cheaper_rate_lets_a_clock_go_on_that_stood_for_want_of_money(metered: Server) -> None:
    scene = await Scene.meet(metered, "video", balance=599 + 400)
    await scene.connect_media()
    await scene.pass_time(60)
    assert (await scene.snapshot())["pause_reason"] == "balance"
    await set_mode(scene, "chat")
    await scene.pass_time(1)
    snapshot = await scene.snapshot()
    assert (snapshot["is_paused"], snapshot["total_cost_minor"]) == (False, 599 + 399)


def terms(rate: int, *earlier: tuple[int, int]) -> Terms:
    return Terms(
        rate_per_minute_minor=rate,
        minute_ms=60_000,
        increment_ms=20_000,
        free_ms=0,
        settlement="minute",
        reader_share_bps=7000,
        earlier_rates=earlier,
    )


def test_each_stretch_of_one_rate_is_rounded_down_once() -> None:
    mixed = terms(100, (2, 599), (4, 499))
    # 599 × 2/3 = 399.3, 499 × 2/3 = 332.6, 100 × 1/3 = 33.3
    assert [mixed.charged_after(k) for k in range(6)] == [0, 199, 399, 399 + 166, 399 + 332, 399 + 332 + 33]
    assert sum(mixed.charge_of(k) for k in range(1, 6)) == mixed.charged_after(5)


def test_time_given_back_is_priced_by_the_rate_it_was_charged_at() -> None:
    """Two increments at the old rate were never entered: a loss that was found late lies before the change of rate."""
    mixed = terms(100, (3, 599))
    refund = refund_due(mixed, charged_increments=4, connected_ms=10_000, returns_unused=True, returns_all=False)
    assert refund == mixed.charged_after(4) - 199 + 100
