"""Settling a consultation's money: what goes back to the client when it ends, or later by decision of an admin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from billing.metering.terms import Terms
from storage.consultations import Consultation
from storage.ledger import EntryDraft, TransferDraft, get_platform_account_id, insert_transfer
from storage.transaction import Transaction


def _pairs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(numbers[::2], numbers[1::2], strict=True)


def terms_of(consultation: Consultation) -> Terms:
    """What was frozen when the consultation was requested, with the rates that held since."""
    return Terms(
        rate_per_minute_minor=consultation.rate_per_minute_minor,
        minute_ms=consultation.minute_ms,
        increment_ms=consultation.increment_ms,
        free_ms=consultation.free_ms,
        settlement=consultation.settlement,
        reader_share_bps=consultation.reader_share_bps,
        earlier_rates=tuple(_pairs(consultation.earlier_rates)),
    )


async def refund_charges(
    tx: Transaction, consultation: Consultation, *, refund_minor: int, description: str, key: str, now: datetime
) -> tuple[Consultation, int | None]:
    """Move money back: wallet +, the reader's earnings − so that their part stays floor(share × net), revenue − the rest.

    The caller holds the consultation's row lock and saves the returned consultation. Returns it with the wallet's new
    balance (None when nothing moved). `key` makes the refund happen once. Never more than was charged.
    """
    if refund_minor == 0:
        return consultation, None
    assert 0 < refund_minor <= consultation.total_cost_minor
    refunded = replace(consultation, refunded_minor=consultation.refunded_minor + refund_minor)
    readers_part = terms_of(consultation).readers_part(refunded.total_cost_minor)
    taken_back = consultation.earnings_minor - readers_part
    revenue_id = await get_platform_account_id(tx, kind="revenue", currency=consultation.currency)
    posted = await insert_transfer(
        tx,
        TransferDraft(
            type="refund",
            idempotency_key=f"refund:{consultation.id}:{key}",
            reference_kind="consultation",
            reference_id=consultation.id,
            currency=consultation.currency,
            amount_minor=refund_minor,
            description=description,
            entries=(
                EntryDraft(consultation.client_wallet_id, refund_minor),
                EntryDraft(consultation.reader_earnings_id, -taken_back),
                EntryDraft(revenue_id, taken_back - refund_minor),
            ),
        ),
        now=now,
    )
    if posted is None:
        return consultation, None
    return replace(refunded, earnings_minor=readers_part), posted.balances[consultation.client_wallet_id]
