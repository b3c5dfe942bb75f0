"""What a wallet's owner is told when its balance changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.fields import Instant, View
from storage.transaction import Event, Transaction, user_audience


class WalletChangedEvent(View):
    balance_minor: int
    currency: str
    at: Instant


def emit_wallet_changed(tx: Transaction, *, owner_id: UUID, balance_minor: int, currency: str, now: datetime) -> None:
    payload = WalletChangedEvent(balance_minor=balance_minor, currency=currency, at=now)
    tx.emit(Event("wallet.changed", user_audience(owner_id), payload))
