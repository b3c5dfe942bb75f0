"""Giving a gift back: the whole of it, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from storage.gift_receipts import GiftReceipt, mark_gift_refunded
from storage.ledger import (
    EntryDraft,
    PostedTransfer,
    TransferDraft,
    find_ledger_account,
    get_platform_account_id,
    insert_transfer,
)
from storage.transaction import Transaction


def refund_key(gift_id: UUID, refund_id: UUID) -> str:
    """The idempotency key of the transfer that gives a gift back, by whoever asked for it with this id."""
    return f"gift_refund:{gift_id}:{refund_id}"


async def refund_gift(tx: Transaction, gift: GiftReceipt, *, refund_id: UUID, now: datetime) -> tuple[int, int | None]:
    """Wallet +, the reader's earnings − what they earned with it, revenue − the rest.

    The caller holds the gift's lock and knows that it was not given back yet. The earnings may fall below zero and are
    recovered from later ones. Returns the new balances of the wallet and of the earnings (None where the reader earned nothing).
    """
    wallet = await find_ledger_account(tx, owner_id=gift.sender_id, kind="wallet", currency=gift.currency)
    earnings = await find_ledger_account(tx, owner_id=gift.reader_id, kind="earnings", currency=gift.currency)
    assert wallet is not None
    assert earnings is not None
    revenue_id = await get_platform_account_id(tx, kind="revenue", currency=gift.currency)
    draft = TransferDraft(
        type="refund",
        idempotency_key=refund_key(gift.id, refund_id),
        reference_kind="gift",
        reference_id=gift.id,
        currency=gift.currency,
        amount_minor=gift.amount_minor,
        description=f"Given back: {gift.description}",
        entries=(
            EntryDraft(wallet.id, gift.amount_minor),
            EntryDraft(earnings.id, -gift.reader_minor),
            EntryDraft(revenue_id, gift.reader_minor - gift.amount_minor),
        ),
    )
    posted: PostedTransfer | None = await insert_transfer(tx, draft, now=now)
    assert posted is not None, "the gift is locked, so nobody gave it back meanwhile"
    await mark_gift_refunded(tx, gift, now=now)
    return posted.balances[wallet.id], posted.balances.get(earnings.id)
