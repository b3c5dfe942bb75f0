"""What is left of a gift: its receipt, lines in the wallet's history, rankings, earnings, and giving it back."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config.ids import new_id
from tests.gifts.evening import Evening
from tests.support.consultations import Scene
from tests.support.gifts import kinds_by_name
from tests.support.servers import Server, StartServer


async def earnings(person: Any) -> tuple[int, ...]:
    reply = await person.get("/me/earnings")
    assert reply.status == 200, reply.content
    body = reply.body
    assert body["total_minor"] == sum(body[f"{part}_minor"] for part in ("held", "available", "in_transit", "paid"))
    return body["total_minor"], body["held_minor"], body["available_minor"]


async def test_sender_and_reader_have_a_receipt_and_nobody_else(house: Server) -> None:
    evening = await Evening.begin(house, guests=2)
    giver, other = evening.guests
    sent = (await giver.live.command("gift.send", **evening.gift("Rose", quantity=3, message="For you")))["gift"]
    receipt = (await giver.person.get(f"/gifts/{sent['id']}")).body
    assert (receipt["amount_minor"], receipt["quantity"], receipt["name"], receipt["message"]) == (897, 3, "Rose", "For you")
    assert (receipt["sender"]["id"], receipt["reader"]["id"]) == (giver.id, evening.reader.id)
    assert (receipt["livestream_id"], receipt["consultation_id"]) == (str(evening.id), None)
    assert "earned_minor" not in receipt
    assert (await evening.reader.person.get(f"/gifts/{sent['id']}")).body == {**receipt, "earned_minor": 627}
    assert (await other.person.get(f"/gifts/{sent['id']}")).status == 404
    assert (await giver.person.get(f"/gifts/{new_id()}")).status == 404


async def test_the_wallet_says_what_was_given_to_whom(house: Server) -> None:
    evening = await Evening.begin(house)
    giver = evening.guests[0]
    sent = (await giver.live.command("gift.send", **evening.gift("Rose", quantity=3)))["gift"]
    await giver.live.command("gift.send", **evening.gift("Moon"))
    newest, older, _ = (await giver.person.get("/wallet/transfers")).body["items"]
    assert newest["description"] == "Moon for Mara"
    assert older["description"] == "3 × Rose for Mara"
    assert (older["type"], older["amount_minor"], older["balance_after_minor"]) == ("gift_purchase", -897, 9_103)
    assert older["reference"] == {"kind": "gift", "id": sent["id"]}


async def test_rankings_of_the_livestream_of_now_and_of_the_reader(house: Server) -> None:
    evening = await Evening.begin(house, guests=12)
    names = ["Feather", "Candle", "Tea", "Rose"]
    for number, guest in enumerate(evening.guests):
        await guest.live.command("gift.send", **evening.gift(names[number % 4], quantity=number + 1))
    event = [payload for name, payload in evening.reader.live.events if name == "gift.sent"][-1]
    where = f"/livestreams/{evening.id}/top-senders"
    visitor = evening.guests[0].person
    ranking = (await visitor.get(where)).body["items"]
    assert ranking == event["top_senders"]
    totals = [entry["total_minor"] for entry in ranking]
    assert (len(totals), totals) == (10, sorted(totals, reverse=True))
    assert ranking[0] == {"user": event["gift"]["sender"], "total_minor": 12 * 299}
    assert (await visitor.get(where, params={"window": "now"})).body["items"] == ranking
    async with house.database.transaction() as tx:
        await tx.execute(
            "UPDATE gifts SET created_at = created_at - interval '11 minutes' WHERE quantity = 12 AND livestream_id = $1",
            evening.id,
        )
    assert (await visitor.get(where, params={"window": "now"})).body["items"][:9] == ranking[1:]
    assert (await visitor.get(f"/readers/{evening.reader.id}/top-senders")).body["items"] == ranking
    for path in (f"/livestreams/{new_id()}/top-senders", f"/readers/{new_id()}/top-senders"):
        assert (await visitor.get(path)).status == 404
    assert (await (await house.visitor()).get(where)).status == 401
    assert (await visitor.get(where, params={"window": "ever"})).status == 422


async def test_gifts_in_a_consultation_are_in_no_ranking(house: Server) -> None:
    scene = await Scene.start(house, balance=5_000)
    kind = (await kinds_by_name(house.database))["Star"]
    await scene.client_live.command(
        "gift.send", consultation_id=scene.id, gift_kind_id=str(kind.id), quantity=1, nonce=f"n {new_id()}"
    )
    assert (await scene.client.get(f"/readers/{scene.reader.id}/top-senders")).body["items"] == []
    await scene.end()


async def test_earnings_are_held_for_days_and_agree_with_what_was_given(start_server: StartServer) -> None:
    server = await start_server({"payouts": {"hold_days": 7}})
    evening = await Evening.begin(server)
    giver = evening.guests[0]
    assert await earnings(evening.reader.person) == (0, 0, 0)
    first = (await giver.live.command("gift.send", **evening.gift("Rose", quantity=3)))["gift"]
    assert await earnings(evening.reader.person) == (627, 627, 0)
    async with server.database.transaction() as tx:
        await tx.execute("ALTER TABLE entries DISABLE TRIGGER USER")
        await tx.execute("ALTER TABLE transfers DISABLE TRIGGER USER")
        for table in ("entries", "transfers"):
            await tx.execute(f"UPDATE {table} SET created_at = created_at - interval '8 days'")
    second = (await giver.live.command("gift.send", **evening.gift("Star")))["gift"]
    assert await earnings(evening.reader.person) == (976, 349, 627)
    admin = await server.make_admin()
    # What is given back of held earnings lowers those, of others what is available.
    await admin.post(f"/admin/gifts/{second['id']}/refund", {"reason": "By mistake"}, key="second")
    assert await earnings(evening.reader.person) == (627, 0, 627)
    await admin.post(f"/admin/gifts/{first['id']}/refund", {"reason": "By mistake"}, key="first")
    assert await earnings(evening.reader.person) == (0, 0, 0)
    assert (await giver.person.get("/me/earnings")).status == 403


async def test_a_gift_is_given_back_once_and_counted_no_more(house: Server) -> None:
    evening = await Evening.begin(house, goal_minor=5_000)
    giver, admin = evening.guests[0], await house.make_admin()
    sent = (await giver.live.command("gift.send", **evening.gift("Rose", quantity=3)))["gift"]
    await giver.live.command("gift.send", **evening.gift("Tea"))
    path = f"/admin/gifts/{sent['id']}/refund"
    assert (await giver.person.post(path, {"reason": "Please"}, key="mine")).status == 403
    assert (await admin.post(path, {"reason": "By mistake"})).code == "idempotency.key_missing"
    replies = await asyncio.gather(*(admin.post(path, {"reason": "By mistake"}, key="one") for _ in range(5)))
    assert {reply.status for reply in replies} == {201}
    assert (await admin.post(path, {"reason": "By mistake"}, key="two")).code == "gift.refunded"
    assert (await admin.post(f"/admin/gifts/{new_id()}/refund", {"reason": "x"}, key="three")).status == 404
    assert (await giver.balance(), await evening.earnings()) == (10_000 - 199, 139)
    assert (await giver.person.get(f"/gifts/{sent['id']}")).body["refunded_at"] is not None
    newest = (await giver.person.get("/wallet/transfers")).body["items"][0]
    assert (newest["description"], newest["amount_minor"]) == ("Given back: 3 × Rose for Mara", 897)
    ranking = (await giver.person.get(f"/livestreams/{evening.id}/top-senders")).body["items"]
    assert [entry["total_minor"] for entry in ranking] == [199]
    await giver.live.command("gift.send", **evening.gift("Tea"))
    event = [payload for name, payload in giver.live.events if name == "gift.sent"][-1]
    assert event["gift_goal"]["reached_minor"] == 398
    audit = (await admin.get("/admin/audit", params={"action": "gift.refund", "entity_id": sent["id"]})).body["items"]
    assert audit[0]["after"] == {"amount_minor": 897, "reader_minor": 627, "reason": "By mistake"}
    assert (await check_ledger(house.database, house.clock)).ok


@pytest.mark.parametrize("is_ended", [False, True])
async def test_a_gift_of_a_consultation_can_be_given_back(house: Server, is_ended: bool) -> None:
    scene, admin = await Scene.start(house, balance=2_000), await house.make_admin()
    kind = (await kinds_by_name(house.database))["Star"]
    sent = await scene.client_live.command(
        "gift.send", consultation_id=scene.id, gift_kind_id=str(kind.id), quantity=1, nonce=f"n {new_id()}"
    )
    await scene.pass_time(15)
    if is_ended:
        await scene.end()
    reply = await admin.post(f"/admin/gifts/{sent['gift']['id']}/refund", {"reason": "By mistake"}, key=str(new_id()))
    assert reply.status == 201
    assert await scene.balance() == 2_000 - 399
    async with house.database.connection() as db:
        assert await db.fetch_value("SELECT gifts_minor FROM consultations WHERE id = $1", UUID(scene.id)) == 0
    statement = (await scene.client.get(f"/consultations/{scene.id}/statement")).body
    assert (statement["gifts_minor"], statement["gifts"][0]["is_refunded"]) == (0, True)
    if not is_ended:
        await scene.end()
    assert (await check_ledger(house.database, house.clock)).ok
