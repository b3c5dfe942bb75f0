"""Many transfers in one statement, between ledger accounts that are locked already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from storage.ledger import LedgerAccount, TransferDraft
from storage.transaction import Transaction


class BatchedTransfer(NamedTuple):
    """A transfer to write, and the id that it gets."""

    id: UUID
    draft: TransferDraft


_LOCK_ACCOUNTS = """
SELECT id, kind, owner_id, currency, balance_minor, held_minor FROM ledger_accounts
WHERE currency = $3 AND (owner_id = ANY ($1::uuid[]) AND kind = 'wallet' OR owner_id = ANY ($2::uuid[]) AND kind = 'earnings')
ORDER BY id FOR NO KEY UPDATE {locked}
"""
_LOCK_OR_WAIT = _LOCK_ACCOUNTS.replace("{locked}", "")
_LOCK_OR_LEAVE = _LOCK_ACCOUNTS.replace("{locked}", "SKIP LOCKED")


async def lock_accounts_of(
    tx: Transaction, *, wallets: Sequence[UUID], earnings: Sequence[UUID], currency: str, skip_locked: bool = False
) -> dict[tuple[UUID, str], LedgerAccount]:
    """Wallets and earnings accounts of these people by (owner, kind), locked in the order in which everybody locks them.

    With `skip_locked` those that somebody else holds are left out, as are those that do not exist.
    """
    rows = await tx.fetch(_LOCK_OR_LEAVE if skip_locked else _LOCK_OR_WAIT, list(wallets), list(earnings), currency)
    return {
        (row["owner_id"], row["kind"]): LedgerAccount(
            row["id"], row["kind"], row["owner_id"], row["currency"], row["balance_minor"], row["held_minor"]
        )
        for row in rows
    }


# The accounts' rows were locked by an earlier statement of this transaction, so that what is read here is their newest state.
_INSERT_TRANSFERS = """
WITH wanted AS MATERIALIZED (
    SELECT side.transfer_id, side.account_id, side.amount_minor, a.owner_id IS NOT NULL AS is_counted,
        (a.last_entry + row_number() OVER mine)::integer AS number,
        (a.balance_minor + sum(side.amount_minor) OVER mine)::bigint AS balance_after_minor
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS side (transfer_id, account_id, amount_minor, position)
    JOIN ledger_accounts AS a ON a.id = side.account_id
    WINDOW mine AS (PARTITION BY side.account_id ORDER BY side.position)
), booked AS (
    INSERT INTO transfers (id, type, idempotency_key, reference_kind, reference_id, amount_minor, currency, description,
        created_at)
    SELECT id, type, idempotency_key, reference_kind, reference_id, amount_minor, currency, description, $4
    FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::bigint[], $11::text[], $12::text[])
        AS draft (id, type, idempotency_key, reference_kind, reference_id, amount_minor, currency, description)
), changed AS (
    UPDATE ledger_accounts AS a SET
        balance_minor = a.balance_minor + moved.total_minor,
        last_entry = a.last_entry + moved.entries,
        last_credit = coalesce(moved.newest_credit, a.last_credit)
    FROM (SELECT account_id, sum(amount_minor) AS total_minor, count(*) AS entries,
            max(number) FILTER (WHERE amount_minor > 0) AS newest_credit
        FROM wanted WHERE is_counted GROUP BY account_id) AS moved
    WHERE a.id = moved.account_id
), written AS (
    INSERT INTO entries (transfer_id, ledger_account_id, amount_minor, number, balance_after_minor, created_at)
    SELECT transfer_id, account_id, amount_minor, CASE WHEN is_counted THEN number END, balance_after_minor, $4 FROM wanted
)
SELECT transfer_id, account_id, balance_after_minor FROM wanted WHERE is_counted
"""


async def insert_transfers(tx: Transaction, batch: Sequence[BatchedTransfer], *, now: datetime) -> dict[tuple[UUID, int], int]:
    """Write posted transfers in their order, with entries and balances; the balance after each, by (transfer, account).

    The people's accounts must be locked by this transaction, their funds judged, and the idempotency keys known to be new.
    """
    sides = [(transfer.id, entry) for transfer in batch for entry in transfer.draft.entries if entry.amount_minor != 0]
    rows = await tx.fetch(
        _INSERT_TRANSFERS,
        [transfer_id for transfer_id, _ in sides],
        [entry.ledger_account_id for _, entry in sides],
        [entry.amount_minor for _, entry in sides],
        now,
        [transfer.id for transfer in batch],
        [transfer.draft.type for transfer in batch],
        [transfer.draft.idempotency_key for transfer in batch],
        [transfer.draft.reference_kind for transfer in batch],
        [transfer.draft.reference_id for transfer in batch],
        [transfer.draft.amount_minor for transfer in batch],
        [transfer.draft.currency for transfer in batch],
        [transfer.draft.description for transfer in batch],
    )
    return {(row["transfer_id"], row["account_id"]): row["balance_after_minor"] for row in rows}
