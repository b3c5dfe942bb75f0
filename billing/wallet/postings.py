"""How top-ups, refunds of them and chargebacks are written into the ledger, and how the wallet's owner is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from billing.wallet.events import emit_wallet_changed
from storage.ledger import (
    EntryDraft,
    LedgerAccount,
    TransferDraft,
    find_ledger_account,
    get_platform_account_id,
    insert_transfer,
    lock_ledger_account,
    open_ledger_accounts,
)
from storage.top_ups import TopUp
from storage.transaction import Transaction


async def lock_wallet(tx: Transaction, *, owner_id: UUID, currency: str) -> LedgerAccount:
    """A person's wallet in a currency, opened if there is none yet, locked until the transaction ends."""
    wallet = await find_ledger_account(tx, owner_id=owner_id, kind="wallet", currency=currency)
    if wallet is None:
        await open_ledger_accounts(tx, owner_id, "client", currency)
        wallet = await find_ledger_account(tx, owner_id=owner_id, kind="wallet", currency=currency)
        assert wallet is not None
    return await lock_ledger_account(tx, wallet.id)


async def post_credit(tx: Transaction, top_up: TopUp, *, now: datetime) -> None:
    """clearing −, wallet +, once for each top-up."""
    await _move(
        tx, top_up, wallet_minor=top_up.amount_minor, type_="add_funds", key=f"top_up:{top_up.id}", text="Added by card", now=now
    )


async def post_refund(
    tx: Transaction, top_up: TopUp, *, refund_id: UUID, amount_minor: int, state: str, now: datetime
) -> UUID | None:
    """wallet −, clearing +. Raises WalletBalanceTooLow when the money has been spent; the transfer's id, None for a repeat."""
    text = "Returned to your card"
    return await _move(
        tx, top_up, wallet_minor=-amount_minor, type_="refund", key=f"top_up_refund:{refund_id}", text=text, state=state, now=now
    )


async def post_failed_refund(
    tx: Transaction, top_up: TopUp, *, refund_id: UUID, amount_minor: int, resolves_id: UUID | None, now: datetime
) -> None:
    """The refund's entries reversed: the card did not take the money back."""
    await _move(
        tx,
        top_up,
        wallet_minor=amount_minor,
        type_="refund",
        key=f"top_up_refund:{refund_id}:failed",
        text="A return to your card failed; the money is back",
        resolves_id=resolves_id,
        now=now,
    )


async def post_withdrawal(
    tx: Transaction, top_up: TopUp, *, amount_minor: int, from_wallet_minor: int, type_: str, key: str, text: str, now: datetime
) -> UUID | None:
    """Money that left without us: wallet − as far as it reaches, receivables − for the rest, clearing +."""
    return await _move(
        tx,
        top_up,
        wallet_minor=-from_wallet_minor,
        receivables_minor=from_wallet_minor - amount_minor,
        type_=type_,
        key=key,
        text=text,
        now=now,
    )


async def post_reinstatement(
    tx: Transaction, top_up: TopUp, *, amount_minor: int, to_wallet_minor: int, key: str, now: datetime
) -> None:
    """A chargeback's entries reversed: wallet + and receivables + what each had given, clearing −."""
    await _move(
        tx,
        top_up,
        wallet_minor=to_wallet_minor,
        receivables_minor=amount_minor - to_wallet_minor,
        type_="chargeback",
        key=key,
        text="A disputed payment was decided for us; the money is back",
        now=now,
    )


async def _move(
    tx: Transaction,
    top_up: TopUp,
    *,
    wallet_minor: int,
    type_: str,
    key: str,
    text: str,
    now: datetime,
    receivables_minor: int = 0,
    state: str = "posted",
    resolves_id: UUID | None = None,
) -> UUID | None:
    """One transfer between a wallet, the receivables and what the provider owes us; tells the wallet's owner."""
    currency = top_up.currency
    wallet = await lock_wallet(tx, owner_id=top_up.user_id, currency=currency)
    clearing_id = await get_platform_account_id(tx, kind="provider_clearing", currency=currency)
    entries = [EntryDraft(wallet.id, wallet_minor), EntryDraft(clearing_id, -wallet_minor - receivables_minor)]
    if receivables_minor != 0:
        receivables_id = await get_platform_account_id(tx, kind="receivables", currency=currency)
        entries.append(EntryDraft(receivables_id, receivables_minor))
    draft = TransferDraft(
        type=type_,
        idempotency_key=key,
        reference_kind="top_up",
        reference_id=top_up.id,
        currency=currency,
        amount_minor=abs(wallet_minor + receivables_minor),
        entries=tuple(entries),
        description=text,
        state=state,
        resolves_id=resolves_id,
    )
    posted = await insert_transfer(tx, draft, now=now)
    if posted is None:
        return None
    if wallet.id in posted.balances:
        emit_wallet_changed(tx, owner_id=top_up.user_id, balance_minor=posted.balances[wallet.id], currency=currency, now=now)
    return posted.id
