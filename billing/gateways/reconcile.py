"""Compares the provider's payments with our top-ups and says where they differ; it moves no money and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from billing.gateways.payments import Payment, PaymentGateway
from config import limits
from storage.database import Database
from storage.provider_events import list_troubled_events
from storage.top_ups import TopUp, find_top_up_by_payment, list_top_ups_since

# A webhook may take this long without anything being wrong.
SETTLING_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class PaymentDifference:
    """`reference` is the provider's payment or event, or our top-up when the provider has nothing of it."""

    kind: str
    reference: str
    top_up_id: UUID | None
    expected: str
    found: str


async def reconcile(database: Database, gateway: PaymentGateway, *, since: datetime, now: datetime) -> list[PaymentDifference]:
    """Every difference among payments and top-ups made since an instant, and every event that needs a person's look."""
    top_ups = await _read_top_ups(database, since)
    by_payment = {top_up.provider_payment_id: top_up for top_up in top_ups if top_up.provider_payment_id}
    # The provider's clock may run behind ours: what it dates a little earlier still belongs to these top-ups.
    payments = {payment.id: payment async for payment in gateway.list_payments(since=since - timedelta(hours=1))}
    settled_before = now - timedelta(seconds=SETTLING_SECONDS)
    differences: list[PaymentDifference] = []
    for payment in payments.values():
        top_up = by_payment.get(payment.id)
        if top_up is None and payment.created_at < since.replace(microsecond=0):  # the provider dates by whole seconds
            continue
        # One that was made late, for an older top-up, is not among ours of that time; it is looked up.
        top_up = top_up or await _find_top_up(database, payment)
        if top_up is not None:
            differences += _compare(top_up, payment, settled_before=settled_before)
        elif payment.status == "succeeded" and payment.created_at < settled_before:
            found = _amount(payment.amount_minor, payment.currency)
            differences.append(PaymentDifference("payment_without_top_up", payment.id, payment.top_up_id, "no payment", found))
    for top_up in top_ups:
        if top_up.status in ("completed", "refunded") and top_up.provider_payment_id not in payments:
            expected = _amount(top_up.amount_minor, top_up.currency)
            differences.append(PaymentDifference("top_up_without_payment", str(top_up.id), top_up.id, expected, "no payment"))
    return differences + await _troubled_events(database, since)


def _compare(top_up: TopUp, payment: Payment, *, settled_before: datetime) -> list[PaymentDifference]:
    def difference(kind: str, expected: str, found: str) -> PaymentDifference:
        return PaymentDifference(kind, payment.id, top_up.id, expected, found)

    is_credited = top_up.status in ("completed", "refunded")
    differences = []
    if (top_up.amount_minor, top_up.currency) != (payment.amount_minor, payment.currency):
        ours, theirs = _amount(top_up.amount_minor, top_up.currency), _amount(payment.amount_minor, payment.currency)
        differences.append(difference("amount_differs", theirs, ours))
    if payment.status == "succeeded" and not is_credited and top_up.created_at < settled_before:
        differences.append(difference("paid_but_not_credited", "completed", top_up.status))
    if payment.status != "succeeded" and is_credited:
        differences.append(difference("credited_but_not_paid", payment.status, top_up.status))
    if payment.refunded_minor != top_up.refunded_minor and top_up.updated_at < settled_before:
        theirs, ours = str(payment.refunded_minor), str(top_up.refunded_minor)
        differences.append(difference("refunds_differ", theirs, ours))
    return differences


async def _find_top_up(database: Database, payment: Payment) -> TopUp | None:
    async with database.connection() as db:
        return await find_top_up_by_payment(db, payment.id)


async def _read_top_ups(database: Database, since: datetime) -> list[TopUp]:
    found: list[TopUp] = []
    after_id: UUID | None = None
    for _ in range(limits.PROVIDER_PAGES):
        async with database.connection() as db:
            page = await list_top_ups_since(db, since, after_id=after_id, limit=limits.RECONCILE_PAGE)
        found += page
        if len(page) < limits.RECONCILE_PAGE:
            break
        after_id = page[-1].id
    return found


async def _troubled_events(database: Database, since: datetime) -> list[PaymentDifference]:
    async with database.connection() as db:
        events = await list_troubled_events(
            db, since, attempts_from=limits.PROVIDER_EVENT_ATTEMPTS, limit=limits.PAGE_SIZE_MAXIMUM
        )
    return [PaymentDifference("event_" + (e.outcome or "failing"), e.event_id, None, "applied", e.type) for e in events]


def _amount(amount_minor: int, currency: str) -> str:
    return f"{amount_minor} {currency}"
