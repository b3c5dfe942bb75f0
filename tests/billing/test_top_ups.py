"""Adding money: every way a card can behave, retries, and a provider that does not answer. Real stand-in, real webhooks."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta

import pytest

from billing.gateways.payments import (
    PaymentAuthenticationRequired,
    PaymentDeclined,
    PaymentMethodUnknown,
    PaymentProviderUnavailable,
    PaymentTimedOut,
)
from billing.gateways.stripe import StripeGateway, open_stripe_client
from billing.wallet.top_ups import access_top_up, find_client_secret
from config import limits
from config.errors import NotFound, RateLimited, Unprocessable
from config.ids import new_id
from tests.billing.world import World


async def test_a_top_up_is_credited_by_the_signed_webhook_and_not_before(world: World) -> None:
    client_id = await world.make_client()
    started = await world.start_top_up(client_id)
    assert started.top_up.status == "pending"
    assert started.client_secret is not None
    assert await world.wallet(client_id) == (0, 0)
    told = await world.deliveries.wallet_changes(client_id, count=1)
    assert told[0].payload.balance_minor == 5000
    assert await world.wallet(client_id) == (5000, 0)
    credited = await world.top_up(started.top_up.id)
    assert (credited.status, credited.completed_at is not None) == ("completed", True)
    assert await world.moved(credited.id) == {"wallet": 5000, "provider_clearing": -5000}


async def test_without_a_card_the_payment_waits_for_its_owner(world: World) -> None:
    client_id = await world.make_client()
    started = await world.start_top_up(client_id, card=None)
    assert started.top_up.status == "pending"
    assert started.client_secret is not None
    assert await find_client_secret(world.gateway, started.top_up) == started.client_secret
    assert await world.wallet(client_id) == (0, 0)


@pytest.mark.parametrize("card", ["pm_card_chargeCustomerFail", "pm_card_visa_chargeDeclined"])
async def test_a_declined_card_is_told_and_moves_no_money(world: World, card: str) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    for _ in range(2):  # the retry is told the same
        with pytest.raises(PaymentDeclined):
            await world.start_top_up(client_id, card=card, top_up_id=top_up_id)
    failed = await world.top_up(top_up_id)
    assert (failed.status, failed.failure_code) == ("failed", "card_declined")
    assert await world.wallet(client_id) == (0, 0)


async def test_an_unknown_card_names_the_field(world: World) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    with pytest.raises(PaymentMethodUnknown) as caught:
        await world.start_top_up(client_id, card="pm_nobody_knows", top_up_id=top_up_id)
    assert [field.path for field in caught.value.fields] == ["payment_method"]
    assert (await world.top_up(top_up_id)).status == "failed"


async def test_a_card_that_needs_authentication_is_credited_once_the_bank_has_confirmed(world: World) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    with pytest.raises(PaymentAuthenticationRequired):
        await world.start_top_up(client_id, card="pm_card_authenticationRequired", top_up_id=top_up_id)
    waiting = await world.top_up(top_up_id)
    assert waiting.status == "pending"
    client_secret = await find_client_secret(world.gateway, waiting)
    assert client_secret is not None
    await world.gateway.answer_for_bank(client_secret=client_secret, is_confirmed=True)
    await world.deliveries.wallet_changes(client_id, count=1)
    assert await world.wallet(client_id) == (5000, 0)


async def test_a_payment_that_the_bank_refuses_after_authentication_fails(world: World) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    with pytest.raises(PaymentAuthenticationRequired):
        await world.start_top_up(client_id, card="pm_card_authenticationRequired", top_up_id=top_up_id)
    client_secret = await find_client_secret(world.gateway, await world.top_up(top_up_id))
    assert client_secret is not None
    payment = await world.gateway.answer_for_bank(client_secret=client_secret, is_confirmed=False)
    assert payment.status == "failed"
    with pytest.raises(PaymentDeclined):
        await world.start_top_up(client_id, card="pm_card_authenticationRequired", top_up_id=top_up_id)
    assert await world.wallet(client_id) == (0, 0)


@pytest.mark.parametrize("amount_minor", [1, 499, 50_001])
async def test_an_amount_outside_the_rules_is_refused(world: World, amount_minor: int) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    with pytest.raises(Unprocessable) as caught:
        await world.start_top_up(client_id, amount_minor, top_up_id=top_up_id)
    assert [field.path for field in caught.value.fields] == ["amount_minor"]
    async with world.database.connection() as db:
        with pytest.raises(NotFound):
            await access_top_up(db, top_up_id=top_up_id, user_id=client_id)


async def test_one_request_repeated_and_racing_is_paid_once(world: World) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    first = await world.start_top_up(client_id, top_up_id=top_up_id)
    copies = await asyncio.gather(*(world.start_top_up(client_id, top_up_id=top_up_id) for _ in range(5)))
    assert {copy.top_up.provider_payment_id for copy in copies} == {first.top_up.provider_payment_id}
    await world.deliveries.wallet_changes(client_id, count=1)
    assert await world.wallet(client_id) == (5000, 0)
    since = first.top_up.created_at - timedelta(seconds=1)
    payments = [payment async for payment in world.gateway.list_payments(since=since) if payment.top_up_id == top_up_id]
    assert len(payments) == 1


async def test_somebody_elses_top_up_is_hidden(world: World) -> None:
    owner_id, stranger_id = await world.make_client(), await world.make_client()
    started = await world.start_top_up(owner_id, card=None)
    async with world.database.connection() as db:
        assert (await access_top_up(db, top_up_id=started.top_up.id, user_id=owner_id)).id == started.top_up.id
        with pytest.raises(NotFound):
            await access_top_up(db, top_up_id=started.top_up.id, user_id=stranger_id)


async def test_trying_card_after_card_is_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAILED_TOP_UPS_PER_HOUR", 2)
    client_id = await world.make_client()
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            await world.start_top_up(client_id, card="pm_card_chargeDeclined")
    with pytest.raises(RateLimited):
        await world.start_top_up(client_id)


async def test_a_provider_that_does_not_answer_leaves_the_top_up_pending_and_the_retry_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never says a word
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with monkeypatch.context() as patched:
            patched.setattr(limits, "PROVIDER_TIMEOUT_SECONDS", 0.3)
            async with open_stripe_client(api_key="sk_test_nobody", api_base=base) as client:
                with pytest.raises(PaymentTimedOut):
                    await world.start_top_up(client_id, top_up_id=top_up_id, gateway=StripeGateway(client, is_test_mode=True))
    assert (await world.top_up(top_up_id)).status == "pending"
    await world.start_top_up(client_id, top_up_id=top_up_id)
    await world.deliveries.wallet_changes(client_id, count=1)
    assert await world.wallet(client_id) == (5000, 0)


async def test_a_provider_that_cannot_be_reached_is_a_retryable_failure(world: World) -> None:
    client_id, top_up_id = await world.make_client(), new_id()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with open_stripe_client(api_key="sk_test_nobody", api_base=f"http://127.0.0.1:{port}") as client:
        with pytest.raises(PaymentProviderUnavailable) as caught:
            await world.start_top_up(client_id, top_up_id=top_up_id, gateway=StripeGateway(client, is_test_mode=True))
    assert (caught.value.status, caught.value.retryable) == (503, True)
    assert "sk_test" not in caught.value.detail
    assert (await world.top_up(top_up_id)).status == "pending"
