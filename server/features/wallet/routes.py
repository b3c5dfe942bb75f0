"""The wallet's doors."""

from __future__ import annotations

from typing import Any

from billing.gateways.payments import (
    PaymentAuthenticationRequired,
    PaymentDeclined,
    PaymentMethodUnknown,
    PaymentProviderUnavailable,
    PaymentRefused,
    PaymentTimedOut,
    PaymentUnknown,
)
from billing.gateways.providers import PaymentProvider
from billing.gateways.stripe_events import WebhookSignatureInvalid
from billing.gateways.stripe_webhooks import receive_webhook
from billing.wallet.stand_in_bank import TopUpNotWaiting, answer_for_bank
from billing.wallet.top_up_refunds import RefundRequest, TopUpNotPaid, TopUpRefundTooLarge, refund_top_up
from billing.wallet.top_ups import TopUpRequest, TopUpRules, access_top_up, create_top_up, find_client_secret
from config import limits
from config.errors import AppError, BadRequest, NotFound, RateLimited, Unprocessable, WalletBalanceTooLow
from server.features.wallet.requests import (
    LimitsPayload,
    TestConfirmationPayload,
    TopUpPayload,
    TopUpQuery,
    TopUpRefundPayload,
)
from server.features.wallet.views import (
    LimitsView,
    TopUpRefundView,
    TopUpView,
    TransferPage,
    WalletView,
    WebhookReceived,
    render_limits,
    render_refund,
    render_started,
    render_top_up,
    render_transfer,
    render_wallet,
)
from server.http.pagination import PageQuery, make_page
from server.http.parsing import read_body
from server.http.routes import Access, Body, Call, Idempotency, Route
from storage.audit import insert_audit_row
from storage.ledger import LedgerAccount, find_ledger_account, list_wallet_lines
from storage.spending_limits import find_spending_limits, save_spending_limits
from storage.top_up_refunds import TopUpRefund
from storage.top_ups import find_top_up
from storage.transaction import Connection, Transaction
from storage.wallet_history import list_consultation_titles


def payments_of(call: Call[Any, Any]) -> PaymentProvider:
    assert call.services.payments is not None, "this process was started without payments"
    return call.services.payments


async def own_wallet(call: Call[Any, Any], db: Connection) -> LedgerAccount | None:
    currency = call.settings.billing.currency
    return await find_ledger_account(db, owner_id=call.caller.user_id, kind="wallet", currency=currency)


async def get_wallet(call: Call[None, None]) -> WalletView:
    async with call.database.connection() as db:
        return render_wallet(await own_wallet(call, db), call.settings.billing.currency)


async def get_transfers(call: Call[None, PageQuery]) -> TransferPage:
    query = call.query
    after = query.after(int)
    async with call.database.connection() as db:
        wallet = await own_wallet(call, db)
        if wallet is None:
            return TransferPage(items=[], next_cursor=None)
        before_number = None if after is None else max(0, min(after[0], limits.ENTRY_NUMBER_MAXIMUM))
        lines = await list_wallet_lines(db, wallet.id, before_number=before_number, limit=query.limit + 1)
        ids = {line.reference_id for line in lines if line.reference_kind == "consultation"}
        titles = await list_consultation_titles(db, user_id=call.caller.user_id, ids=list(ids)) if ids else {}
    page = make_page(
        lines,
        limit=query.limit,
        render=lambda line: render_transfer(line, titles.get(line.reference_id)),
        key=lambda line: (line.number,),
    )
    return TransferPage(items=page.items, next_cursor=page.next_cursor)


async def start_top_up(call: Call[TopUpPayload, None]) -> TopUpView:
    settings = call.settings
    rules = TopUpRules(
        minimum_minor=settings.wallet.top_up_minimum_minor,
        maximum_minor=settings.wallet.top_up_maximum_minor,
        currency=settings.billing.currency,
    )
    request = TopUpRequest(
        top_up_id=call.resource_id,
        user_id=call.caller.user_id,
        amount_minor=call.payload.amount_minor,
        payment_method=call.payload.payment_method,
    )
    try:
        started = await create_top_up(call.database, payments_of(call).gateway, call.clock, rules=rules, request=request)
    except PaymentAuthenticationRequired as error:
        # RFC 9457: the occurrence, here the top-up that waits, under which its owner finds what the bank needs.
        error.instance = f"/api/v1/wallet/top-ups/{call.resource_id}"
        raise
    return render_started(started)


async def get_top_up(call: Call[None, TopUpQuery]) -> TopUpView:
    async with call.database.connection() as db:
        top_up = await access_top_up(db, top_up_id=call.ids["top_up_id"], user_id=call.caller.user_id)
    secret = await find_client_secret(payments_of(call).gateway, top_up) if call.query.with_client_secret else None
    return render_top_up(top_up, secret)


async def confirm_test_top_up(call: Call[TestConfirmationPayload, None]) -> TopUpView:
    top_up = await answer_for_bank(
        call.database,
        payments_of(call).gateway,
        call.clock,
        top_up_id=call.ids["top_up_id"],
        user_id=call.caller.user_id,
        is_confirmed=call.payload.outcome == "confirmed",
    )
    return render_top_up(top_up)


async def get_limits(call: Call[None, None]) -> LimitsView:
    async with call.database.connection() as db:
        return render_limits(await find_spending_limits(db, call.caller.user_id))


async def set_limits(call: Call[LimitsPayload, None]) -> LimitsView:
    wanted = call.payload.limits()
    await call.database.transact(lambda tx: save_spending_limits(tx, call.caller.user_id, wanted, now=call.clock.now()))
    return render_limits(wanted)


async def receive_stripe_webhook(call: Call[None, None]) -> WebhookReceived:
    await receive_webhook(
        call.database,
        call.clock,
        body=await read_body(call.request, limit=limits.WEBHOOK_BYTES),
        signature=call.request.headers.get("Stripe-Signature"),
        secret=payments_of(call).webhook_secret,
    )
    return WebhookReceived()


async def refund_top_up_by_admin(call: Call[TopUpRefundPayload, None]) -> TopUpRefundView:
    request = RefundRequest(
        refund_id=call.resource_id,
        top_up_id=call.ids["top_up_id"],
        amount_minor=call.payload.amount_minor,
        reason=call.payload.reason,
        requested_by=call.caller.user_id,
    )
    refund = await refund_top_up(call.database, payments_of(call).gateway, call.clock, request)
    currency = await call.database.transact(lambda tx: _record_refund(tx, call, refund))
    return render_refund(refund, currency)


async def _record_refund(tx: Transaction, call: Call[TopUpRefundPayload, None], refund: TopUpRefund) -> str:
    """Note it in the audit log; the top-up's currency."""
    noted = {"refund_id": str(refund.id), "amount_minor": refund.amount_minor, "reason": refund.reason, "status": refund.status}
    await insert_audit_row(
        tx,
        actor_id=call.caller.user_id,
        action="top_up.refund",
        entity_type="top_up",
        entity_id=str(refund.top_up_id),
        after=noted,
        ip_address=call.ip_address,
        user_agent=call.user_agent,
        now=call.clock.now(),
    )
    top_up = await find_top_up(tx, refund.top_up_id)
    assert top_up is not None
    return top_up.currency


_PROVIDER_FAILURES: tuple[type[AppError], ...] = (PaymentTimedOut, PaymentProviderUnavailable)

ROUTES = (
    Route(method="GET", path="/wallet", handler=get_wallet, summary="The own balance", tag="wallet", answer=WalletView),
    Route(
        method="GET",
        path="/wallet/transfers",
        handler=get_transfers,
        summary="What came into the wallet and went out of it, newest first",
        tag="wallet",
        query=PageQuery,
        answer=TransferPage,
        errors=(Unprocessable,),
    ),
    Route(
        method="POST",
        path="/wallet/top-ups",
        handler=start_top_up,
        summary="Add money; the wallet is credited by the payment provider's signed webhook only",
        tag="wallet",
        payload=TopUpPayload,
        answer=TopUpView,
        status=201,
        idempotency=Idempotency.REQUIRED,
        errors=(
            PaymentDeclined,
            PaymentAuthenticationRequired,
            PaymentMethodUnknown,
            PaymentRefused,
            PaymentUnknown,
            RateLimited,
            *_PROVIDER_FAILURES,
        ),
    ),
    Route(
        method="GET",
        path="/wallet/top-ups/{top_up_id}",
        handler=get_top_up,
        summary="What became of a top-up",
        tag="wallet",
        query=TopUpQuery,
        answer=TopUpView,
        errors=(NotFound, PaymentUnknown, *_PROVIDER_FAILURES),
    ),
    Route(
        method="POST",
        path="/wallet/top-ups/{top_up_id}/test-confirmation",
        handler=confirm_test_top_up,
        summary="Play the bank that wants a payment confirmed",
        description="Only without a provider's key, where the local stand-in takes the cards; elsewhere nothing is here.",
        tag="wallet",
        payload=TestConfirmationPayload,
        answer=TopUpView,
        errors=(NotFound, TopUpNotWaiting, PaymentUnknown, *_PROVIDER_FAILURES),
    ),
    Route(
        method="GET",
        path="/me/limits",
        handler=get_limits,
        summary="What the caller allows themselves to spend",
        tag="wallet",
        answer=LimitsView,
    ),
    Route(
        method="PUT",
        path="/me/limits",
        handler=set_limits,
        summary="Set the own spending limits; what is left out or null is unlimited",
        tag="wallet",
        payload=LimitsPayload,
        answer=LimitsView,
    ),
    Route(
        method="POST",
        path="/webhooks/stripe",
        handler=receive_stripe_webhook,
        summary="Where Stripe delivers its signed events; each takes effect once, in any order, however often it comes",
        tag="wallet",
        answer=WebhookReceived,
        access=Access.PUBLIC,
        body=Body.RAW,
        body_limit=limits.WEBHOOK_BYTES,
        errors=(WebhookSignatureInvalid, BadRequest, Unprocessable),
    ),
    Route(
        method="POST",
        path="/admin/top-ups/{top_up_id}/refund",
        handler=refund_top_up_by_admin,
        summary="Return money of a top-up to the card it came from",
        tag="admin",
        payload=TopUpRefundPayload,
        answer=TopUpRefundView,
        status=201,
        permission="refunds.create",
        idempotency=Idempotency.REQUIRED,
        errors=(NotFound, TopUpNotPaid, TopUpRefundTooLarge, WalletBalanceTooLow),
    ),
)
