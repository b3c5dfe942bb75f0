"""What a client owes who does not come to a booked consultation: agreed beforehand, one transfer, as far as the money reaches."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing.metering.affordability import spendable_within_limits
from billing.metering.settlement import terms_of
from storage.consultations import Consultation
from storage.ledger import EntryDraft, TransferDraft, get_platform_account_id, insert_transfer
from storage.transaction import Transaction


async def charge_absence(tx: Transaction, consultation: Consultation, *, now: datetime) -> tuple[Consultation, int | None]:
    """Wallet −, the reader's earnings + their share, revenue + the rest: a `purchase` that refers to the consultation.

    `no_show_minutes` at the rate, or what the wallet and the client's spending limits allow of it; once. The caller holds the
    consultation's row lock and saves the returned consultation. Returns it with the wallet's new balance (None when nothing
    moved).
    """
    c = consultation
    agreed_minor = c.rate_per_minute_minor * c.no_show_minutes
    fee_minor = min(agreed_minor, await spendable_within_limits(tx, c, now=now)) if agreed_minor else 0
    if fee_minor <= 0:
        return c, None
    readers_part = terms_of(c).readers_part(fee_minor)
    revenue_id = await get_platform_account_id(tx, kind="revenue", currency=c.currency)
    posted = await insert_transfer(
        tx,
        TransferDraft(
            type="purchase",
            idempotency_key=f"no_show:{c.id}",
            reference_kind="consultation",
            reference_id=c.id,
            currency=c.currency,
            amount_minor=fee_minor,
            description="Did not come to a booked consultation",
            entries=(
                EntryDraft(c.client_wallet_id, -fee_minor),
                EntryDraft(c.reader_earnings_id, readers_part),
                EntryDraft(revenue_id, fee_minor - readers_part),
            ),
        ),
        now=now,
    )
    if posted is None:
        return c, None
    charged = replace(c, charged_minor=fee_minor, no_show_fee_minor=fee_minor, earnings_minor=readers_part)
    return charged, posted.balances[c.client_wallet_id]
