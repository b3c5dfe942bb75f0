"""Gifts that the house gives back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from billing.gifts.refunds import refund_gift, refund_key
from billing.wallet.events import emit_wallet_changed
from config.errors import AppError, NotFound
from realtime.commands import Caller
from realtime.gifts.events import emit_earnings_changed
from server.features.admin.audit import note
from storage.gift_receipts import GiftReceipt, find_gift, lock_gift
from storage.records import has_transfer
from storage.transaction import Transaction


class GiftRefunded(AppError):
    code, status, title = "gift.refunded", 409, "This gift was given back already"


async def refund_any_gift(
    tx: Transaction, admin: Caller, gift_id: UUID, *, refund_id: UUID, reason: str, now: datetime
) -> GiftReceipt:
    """Once for each `refund_id`. Raises NotFound or GiftRefunded."""
    gift = await find_gift(tx, gift_id)
    if gift is None:
        raise NotFound("There is no such gift")
    if not await lock_gift(tx, gift):
        if await has_transfer(tx, refund_key(gift.id, refund_id)):
            return gift
        raise GiftRefunded
    wallet_minor, earnings_minor = await refund_gift(tx, gift, refund_id=refund_id, now=now)
    emit_wallet_changed(tx, owner_id=gift.sender_id, balance_minor=wallet_minor, currency=gift.currency, now=now)
    if earnings_minor is not None:
        emit_earnings_changed(tx, reader_id=gift.reader_id, balance_minor=earnings_minor, currency=gift.currency, now=now)
    after = {"amount_minor": gift.amount_minor, "reader_minor": gift.reader_minor, "reason": reason}
    await note(tx, admin, "gift.refund", entity_type="gift", entity_id=gift.id, now=now, after=after)
    return replace(gift, refunded_at=now)
