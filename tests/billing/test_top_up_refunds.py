"""Returning money to a card: taken from the wallet first, posted or voided by what the provider answers."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from billing.gateways.payments import PaymentGateway
from billing.gateways.stripe import StripeGateway, open_stripe_client
from billing.wallet.top_up_refunds import (
    RefundRequest,
    TopUpNotPaid,
    TopUpRefundTooLarge,
    refund_top_up,
    resume_refunds,
)
from config.errors import NotFound, WalletBalanceTooLow
from config.ids import new_id
from storage.top_up_refunds import TopUpRefund
from tests.billing.world import Paid, World, charge_body, event


async def refund(
    world: World,
    top_up_id: UUID,
    amount_minor: int,
    *,
    refund_id: UUID | None = None,
    gateway: PaymentGateway | None = None,
) -> TopUpRefund:
    request = RefundRequest(refund_id or new_id(), top_up_id, amount_minor, "asked for it", await world.make_client())
    return await refund_top_up(world.database, gateway or world.gateway, world.clock, request)


def refund_body(paid: Paid, made: TopUpRefund, status: str) -> dict[str, object]:
    return {
        "id": made.provider_refund_id or f"re_{made.id.hex}",
        "object": "refund",
        "amount": made.amount_minor,
        "currency": "usd",
        "payment_intent": paid.payment_id,
        "metadata": {"refund_id": str(made.id)},
        "status": status,
    }


async def test_a_refund_leaves_the_wallet_and_reaches_the_card(world: World) -> None:
    paid = await world.pay()
    made = await refund(world, paid.top_up.id, 2000)
    assert (made.status, made.provider_refund_id is not None) == ("completed", True)
    assert await world.wallet(paid.client_id) == (3000, 0)
    assert (await world.gateway.get_payment(paid.payment_id)).refunded_minor == 2000
    assert (await world.top_up(paid.top_up.id)).status == "completed"
    await refund(world, paid.top_up.id, 3000)
    assert (await world.top_up(paid.top_up.id)).status == "refunded"
    assert await world.moved(paid.top_up.id) == {}


async def test_one_request_repeated_and_racing_refunds_once(world: World) -> None:
    paid, refund_id = await world.pay(), new_id()
    await asyncio.gather(*(refund(world, paid.top_up.id, 2000, refund_id=refund_id) for _ in range(3)))
    await refund(world, paid.top_up.id, 2000, refund_id=refund_id)
    assert await world.wallet(paid.client_id) == (3000, 0)


async def test_more_than_was_paid_is_never_returned(world: World) -> None:
    paid = await world.pay()
    attempts = (refund(world, paid.top_up.id, 3000) for _ in range(4))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, TopUpRefund) for result in results) == 1
    assert sum(isinstance(result, TopUpRefundTooLarge) for result in results) == 3
    assert (await world.gateway.get_payment(paid.payment_id)).refunded_minor == 3000
    assert await world.wallet(paid.client_id) == (2000, 0)


async def test_money_that_was_spent_cannot_be_returned(world: World) -> None:
    paid = await world.pay()
    await world.spend(paid.client_id, 4000)
    with pytest.raises(WalletBalanceTooLow):
        await refund(world, paid.top_up.id, 1001)
    assert await world.wallet(paid.client_id) == (1000, 0)


async def test_only_a_paid_top_up_can_be_returned(world: World) -> None:
    waiting = await world.silent_top_up()
    with pytest.raises(TopUpNotPaid):
        await refund(world, waiting.top_up.id, 1000)
    with pytest.raises(NotFound):
        await refund(world, new_id(), 1000)


async def test_the_providers_own_event_about_our_refund_is_not_counted_twice(world: World) -> None:
    paid = await world.pay()
    await refund(world, paid.top_up.id, 2000)
    await world.deliver(event("charge.refunded", charge_body(paid, refunded_minor=2000)))
    assert await world.wallet(paid.client_id) == (3000, 0)


async def test_a_refund_that_the_provider_refuses_comes_back(world: World) -> None:
    paid = await world.pay()
    async with world.database.transaction() as tx:
        await tx.execute("UPDATE top_ups SET provider_payment_id = $2 WHERE id = $1", paid.top_up.id, f"pi_{new_id().hex}")
    made = await refund(world, paid.top_up.id, 2000)
    assert made.status == "failed"
    assert await world.wallet(paid.client_id) == (5000, 0)
    assert (await world.top_up(paid.top_up.id)).refunded_minor == 0
    assert await transfer_states(world, paid.top_up.id) == {"add_funds": ["posted"], "refund": ["posted", "voided"]}


async def test_a_refund_that_the_card_sends_back_days_later_comes_back(world: World) -> None:
    paid = await world.pay()
    made = await refund(world, paid.top_up.id, 5000)
    for status in ("failed", "failed", "succeeded"):  # the last one is an old event that was delayed
        assert await world.deliver(event("refund.updated", refund_body(paid, made, status))) == 200
    assert await world.wallet(paid.client_id) == (5000, 0)
    assert (await world.top_up(paid.top_up.id)).status == "completed"


async def test_a_refund_whose_answer_was_lost_stays_pending_and_is_asked_for_again(world: World) -> None:
    paid = await world.pay()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        base = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with open_stripe_client(api_key="sk_test_nobody", api_base=base) as client:
        made = await refund(world, paid.top_up.id, 2000, gateway=StripeGateway(client, is_test_mode=True))
    assert made.status == "pending"
    assert await world.wallet(paid.client_id) == (3000, 0)
    for _ in range(2):
        await resume_refunds(world.database, world.gateway, LaterClock(world))
    assert (await world.gateway.get_payment(paid.payment_id)).refunded_minor == 2000
    assert await transfer_states(world, paid.top_up.id) == {"add_funds": ["posted"], "refund": ["posted"]}


class LaterClock:
    """The real clock, an hour ahead."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.clock.now() + timedelta(hours=1)


async def transfer_states(world: World, top_up_id: UUID) -> dict[str, list[str]]:
    async with world.database.connection() as db:
        rows = await db.fetch(
            "SELECT type, array_agg(state ORDER BY state) AS states FROM transfers WHERE reference_id = $1 GROUP BY type",
            top_up_id,
        )
    return {row["type"]: row["states"] for row in rows}
