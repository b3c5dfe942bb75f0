"""Catching up with what no webhook told, and comparing the provider's books with ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from billing.gateways.payments import PaymentAuthenticationRequired
from billing.gateways.reconcile import PaymentDifference, reconcile
from billing.wallet.sweeps import check_silent_top_ups
from config.ids import new_id
from tests.billing.world import World, event, payment_body


class ShiftedClock:
    """The real clock, some seconds ahead."""

    def __init__(self, seconds: float) -> None:
        self._shift = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift


async def differences(world: World, since: datetime, about: set[object]) -> set[tuple[str, object]]:
    """What a reconciliation an hour from now would find about these top-ups and events."""
    found: list[PaymentDifference] = await reconcile(
        world.database, world.gateway, since=since, now=world.clock.now() + timedelta(hours=1)
    )
    told = {(difference.kind, difference.top_up_id or difference.reference) for difference in found}
    return {(kind, subject) for kind, subject in told if subject in about}


async def lose_webhooks(world: World) -> None:
    assert world.provider.stand_in is not None
    await world.provider.stand_in.send_webhooks_to("http://127.0.0.1:1/nobody")


async def test_a_top_up_whose_webhook_never_came_is_credited_by_asking(world: World) -> None:
    await lose_webhooks(world)
    client_id = await world.make_client()
    started = await world.start_top_up(client_id)
    await check_silent_top_ups(world.database, world.gateway, world.clock)
    assert await world.wallet(client_id) == (0, 0)  # too young to ask about
    for _ in range(2):
        await check_silent_top_ups(world.database, world.gateway, ShiftedClock(60))
    assert await world.wallet(client_id) == (5000, 0)
    assert (await world.top_up(started.top_up.id)).status == "completed"


async def test_a_late_webhook_after_the_asking_changes_nothing(world: World) -> None:
    await lose_webhooks(world)
    client_id = await world.make_client()
    await world.start_top_up(client_id)
    await check_silent_top_ups(world.database, world.gateway, ShiftedClock(60))
    paid = await world.silent_top_up()
    await world.deliver(event("payment_intent.succeeded", payment_body(paid)))
    await check_silent_top_ups(world.database, world.gateway, ShiftedClock(60))
    assert await world.wallet(paid.client_id) == (5000, 0)
    assert await world.wallet(client_id) == (5000, 0)


async def test_a_top_up_that_nobody_pays_is_given_up_after_a_day_and_still_credited_if_money_comes(world: World) -> None:
    paid = await world.silent_top_up()
    await check_silent_top_ups(world.database, world.gateway, ShiftedClock(23 * 3600))
    assert (await world.top_up(paid.top_up.id)).status == "pending"
    await check_silent_top_ups(world.database, world.gateway, ShiftedClock(40 * 3600))
    assert (await world.top_up(paid.top_up.id)).status == "failed"
    await world.deliver(event("payment_intent.succeeded", payment_body(paid)))
    assert await world.wallet(paid.client_id) == (5000, 0)


async def test_a_payment_that_the_provider_has_forgotten_is_given_up_after_a_day(world: World) -> None:
    paid = await world.silent_top_up()
    async with world.database.transaction() as tx:
        await tx.execute("UPDATE top_ups SET provider_payment_id = $2 WHERE id = $1", paid.top_up.id, f"pi_{new_id().hex}")
    await check_silent_top_ups(world.database, world.gateway, ShiftedClock(3600))
    assert (await world.top_up(paid.top_up.id)).status == "pending"
    await check_silent_top_ups(world.database, world.gateway, ShiftedClock(40 * 3600))
    given_up = await world.top_up(paid.top_up.id)
    assert (given_up.status, given_up.failure_code) == ("failed", "given_up")


async def test_a_top_up_that_waits_for_the_bank_is_left_alone(world: World) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    with pytest.raises(PaymentAuthenticationRequired):
        await world.start_top_up(client_id, card="pm_card_authenticationRequired", top_up_id=top_up_id)
    await check_silent_top_ups(world.database, world.gateway, ShiftedClock(3600))
    assert (await world.top_up(top_up_id)).status == "pending"


async def test_books_that_agree_show_no_difference(world: World) -> None:
    since = world.clock.now()
    paid, unpaid = await world.pay(), await world.silent_top_up()
    assert await differences(world, since, {paid.top_up.id, unpaid.top_up.id}) == set()


async def test_every_kind_of_difference_is_reported(world: World) -> None:
    since = world.clock.now()
    await lose_webhooks(world)
    uncredited = (await world.start_top_up(await world.make_client())).top_up
    unpaid = await world.silent_top_up()
    await world.deliver(event("payment_intent.succeeded", payment_body(unpaid)))
    await world.gateway.refund_payment(payment_id=uncredited.provider_payment_id or "", refund_id=new_id(), amount_minor=100)
    other = await world.silent_top_up()
    mismatch = event("payment_intent.succeeded", payment_body(other, amount_received=1))
    await world.deliver(mismatch)
    unmade = await world.silent_top_up()
    async with world.database.transaction() as tx:
        await tx.execute(
            "UPDATE top_ups SET provider_payment_id = $2, status = 'completed', completed_at = now() WHERE id = $1",
            unmade.top_up.id,
            f"pi_{new_id().hex}",
        )
    stray = await world.gateway.create_payment(
        top_up_id=new_id(), amount_minor=700, currency="USD", customer_id=None, payment_method="pm_card_visa"
    )
    await world.gateway.confirm_payment(stray.id)
    about = {uncredited.id, unpaid.top_up.id, other.top_up.id, unmade.top_up.id, stray.top_up_id, mismatch["id"]}
    assert await differences(world, since, about) == {
        ("paid_but_not_credited", uncredited.id),
        ("refunds_differ", uncredited.id),
        ("credited_but_not_paid", unpaid.top_up.id),
        ("top_up_without_payment", unmade.top_up.id),
        ("payment_without_top_up", stray.top_up_id),
        ("event_mismatch", mismatch["id"]),
    }
    async with world.database.transaction() as tx:
        await tx.execute("UPDATE top_ups SET status = 'failed', completed_at = NULL WHERE id = $1", unmade.top_up.id)
