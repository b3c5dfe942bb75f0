"""Gifts in a livestream through the doors: paid once, before anybody sees them, and refused with reasons."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config.ids import new_id
from tests.gifts.evening import Evening
from tests.support.servers import Server


async def balances(evening: Evening) -> tuple[int, int]:
    return await evening.guests[0].balance(), await evening.earnings()


async def test_a_gift_is_paid_split_and_told_to_everybody(house: Server) -> None:
    evening = await Evening.begin(house, guests=2, goal_minor=10_000)
    giver, watcher = evening.guests
    answer = await giver.live.command("gift.send", **evening.gift("Rose", quantity=3, message=" For you "))
    assert answer["balance_minor"] == 10_000 - 3 * 299
    gift = answer["gift"]
    assert (gift["name"], gift["quantity"], gift["amount_minor"], gift["currency"]) == ("Rose", 3, 897, "USD")
    assert gift["message"] == "For you"
    assert gift["sender"] == {"id": giver.id, "display_name": giver.person.user["display_name"], "avatar_url": None}
    for guest in (giver, watcher, evening.reader):
        event = await guest.live.next_event("gift.sent")
        assert event["livestream_id"] == str(evening.id)
        assert "consultation_id" not in event
        assert event["gift"] == gift
        assert event["message"]["gift"] == gift
        assert (event["message"]["kind"], event["message"]["seq"], event["message"]["content"]) == ("gift", 1, "For you")
        assert event["top_senders"] == [{"user": gift["sender"], "total_minor": 897}]
        assert event["gift_goal"] == {"title": "A new deck", "goal_minor": 10_000, "reached_minor": 897}
    assert (await giver.live.next_event("wallet.changed"))["balance_minor"] == 9_103
    assert (await evening.reader.live.next_event("earnings.changed"))["balance_minor"] == 627
    assert not [event for name, event in watcher.live.events if name in ("wallet.changed", "earnings.changed")]
    # floor(897 x 70 %); the cent that is left over is the platform's.
    assert await balances(evening) == (9_103, 627)
    assert (await check_ledger(house.database, house.clock)).ok


async def test_the_same_nonce_pays_once_and_another_body_with_it_is_refused(house: Server) -> None:
    evening = await Evening.begin(house)
    live, sent = evening.guests[0].live, evening.gift("Tea", message="Hello")
    first = await live.command("gift.send", **sent)
    await live.command("gift.send", **evening.gift("Feather"))
    assert await live.command("gift.send", **sent) == first
    for change in ({"quantity": 2}, {"message": "Bye"}, {"gift_kind_id": str(evening.kinds["Rose"].id)}):
        assert (await live.refused("gift.send", **{**sent, **change}))["code"] == "nonce.reused"
    other = await Evening.begin(house)
    assert (await live.refused("gift.send", **{**sent, "livestream_id": str(other.id)}))["code"] == "nonce.reused"
    # Also once it has ended, and the kind is off the list: what was bought stays bought.
    async with house.database.transaction() as tx:
        await tx.execute(
            "UPDATE livestreams SET status = 'ended', ended_at = now(), end_reason = 'reader_ended' WHERE id = $1", evening.id
        )
    assert await live.command("gift.send", **sent) == first
    assert await balances(evening) == (10_000 - 199 - 49, 139 + 34)
    assert len([1 for name, _ in evening.reader.live.events if name == "gift.sent"]) == 2


async def test_of_many_at_once_with_one_nonce_one_pays(house: Server) -> None:
    evening = await Evening.begin(house)
    giver = evening.guests[0]
    second = await house.connect(giver.person)
    sent = evening.gift("Star")
    answers = await asyncio.gather(*(live.command("gift.send", **sent) for live in (giver.live, second) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert await balances(evening) == (10_000 - 499, 349)


async def test_several_of_one_person_are_judged_one_after_the_other(house: Server) -> None:
    """499 + 299 + 199 fit into 1000; what comes after is refused, but a feather would not fit either."""
    evening = await Evening.begin(house, balance=1_000)
    live = evening.guests[0].live
    names = ["Star", "Rose", "Crystal", "Tea", "Feather"]
    answers = await asyncio.gather(*(live.send("gift.send", evening.gift(name)) for name in names))
    assert [answer["ok"] for answer in answers] == [True, True, False, True, False]
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {"wallet.balance_too_low"}
    assert await balances(evening) == (3, 349 + 209 + 139)


@pytest.mark.parametrize("quantity", [0, -1, 101, 10**12, 1.5, "3", None, True])
async def test_absurd_quantities_are_refused(house: Server, quantity: Any) -> None:
    evening = await Evening.begin(house)
    error = await evening.guests[0].live.refused("gift.send", **evening.gift() | {"quantity": quantity})
    assert (error["status"], error["code"]) == (422, "request.invalid")
    assert [field["path"] for field in error["fields"]] == ["quantity"]
    assert await balances(evening) == (10_000, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"gift_kind_id": str(new_id())}, "gift.kind_unknown"),
        ({"gift_kind_id": "rose"}, "request.invalid"),
        ({"livestream_id": str(new_id())}, "resource.not_found"),
        ({"livestream_id": None}, "request.invalid"),
        ({"consultation_id": str(new_id())}, "request.invalid"),
        ({"livestream_id": None, "consultation_id": str(new_id())}, "resource.not_found"),
        ({"message": "x" * 201}, "request.invalid"),
        ({"message": "a\x00b"}, "request.invalid"),
        ({"message": 5}, "request.invalid"),
        ({"nonce": ""}, "request.invalid"),
        ({"nonce": "n" * 65}, "request.invalid"),
        ({"amount_minor": 1}, "gift.price_changed"),
        ({"amount_minor": 0}, "request.invalid"),
        ({"price_minor": 1}, "request.invalid"),
        ({"sender_id": str(new_id())}, "request.invalid"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_moves_nothing(house: Server, change: dict[str, Any], code: str) -> None:
    evening = await Evening.begin(house)
    error = await evening.guests[0].live.refused("gift.send", **evening.gift() | change)
    assert error["code"] == code
    assert await balances(evening) == (10_000, 0)


async def test_readers_cannot_give_to_themselves(house: Server) -> None:
    evening = await Evening.begin(house)
    assert (await evening.reader.live.refused("gift.send", **evening.gift()))["status"] == 403


@pytest.mark.parametrize(("status", "code"), [("scheduled", "livestream.not_live"), ("ended", "livestream.ended")])
async def test_nothing_is_given_before_it_begins_or_after_it_ended(house: Server, status: str, code: str) -> None:
    evening = await Evening.begin(house, status=status)
    error = await evening.guests[0].live.refused("gift.send", **evening.gift())
    assert (error["status"], error["code"]) == (409, code)
    assert await balances(evening) == (10_000, 0)


async def test_a_paused_livestream_takes_gifts(house: Server) -> None:
    evening = await Evening.begin(house)
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE livestreams SET is_paused = true, pause_reason = 'connection' WHERE id = $1", evening.id)
    await evening.guests[0].live.command("gift.send", **evening.gift())


@pytest.mark.parametrize("kind", ["muted", "banned"])
async def test_whoever_is_muted_or_banned_gives_nothing_until_it_is_over(house: Server, kind: str) -> None:
    evening = await Evening.begin(house)
    guest, now = evening.guests[0], house.clock.now()
    async with house.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO livestream_sanctions (reader_id, user_id, kind, until_at, imposed_by, created_at)"
            " VALUES ($1, $2, $3, $4, $1, $5)",
            UUID(evening.reader.id),
            UUID(guest.id),
            kind,
            now + timedelta(seconds=60),
            now,
        )
    error = await guest.live.refused("gift.send", **evening.gift())
    assert (error["status"], error["code"]) == (403, f"livestream.{kind}")
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE livestream_sanctions SET until_at = $2 WHERE user_id = $1", UUID(guest.id), now)
    await guest.live.command("gift.send", **evening.gift())


async def test_what_a_dispute_holds_cannot_be_given(house: Server) -> None:
    evening = await Evening.begin(house, balance=1_000)
    guest = evening.guests[0]
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE ledger_accounts SET held_minor = 800 WHERE owner_id = $1 AND kind = 'wallet'", UUID(guest.id))
    assert (await guest.live.refused("gift.send", **evening.gift("Rose")))["code"] == "wallet.balance_too_low"
    assert (await guest.live.command("gift.send", **evening.gift("Tea")))["balance_minor"] == 801


async def test_spending_limits_of_day_and_month_hold_over_gifts(house: Server) -> None:
    evening = await Evening.begin(house)
    guest = evening.guests[0]
    await guest.person.put("/me/limits", {"per_day_minor": 600, "per_month_minor": 1_000})
    answers = await asyncio.gather(*(guest.live.send("gift.send", evening.gift("Rose")) for _ in range(3)))
    assert [answer["ok"] for answer in answers] == [True, True, False]
    assert (answers[2]["error"]["status"], answers[2]["error"]["code"]) == (402, "wallet.spending_limit_reached")
    # The next day is within the same month, whatever the clock says.
    await guest.person.put("/me/limits", {"per_month_minor": 1_000})
    assert (await guest.live.refused("gift.send", **evening.gift("Star")))["code"] == "wallet.spending_limit_reached"
    await guest.live.command("gift.send", **evening.gift("Rose"))
    await guest.person.put("/me/limits", {"per_consultation_minor": 1})
    await guest.live.command("gift.send", **evening.gift("Crystal"))


async def test_an_admin_and_another_reader_may_give_from_their_wallets(house: Server) -> None:
    evening = await Evening.begin(house, guests=0)
    other = await Evening.begin(house, guests=0)
    admin = await house.make_admin()
    assert (await (await house.connect(admin)).refused("gift.send", **evening.gift()))["code"] == "wallet.balance_too_low"
    assert (await other.reader.live.refused("gift.send", **evening.gift()))["code"] == "wallet.balance_too_low"


async def test_a_kind_that_is_off_the_list_cannot_be_sent(house: Server) -> None:
    evening = await Evening.begin(house)
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE gift_kinds SET is_active = false WHERE id = $1", evening.kinds["Feather"].id)
    error = await evening.guests[0].live.refused("gift.send", **evening.gift("Feather"))
    assert (error["status"], error["code"]) == (404, "gift.kind_unknown")
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE gift_kinds SET is_active = true WHERE id = $1", evening.kinds["Feather"].id)


async def test_nobody_pays_another_price_than_they_were_shown(house: Server) -> None:
    evening = await Evening.begin(house)
    giver, rose = evening.guests[0], evening.kinds["Rose"]

    async def set_price(price_minor: int) -> None:
        async with house.database.transaction() as tx:
            await tx.execute("UPDATE gift_kinds SET price_minor = $2 WHERE id = $1", rose.id, price_minor)

    sent = evening.gift("Rose", quantity=2, amount_minor=2 * rose.price_minor)
    await set_price(rose.price_minor * 10)
    try:
        assert (await giver.live.refused("gift.send", **sent))["code"] == "gift.price_changed"
        assert await balances(evening) == (10_000, 0)
    finally:
        await set_price(rose.price_minor)
    # Refused was nothing: the same nonce pays now, and again gives the first answer, also once the price is another.
    first = await giver.live.command("gift.send", **sent)
    assert first["balance_minor"] == 10_000 - 2 * rose.price_minor
    await set_price(rose.price_minor * 10)
    try:
        assert await giver.live.command("gift.send", **sent) == first
    finally:
        await set_price(rose.price_minor)
    assert (await giver.live.refused("gift.send", **{**sent, "amount_minor": 1}))["code"] == "nonce.reused"
