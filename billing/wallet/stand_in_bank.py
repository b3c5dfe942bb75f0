"""Test mode only: its owner plays the bank that wants a payment confirmed, so that this case can be tried without a bank."""

from __future__ import annotations

from uuid import UUID

from billing.gateways.payments import PaymentGateway, PaymentRefused
from billing.gateways.stripe_test_cards import StandInGateway
from billing.wallet.payment_news import PaymentNews, fail_top_up
from billing.wallet.top_ups import access_top_up, access_top_up_row, find_client_secret
from config.clock import Clock
from config.errors import AppError, NotFound
from storage.database import Database
from storage.top_ups import TopUp


class TopUpNotWaiting(AppError):
    code, status, title = "top_up.not_waiting", 409, "This payment is not waiting for the bank's answer"


async def answer_for_bank(
    database: Database, gateway: PaymentGateway, clock: Clock, *, top_up_id: UUID, user_id: UUID, is_confirmed: bool
) -> TopUp:
    """The top-up as it stands after the answer; a confirmed one is still credited by the webhook only.

    Raises NotFound for somebody else's top-up and wherever a real provider asks real banks; TopUpNotWaiting.
    """
    if not isinstance(gateway, StandInGateway):
        raise NotFound
    async with database.connection() as db:
        top_up = await access_top_up(db, top_up_id=top_up_id, user_id=user_id)
    client_secret = await find_client_secret(gateway, top_up)
    if client_secret is None:
        raise TopUpNotWaiting
    try:
        payment = await gateway.answer_for_bank(client_secret=client_secret, is_confirmed=is_confirmed)
    except PaymentRefused:
        raise TopUpNotWaiting from None
    if payment.status == "failed":
        # The stand-in sends no event when the bank refuses; Stripe does.
        await database.transact(lambda tx: fail_top_up(tx, PaymentNews.of(payment), now=clock.now()))
    return await access_top_up_row(database, top_up.id)
