"""Ledger accounts, transfers and their entries. Append-only: a correction is a new transfer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from config.errors import WalletBalanceTooLow
from config.ids import new_id
from storage.transaction import Connection, Record, Transaction

_FUNDS_CONSTRAINTS = frozenset({"wallet_never_negative", "hold_within_balance"})


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """`balance_minor` is None for the platform's own accounts: theirs is the sum of their entries."""

    id: int
    kind: str
    owner_id: UUID | None
    currency: str
    balance_minor: int | None
    held_minor: int

    @property
    def spendable_minor(self) -> int:
        return (self.balance_minor or 0) - self.held_minor


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """One side of a transfer: positive raises the ledger account's balance."""

    ledger_account_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TransferDraft:
    """A transfer to write. `amount_minor` is its gross amount; the entries must sum to zero."""

    type: str
    idempotency_key: str
    reference_kind: str
    reference_id: UUID
    currency: str
    amount_minor: int
    entries: tuple[EntryDraft, ...]
    description: str = ""
    state: str = "posted"
    increment: int | None = None
    resolves_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PostedTransfer:
    """`balances` holds the new balance of each person's ledger account the transfer touched, by account id."""

    id: UUID
    balances: dict[int, int]


@dataclass(frozen=True, slots=True)
class WalletLine:
    """One entry of a wallet with the transfer it belongs to."""

    number: int
    transfer_id: UUID
    type: str
    amount_minor: int
    currency: str
    balance_after_minor: int
    description: str
    reference_kind: str
    reference_id: UUID
    increment: int | None
    created_at: datetime


async def open_ledger_accounts(tx: Transaction, user_id: UUID, role: str, currency: str) -> None:
    """A wallet for everybody, an earnings account for readers; harmless when they exist."""
    kinds = ["wallet", "earnings"] if role == "reader" else ["wallet"]
    await tx.execute(
        "INSERT INTO ledger_accounts (kind, owner_id, currency, balance_minor) SELECT kind, $1, $2, 0"
        " FROM unnest($3::text[]) AS kind ON CONFLICT (owner_id, kind, currency) WHERE owner_id IS NOT NULL DO NOTHING",
        user_id,
        currency,
        kinds,
    )


async def open_platform_accounts(tx: Transaction, currency: str) -> None:
    """The platform's own ledger accounts; harmless when they exist. Called at every start."""
    await tx.execute(
        "INSERT INTO ledger_accounts (kind, currency) SELECT kind, $1 FROM unnest($2::text[]) AS kind"
        " ON CONFLICT (kind, currency) WHERE owner_id IS NULL DO NOTHING",
        currency,
        ["revenue", "provider_clearing", "payouts_in_transit", "promotions", "receivables"],
    )


def _account(row: Record) -> LedgerAccount:
    return LedgerAccount(row["id"], row["kind"], row["owner_id"], row["currency"], row["balance_minor"], row["held_minor"])


async def find_ledger_account(db: Connection, *, owner_id: UUID, kind: str, currency: str) -> LedgerAccount | None:
    row = await db.fetch_row(
        "SELECT id, kind, owner_id, currency, balance_minor, held_minor FROM ledger_accounts"
        " WHERE owner_id = $1 AND kind = $2 AND currency = $3",
        owner_id,
        kind,
        currency,
    )
    return None if row is None else _account(row)


async def lock_ledger_account(tx: Transaction, ledger_account_id: int) -> LedgerAccount:
    """The account, locked until the transaction ends."""
    row = await tx.fetch_row(
        "SELECT id, kind, owner_id, currency, balance_minor, held_minor FROM ledger_accounts WHERE id = $1 FOR NO KEY UPDATE",
        ledger_account_id,
    )
    assert row is not None
    return _account(row)


async def lock_ledger_accounts(tx: Transaction, ledger_account_ids: Sequence[int]) -> dict[int, LedgerAccount]:
    """Several accounts, locked in the order in which everybody locks them."""
    rows = await tx.fetch(
        "SELECT id, kind, owner_id, currency, balance_minor, held_minor FROM ledger_accounts WHERE id = ANY ($1::bigint[])"
        " ORDER BY id FOR NO KEY UPDATE",
        list(ledger_account_ids),
    )
    return {row["id"]: _account(row) for row in rows}


async def find_newest_credit_at(db: Connection, ledger_account_id: int) -> datetime | None:
    """When money last came in; None when none ever did."""
    credited_at: datetime | None = await db.fetch_value(
        "SELECT e.created_at FROM ledger_accounts AS l JOIN entries AS e ON e.ledger_account_id = l.id"
        " AND e.number = l.last_credit WHERE l.id = $1",
        ledger_account_id,
    )
    return credited_at


async def get_platform_account_id(db: Connection, *, kind: str, currency: str) -> int:
    """The id of one of the platform's ledger accounts; it exists once the server has started with that currency."""
    account_id = await db.fetch_value(
        "SELECT id FROM ledger_accounts WHERE owner_id IS NULL AND kind = $1 AND currency = $2", kind, currency
    )
    assert account_id is not None, f"platform account {kind} {currency} was not opened"
    return int(account_id)


async def set_held_minor(tx: Transaction, ledger_account_id: int, held_minor: int) -> None:
    """How much of a wallet an open dispute keeps from being spent; at most its balance."""
    await tx.execute("UPDATE ledger_accounts SET held_minor = $2 WHERE id = $1", ledger_account_id, held_minor)


# Accounts are locked in the order of their ids by everybody, so that two transfers never wait for each other in a circle.
INSERT_TRANSFER = """
WITH new_transfer AS (
    INSERT INTO transfers (id, type, state, idempotency_key, reference_kind, reference_id, increment,
                           amount_minor, currency, description, created_at, resolves_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING id
), wanted AS (
    SELECT account_id, amount_minor FROM unnest($13::bigint[], $14::bigint[]) AS wanted (account_id, amount_minor)
    WHERE EXISTS (SELECT 1 FROM new_transfer)
), locked AS (
    SELECT account.id FROM ledger_accounts AS account
    WHERE account.id IN (SELECT account_id FROM wanted) AND account.owner_id IS NOT NULL
    ORDER BY account.id FOR NO KEY UPDATE
), changed AS (
    UPDATE ledger_accounts AS account
    SET balance_minor = balance_minor + wanted.amount_minor, last_entry = last_entry + 1,
        last_credit = CASE WHEN wanted.amount_minor > 0 THEN last_entry + 1 ELSE last_credit END
    FROM wanted, locked
    WHERE account.id = wanted.account_id AND locked.id = account.id AND account.owner_id IS NOT NULL
    RETURNING account.id, account.balance_minor, account.last_entry
), written AS (
    INSERT INTO entries (transfer_id, ledger_account_id, amount_minor, number, balance_after_minor, created_at)
    SELECT $1, wanted.account_id, wanted.amount_minor, changed.last_entry, changed.balance_minor, $11
    FROM wanted LEFT JOIN changed ON changed.id = wanted.account_id
)
SELECT new_transfer.id, changed.id AS account_id, changed.balance_minor FROM new_transfer LEFT JOIN changed ON true
"""


async def insert_transfer(tx: Transaction, draft: TransferDraft, *, now: datetime) -> PostedTransfer | None:
    """Write one transfer with its entries and balances; None when its idempotency key has been used.

    Raises WalletBalanceTooLow when a wallet would fall below zero or below what a dispute holds (the transaction is then lost).
    """
    entries = [entry for entry in draft.entries if entry.amount_minor != 0]
    assert sum(entry.amount_minor for entry in entries) == 0
    try:
        rows = await tx.fetch(
            INSERT_TRANSFER,
            new_id(),
            draft.type,
            draft.state,
            draft.idempotency_key,
            draft.reference_kind,
            draft.reference_id,
            draft.increment,
            draft.amount_minor,
            draft.currency,
            draft.description,
            now,
            draft.resolves_id,
            [entry.ledger_account_id for entry in entries],
            [entry.amount_minor for entry in entries],
        )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name in _FUNDS_CONSTRAINTS:
            raise WalletBalanceTooLow from None
        raise
    if not rows:
        return None
    return PostedTransfer(rows[0]["id"], {row["account_id"]: row["balance_minor"] for row in rows if row["account_id"]})


async def resolve_pending_transfer(tx: Transaction, transfer_id: UUID, *, state: str) -> bool:
    """Turn a pending transfer into `posted` or `voided`; False when it was not pending any more."""
    return await tx.execute("UPDATE transfers SET state = $2 WHERE id = $1 AND state = 'pending'", transfer_id, state) == 1


async def list_wallet_lines(
    db: Connection, ledger_account_id: int, *, before_number: int | None, limit: int
) -> Sequence[WalletLine]:
    """The entries of one account, newest first, from below `before_number`."""
    rows = await db.fetch(
        "SELECT e.number, e.transfer_id, t.type, e.amount_minor, t.currency, e.balance_after_minor, t.description,"
        " t.reference_kind, t.reference_id, t.increment, e.created_at"
        " FROM entries AS e JOIN transfers AS t ON t.id = e.transfer_id"
        " WHERE e.ledger_account_id = $1 AND e.number IS NOT NULL AND e.number < coalesce($2, 2147483647)"
        " ORDER BY e.number DESC LIMIT $3",
        ledger_account_id,
        before_number,
        limit,
    )
    return [WalletLine(**row) for row in rows]


async def list_reference_lines(db: Connection, *, ledger_account_id: int, reference_id: UUID) -> Sequence[WalletLine]:
    """What one account saw of everything that refers to a consultation, a top-up …, oldest first."""
    rows = await db.fetch(
        "SELECT e.number, e.transfer_id, t.type, e.amount_minor, t.currency, e.balance_after_minor, t.description,"
        " t.reference_kind, t.reference_id, t.increment, e.created_at"
        " FROM transfers AS t JOIN entries AS e ON e.transfer_id = t.id AND e.ledger_account_id = $1"
        " WHERE t.reference_id = $2 ORDER BY e.number",
        ledger_account_id,
        reference_id,
    )
    return [WalletLine(**row) for row in rows]


async def spent_since(db: Connection, *, wallet_id: int, since: datetime) -> int:
    """What left the wallet for consultations, gifts and purchases since an instant, less what came back for them."""
    spent = await db.fetch_value(
        "SELECT coalesce(-sum(e.amount_minor), 0)::bigint FROM entries AS e JOIN transfers AS t ON t.id = e.transfer_id"
        " WHERE e.ledger_account_id = $1 AND e.number IS NOT NULL AND e.created_at >= $2"
        " AND (t.type IN ('session_charge', 'gift_purchase', 'purchase')"
        " OR (t.type = 'refund' AND t.reference_kind <> 'top_up'))",
        wallet_id,
        since,
    )
    return int(spent)
