"""Signed events over HTTP: forged, repeated, out of order, contradicting our records, and interrupted in the middle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from billing.gateways.stripe_webhooks import process_pending_events
from config.errors import WalletBalanceTooLow
from config.ids import new_id
from storage.provider_events import insert_provider_event
from tests.billing.world import Paid, World, charge_body, dispute_body, event, payment_body

SUCCEEDED, FAILED = "payment_intent.succeeded", "payment_intent.payment_failed"


async def test_an_event_with_a_wrong_signature_is_refused_and_not_kept(world: World) -> None:
    paid = await world.silent_top_up()
    forged = event(SUCCEEDED, payment_body(paid))
    assert await world.deliver(forged, secret="whsec_somebody_else") == 400
    assert await world.deliver(forged, age_seconds=301) == 400
    assert await world.deliver(forged, headers={}) == 400
    for signature in ("", "t=1", "t=x,v1=y", "v1=", "t=1,v1=\xe9", "t=" + "9" * 5000 + ",v1=00"):
        assert await world.deliver(forged, headers={"Stripe-Signature": signature}) == 400
    assert await world.outcome(forged["id"]) is None
    assert await world.wallet(paid.client_id) == (0, 0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"object": "event"}, 400),
        ({"id": "evt_1", "type": SUCCEEDED, "data": {"object": None}}, 400),
        ({"id": "evt_1", "type": "customer.created", "data": {"object": {}}}, 200),
        ({"id": "evt_1", "type": SUCCEEDED, "data": {"object": {"id": "pi_1"}}}, 422),
        ({"id": "evt_1", "type": SUCCEEDED, "data": {"object": {"id": "pi_\x00", "amount": 1, "currency": "usd"}}}, 422),
        ({"id": "evt_1", "type": SUCCEEDED, "data": {"object": {"id": "pi_1", "amount": 1.5, "currency": "usd"}}}, 422),
        ({"id": "evt_1", "type": SUCCEEDED, "data": {"object": {"id": "pi_1", "amount": 10**30, "currency": "usd"}}}, 422),
        ({"id": "evt_1", "type": "charge.refunded", "data": {"object": {"id": "ch_1", "amount": 5, "currency": "usd"}}}, 422),
    ],
)
async def test_a_signed_event_that_makes_no_sense_is_a_clear_error(world: World, body: dict[str, Any], status: int) -> None:
    assert await world.deliver(body) == status


async def test_one_event_delivered_many_times_at_once_credits_once(world: World) -> None:
    paid = await world.silent_top_up()
    repeated = event(SUCCEEDED, payment_body(paid))
    assert set(await world.deliver_together([repeated] * 20)) == {200}
    assert await world.wallet(paid.client_id) == (5000, 0)


async def test_many_events_about_one_payment_credit_once(world: World) -> None:
    paid = await world.silent_top_up()
    events = [event(SUCCEEDED, payment_body(paid)) for _ in range(10)]
    await world.deliver_together(events)
    assert await world.wallet(paid.client_id) == (5000, 0)
    outcomes = [await world.outcome(each["id"]) for each in events]
    assert sorted(filter(None, outcomes)) == ["applied"] + ["repeated"] * 9


async def test_a_failure_that_comes_after_the_success_changes_nothing(world: World) -> None:
    paid = await world.silent_top_up()
    error = {"code": "card_declined", "decline_code": "insufficient_funds"}
    late = event(FAILED, payment_body(paid, last_payment_error=error, amount_received=0))
    await world.deliver(event(SUCCEEDED, payment_body(paid)))
    assert await world.deliver(late) == 200
    assert (await world.top_up(paid.top_up.id)).status == "completed"
    assert await world.outcome(late["id"]) == "ignored"


async def test_a_payment_that_failed_first_and_succeeds_with_another_card_is_credited(world: World) -> None:
    paid = await world.silent_top_up()
    error = {"code": "card_declined", "decline_code": "insufficient_funds"}
    await world.deliver(event(FAILED, payment_body(paid, last_payment_error=error, amount_received=0)))
    failed = await world.top_up(paid.top_up.id)
    assert (failed.status, failed.failure_code) == ("failed", "insufficient_funds")
    assert failed.failure_message == "The card does not have enough money on it"
    await world.deliver(event(SUCCEEDED, payment_body(paid)))
    assert (await world.top_up(paid.top_up.id)).status == "completed"
    assert await world.wallet(paid.client_id) == (5000, 0)


@pytest.mark.parametrize("changes", [{"amount_received": 4999}, {"amount_received": 500_000}, {"currency": "jpy"}])
async def test_money_that_does_not_match_is_recorded_and_never_credited(world: World, changes: dict[str, Any]) -> None:
    paid = await world.silent_top_up()
    wrong = event(SUCCEEDED, payment_body(paid, **changes))
    assert await world.deliver(wrong) == 200
    assert await world.outcome(wrong["id"]) == "mismatch"
    assert await world.wallet(paid.client_id) == (0, 0)


async def test_a_payment_that_nobody_asked_for_is_recorded(world: World) -> None:
    paid = await world.silent_top_up()
    for metadata in ({}, {"top_up_id": str(new_id())}, {"top_up_id": "'; DROP TABLE top_ups"}):
        stray = event(SUCCEEDED, payment_body(paid, id=f"pi_{new_id().hex}", metadata=metadata))
        assert await world.deliver(stray) == 200
        assert await world.outcome(stray["id"]) == "unknown"


async def test_a_second_payment_for_one_top_up_is_recorded_and_not_credited(world: World) -> None:
    paid = await world.silent_top_up()
    second = event(SUCCEEDED, payment_body(paid, id=f"pi_{new_id().hex}"))
    await world.deliver(second)
    assert await world.outcome(second["id"]) == "mismatch"
    assert await world.wallet(paid.client_id) == (0, 0)


async def test_an_event_that_was_stored_before_a_crash_is_acted_upon_afterwards(world: World) -> None:
    paid = await world.silent_top_up()
    facts = {"id": paid.payment_id, "amount": 5000, "currency": "usd"}
    stored = {"facts": facts, "payment_id": paid.payment_id}
    event_id = f"evt_{new_id().hex}"
    async with world.database.transaction() as tx:
        await insert_provider_event(tx, event_id=event_id, event_type=SUCCEEDED, payload=stored, now=world.clock.now())
    assert await process_pending_events(world.database, world.clock) >= 1
    assert await world.outcome(event_id) == "applied"
    assert await world.wallet(paid.client_id) == (5000, 0)


async def test_an_event_that_cannot_be_acted_upon_is_kept_and_tried_again(world: World) -> None:
    paid = await world.silent_top_up()
    event_id = f"evt_{new_id().hex}"
    async with world.database.transaction() as tx:
        await insert_provider_event(tx, event_id=event_id, event_type=SUCCEEDED, payload={}, now=world.clock.now())
    await process_pending_events(world.database, world.clock)
    assert await world.outcome(event_id) == "failing"
    async with world.database.transaction() as tx:
        facts = {"id": paid.payment_id, "amount": 5000, "currency": "usd"}
        await tx.execute(
            "UPDATE provider_events SET payload = $2, received_at = received_at - interval '1 minute' WHERE event_id = $1",
            event_id,
            {"facts": facts, "payment_id": paid.payment_id},
        )
    await process_pending_events(world.database, world.clock)
    assert await world.outcome(event_id) == "applied"


async def test_what_is_stored_of_an_event_holds_no_secret(world: World) -> None:
    paid = await world.silent_top_up()
    told = event(SUCCEEDED, payment_body(paid, client_secret="pi_1_secret_2", receipt_email="ada@example.com"))
    await world.deliver(told)
    async with world.database.connection() as db:
        payload = str(await db.fetch_value("SELECT payload FROM provider_events WHERE event_id = $1", told["id"]))
    assert paid.payment_id in payload
    assert "secret" not in payload
    assert "ada@" not in payload


async def test_a_refund_made_in_the_providers_dashboard_is_taken_from_the_wallet(world: World) -> None:
    paid = await world.pay()
    for refunded_minor, expected_minor in ((1200, 3800), (1200, 3800), (5000, 0), (1200, 0)):
        await world.deliver(event("charge.refunded", charge_body(paid, refunded_minor=refunded_minor)))
        assert await world.wallet(paid.client_id) == (expected_minor, 0)
    assert (await world.top_up(paid.top_up.id)).status == "refunded"
    assert await world.moved(paid.top_up.id) == {}


async def test_a_dashboard_refund_of_money_that_was_spent_becomes_a_receivable(world: World) -> None:
    paid = await world.pay()
    await world.spend(paid.client_id, 4000)
    await world.deliver(event("charge.refunded", charge_body(paid, refunded_minor=5000)))
    assert await world.wallet(paid.client_id) == (0, 0)
    assert await world.moved(paid.top_up.id) == {"wallet": 4000, "receivables": -4000}


async def test_a_refund_that_overtakes_its_payment_waits_for_it(world: World) -> None:
    paid = await world.silent_top_up()
    early = event("charge.refunded", charge_body(paid, refunded_minor=2000))
    assert await world.deliver(early) == 200
    assert await world.outcome(early["id"]) == "deferred"
    await world.deliver(event(SUCCEEDED, payment_body(paid)))
    assert await world.outcome(early["id"]) == "applied"
    assert await world.wallet(paid.client_id) == (3000, 0)


class TestDisputes:
    """A dispute of 3000 of a payment of 5000, of which 4000 were spent."""

    async def test_an_open_dispute_holds_what_the_wallet_has(self, world: World) -> None:
        paid, body = await self.disputed(world)
        await world.deliver(event("charge.dispute.created", body))
        assert await world.wallet(paid.client_id) == (1000, 1000)
        with pytest.raises(WalletBalanceTooLow):
            await world.spend(paid.client_id, 1)

    async def test_a_withdrawal_takes_the_wallet_first_and_the_rest_is_a_receivable(self, world: World) -> None:
        paid, body = await self.disputed(world)
        await world.deliver(event("charge.dispute.created", body))
        await world.deliver(event("charge.dispute.funds_withdrawn", body))
        assert await world.wallet(paid.client_id) == (0, 0)
        assert await world.moved(paid.top_up.id) == {"wallet": 4000, "receivables": -2000, "provider_clearing": -2000}

    async def test_a_won_dispute_that_cost_nothing_frees_the_hold(self, world: World) -> None:
        paid, body = await self.disputed(world)
        await world.deliver(event("charge.dispute.created", body))
        await world.deliver(event("charge.dispute.closed", {**body, "status": "won"}))
        assert await world.wallet(paid.client_id) == (1000, 0)

    @pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
    async def test_a_dispute_won_after_a_withdrawal_ends_the_same_in_every_order(
        self, world: World, order: Sequence[int]
    ) -> None:
        paid, body = await self.disputed(world)
        steps = ("created", "funds_withdrawn", "funds_reinstated", "closed")
        events = [event(f"charge.dispute.{step}", {**body, "status": "won"}) for step in steps]
        for index in order:
            assert set(await world.deliver_together([events[index]] * 2)) == {200}
        for late in events:
            await world.deliver(late)
        assert await world.wallet(paid.client_id) == (1000, 0)
        assert await world.moved(paid.top_up.id) == {"wallet": 5000, "provider_clearing": -5000}

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    async def test_a_lost_dispute_ends_the_same_in_every_order(self, world: World, order: Sequence[int]) -> None:
        paid, body = await self.disputed(world)
        steps = ("created", "funds_withdrawn", "closed")
        for index in order:
            await world.deliver(event(f"charge.dispute.{steps[index]}", {**body, "status": "lost"}))
        assert await world.wallet(paid.client_id) == (0, 0)
        assert await world.moved(paid.top_up.id) == {"wallet": 4000, "receivables": -2000, "provider_clearing": -2000}

    async def test_two_disputes_hold_and_take_side_by_side(self, world: World) -> None:
        paid = await world.pay()
        first = dispute_body(paid, dispute_id=f"dp_{new_id().hex}", amount_minor=2000)
        second = dispute_body(paid, dispute_id=f"dp_{new_id().hex}", amount_minor=1500)
        await world.deliver_together([event("charge.dispute.created", first), event("charge.dispute.created", second)])
        assert await world.wallet(paid.client_id) == (5000, 3500)
        await world.deliver(event("charge.dispute.funds_withdrawn", second))
        assert await world.wallet(paid.client_id) == (3500, 2000)
        await world.deliver(event("charge.dispute.closed", {**first, "status": "warning_closed"}))
        assert await world.wallet(paid.client_id) == (3500, 0)

    async def test_a_dispute_of_more_than_was_paid_is_recorded_and_holds_nothing(self, world: World) -> None:
        paid = await world.pay()
        body = dispute_body(paid, dispute_id=f"dp_{new_id().hex}", amount_minor=5001)
        wrong = event("charge.dispute.created", body)
        await world.deliver(wrong)
        assert await world.outcome(wrong["id"]) == "mismatch"
        assert await world.wallet(paid.client_id) == (5000, 0)

    async def disputed(self, world: World) -> tuple[Paid, dict[str, Any]]:
        paid = await world.silent_top_up()
        await world.deliver(event(SUCCEEDED, payment_body(paid)))
        await world.spend(paid.client_id, 4000)
        return paid, dispute_body(paid, dispute_id=f"dp_{new_id().hex}", amount_minor=3000)
