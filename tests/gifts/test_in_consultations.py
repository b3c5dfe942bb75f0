"""Gifts in a consultation: by its client, beside the minutes, and within the limits that hold over both."""

from __future__ import annotations

from typing import Any

from billing.ledger.check import check_ledger
from config.ids import new_id
from tests.support.consultations import Scene, add_client
from tests.support.gifts import kinds_by_name
from tests.support.servers import Server


async def gift(scene: Scene, name: str = "Rose", *, quantity: int = 1, **more: Any) -> dict[str, Any]:
    kinds = await kinds_by_name(scene.server.database)
    sent = {"consultation_id": scene.id, "gift_kind_id": str(kinds[name].id), "quantity": quantity, "nonce": f"nonce {new_id()}"}
    return sent | more


async def give(scene: Scene, name: str = "Rose", *, quantity: int = 1, **more: Any) -> Any:
    return await scene.client_live.command("gift.send", **await gift(scene, name, quantity=quantity, **more))


async def refuse(scene: Scene, name: str = "Rose", **more: Any) -> str:
    error = await scene.client_live.refused("gift.send", **await gift(scene, name, **more))
    return f"{error['status']} {error['code']}"


async def test_both_are_told_and_the_cost_of_the_minutes_stays_what_it_is(house: Server) -> None:
    scene = await Scene.start(house, balance=2_000)
    answer = await give(scene, "Rose", quantity=2, message="Thank you")
    assert answer["balance_minor"] == 2_000 - 399 - 598
    for live in (scene.client_live, scene.reader_live):
        event = await live.next_event("gift.sent")
        assert event["consultation_id"] == scene.id
        assert "livestream_id" not in event
        assert event["gift"] == answer["gift"]
        assert (event["message"], event["top_senders"], event["gift_goal"]) == (None, [], None)
    assert (await scene.snapshot())["total_cost_minor"] == 399
    # floor(598 x 70 %) of the gift; floor(399 x 70 %) of the minute.
    assert (await scene.reader_live.next_event("earnings.changed"))["balance_minor"] == 418 + 279
    await scene.pass_time(15)
    ended = await scene.end()
    assert (ended["total_cost_minor"], await scene.balance()) == (399, 2_000 - 399 - 598)
    assert (await check_ledger(house.database, house.clock)).ok


async def test_only_its_client_gives_and_only_while_it_goes_on(house: Server) -> None:
    scene = await Scene.prepare(house, balance=2_000)
    await scene.request()
    assert await refuse(scene) == "409 consultation.not_in_progress"
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    await give(scene, "Feather")
    stranger = await house.connect(await add_client(house))
    assert (await stranger.refused("gift.send", **await gift(scene)))["code"] == "resource.not_found"
    assert (await scene.reader_live.refused("gift.send", **await gift(scene)))["status"] == 403
    await scene.end()
    assert await refuse(scene) == "409 consultation.not_in_progress"


async def test_a_limit_of_the_consultation_holds_over_minutes_and_gifts_together(house: Server) -> None:
    scene = await Scene.start(house, balance=5_000)
    await scene.client.put("/me/limits", {"per_consultation_minor": 1_000})
    assert await refuse(scene, "Star", quantity=2) == "402 wallet.spending_limit_reached"
    await give(scene, "Rose")
    # 399 and 299 are spent: the second minute would make it 1,097.
    await scene.pass_time(60)
    stopped = await scene.client_live.next_event("consultation.balance_exhausted")
    assert stopped["consultation"]["total_cost_minor"] == 399
    assert await refuse(scene, "Star") == "402 wallet.spending_limit_reached"
    await scene.client.put("/me/limits", {"per_consultation_minor": 1_097})
    await scene.pass_time(2)
    await scene.client_live.next_event("consultation.resumed")
    assert (await scene.snapshot())["total_cost_minor"] == 798
    await scene.end()


async def test_a_gift_that_takes_the_money_for_the_next_minute_stops_the_clock_at_its_end(house: Server) -> None:
    scene = await Scene.start(house, balance=1_000)
    await give(scene, "Star")
    await scene.pass_time(60)
    assert (await scene.client_live.next_event("consultation.balance_exhausted"))["consultation"]["total_cost_minor"] == 399
    await scene.end()
    assert await scene.balance() == 1_000 - 399 - 499


async def test_whose_money_ended_may_give_what_is_left_without_words(house: Server) -> None:
    scene = await Scene.start(house, balance=600)
    await scene.pass_time(60)
    await scene.client_live.next_event("consultation.balance_exhausted")
    assert await refuse(scene, "Candle", message="Call me at home") == "409 consultation.clock_stopped"
    assert (await give(scene, "Candle"))["balance_minor"] == 600 - 399 - 99
    assert await refuse(scene, "Tea") == "402 wallet.balance_too_low"
    await scene.end()


async def test_who_is_not_in_the_room_while_the_clock_waits_gives_without_words(house: Server) -> None:
    scene = await Scene.start(house, balance=2_000)
    await scene.drop_device(scene.client_live)
    scene.client_live = await house.connect(scene.client)
    assert await refuse(scene, "Candle", message="Are you there?") == "409 consultation.not_joined"
    await give(scene, "Candle")
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await give(scene, "Candle", message="There I am")
    await scene.end()


async def test_the_statement_tells_gifts_apart_from_the_cost(house: Server) -> None:
    scene = await Scene.start(house, balance=2_000)
    first = await give(scene, "Rose", quantity=3)
    await scene.end()
    for person, earned in ((scene.client, None), (scene.reader, 627)):
        statement = (await person.get(f"/consultations/{scene.id}/statement")).body
        assert sum(line["amount_minor"] or 0 for line in statement["lines"]) == statement["total_cost_minor"]
        [line] = statement["gifts"]
        assert (line["id"], line["amount_minor"], line["earned_minor"]) == (first["gift"]["id"], 897, earned)
        assert line["description"].startswith("3 × Rose for Reader")
        assert statement["gifts_minor"] == 897
