"""Money from nowhere for tests that are not about payments: a promotion, booked like everything else."""

from __future__ import annotations

from uuid import UUID

from config.clock import Clock
from config.ids import new_id
from storage.database import Database
from storage.ledger import EntryDraft, TransferDraft, find_ledger_account, get_platform_account_id, insert_transfer
from storage.transaction import Transaction


async def fund_wallet(database: Database, client_id: UUID, amount_minor: int, *, clock: Clock, currency: str = "USD") -> None:
    """Promotions −, wallet +."""

    async def credit(tx: Transaction) -> None:
        wallet = await find_ledger_account(tx, owner_id=client_id, kind="wallet", currency=currency)
        assert wallet is not None
        promotions = await get_platform_account_id(tx, kind="promotions", currency=currency)
        promotion_id = new_id()
        draft = TransferDraft(
            type="promotion",
            idempotency_key=f"promotion:{promotion_id}",
            reference_kind="promotion",
            reference_id=promotion_id,
            currency=currency,
            amount_minor=amount_minor,
            entries=(EntryDraft(wallet.id, amount_minor), EntryDraft(promotions, -amount_minor)),
        )
        assert await insert_transfer(tx, draft, now=clock.now()) is not None

    await database.transact(credit)
