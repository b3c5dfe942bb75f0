"""Writing a batch of paid gifts: their rows, the chat's lines, and the tallies that change with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from storage.gifts import GiftDraft
from storage.transaction import Connection, Transaction


class PaidGift(NamedTuple):
    """A gift whose money has moved in this transaction. `seq` numbers its line in the livestream's chat, if it is in one."""

    draft: GiftDraft
    reader_id: UUID
    amount_minor: int
    reader_share_bps: int
    reader_minor: int
    currency: str
    transfer_id: UUID
    seq: int | None


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gave how much, as everybody in the livestream may see."""

    id: UUID
    display_name: str
    avatar_upload_id: UUID | None
    total_minor: int


async def lock_tallies(tx: Transaction, livestream_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The newest `seq` of each livestream's chat; nobody else adds to it until the transaction ends."""
    rows = await tx.fetch(
        "SELECT livestream_id, last_seq FROM livestream_tallies WHERE livestream_id = ANY ($1::uuid[])"
        " ORDER BY livestream_id FOR NO KEY UPDATE",
        list(livestream_ids),
    )
    return {row["livestream_id"]: row["last_seq"] for row in rows}


_INSERT_GIFTS = """
WITH paid AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::integer[],
        $9::text[], $10::text[], $11::bigint[], $12::integer[], $13::bigint[], $14::text[], $15::uuid[], $16::integer[])
        AS paid (id, line_id, sender_id, reader_id, livestream_id, consultation_id, gift_kind_id, quantity,
            message, nonce, amount_minor, reader_share_bps, reader_minor, currency, transfer_id, seq)
), given AS (
    INSERT INTO gifts (id, sender_id, reader_id, livestream_id, consultation_id, gift_kind_id, quantity, message, nonce,
        amount_minor, reader_share_bps, reader_minor, currency, transfer_id, created_at)
    SELECT id, sender_id, reader_id, livestream_id, consultation_id, gift_kind_id, quantity, message, nonce,
        amount_minor, reader_share_bps, reader_minor, currency, transfer_id, $17
    FROM paid
), said AS (
    INSERT INTO livestream_messages (livestream_id, seq, id, sender_id, kind, content, gift_id, nonce, created_at)
    SELECT livestream_id, seq, line_id, sender_id, 'gift', message, id, nonce, $17 FROM paid WHERE livestream_id IS NOT NULL
), tallied AS (
    UPDATE livestream_tallies AS t SET last_seq = sums.seq, gifts_count = t.gifts_count + sums.gifts,
        gifts_minor = t.gifts_minor + sums.total_minor
    FROM (SELECT livestream_id, max(seq) AS seq, count(*) AS gifts, sum(amount_minor) AS total_minor
        FROM paid WHERE livestream_id IS NOT NULL GROUP BY livestream_id) AS sums
    WHERE t.livestream_id = sums.livestream_id
), of_livestream AS (
    INSERT INTO livestream_givers AS giver (livestream_id, sender_id, total_minor)
    SELECT livestream_id, sender_id, sum(amount_minor) FROM paid WHERE livestream_id IS NOT NULL GROUP BY livestream_id, sender_id
    ON CONFLICT (livestream_id, sender_id) DO UPDATE SET total_minor = giver.total_minor + excluded.total_minor
), of_reader AS (
    INSERT INTO reader_givers AS giver (reader_id, sender_id, currency, total_minor)
    SELECT reader_id, sender_id, currency, sum(amount_minor) FROM paid
    WHERE livestream_id IS NOT NULL GROUP BY reader_id, sender_id, currency
    ON CONFLICT (reader_id, sender_id, currency) DO UPDATE SET total_minor = giver.total_minor + excluded.total_minor
)
UPDATE consultations AS c SET gifts_minor = c.gifts_minor + sums.total_minor
FROM (SELECT consultation_id, sum(amount_minor) AS total_minor
    FROM paid WHERE consultation_id IS NOT NULL GROUP BY consultation_id) AS sums
WHERE c.id = sums.consultation_id
"""


async def insert_gifts(tx: Transaction, paid: Sequence[PaidGift], *, now: datetime) -> None:
    """Write them with everything that counts them.

    The consultations and the tallies of the livestreams must be locked by this transaction.
    """
    drafts = [gift.draft for gift in paid]
    await tx.execute(
        _INSERT_GIFTS,
        [draft.id for draft in drafts],
        [draft.line_id for draft in drafts],
        [draft.sender_id for draft in drafts],
        [gift.reader_id for gift in paid],
        [draft.livestream_id for draft in drafts],
        [draft.consultation_id for draft in drafts],
        [draft.gift_kind_id for draft in drafts],
        [draft.quantity for draft in drafts],
        [draft.message for draft in drafts],
        [draft.nonce for draft in drafts],
        [gift.amount_minor for gift in paid],
        [gift.reader_share_bps for gift in paid],
        [gift.reader_minor for gift in paid],
        [gift.currency for gift in paid],
        [gift.transfer_id for gift in paid],
        [gift.seq for gift in paid],
        now,
    )


@dataclass(frozen=True, slots=True)
class GivenInLivestream:
    """What a livestream was given in all, and who gave most, most first."""

    gifts_minor: int
    givers: tuple[Giver, ...]


async def read_given(db: Connection, livestream_ids: Sequence[UUID], *, limit: int) -> dict[UUID, GivenInLivestream]:
    rows = await db.fetch(
        """
        SELECT t.livestream_id, t.gifts_minor, u.id, u.display_name, u.avatar_upload_id, top.total_minor
        FROM livestream_tallies AS t
        LEFT JOIN LATERAL (
            SELECT sender_id, total_minor FROM livestream_givers
            WHERE livestream_id = t.livestream_id AND total_minor > 0 ORDER BY total_minor DESC, sender_id LIMIT $2
        ) AS top ON true
        LEFT JOIN users AS u ON u.id = top.sender_id
        WHERE t.livestream_id = ANY ($1::uuid[])
        ORDER BY t.livestream_id, top.total_minor DESC, top.sender_id
        """,
        list(livestream_ids),
        limit,
    )
    givers: dict[UUID, list[Giver]] = defaultdict(list)
    for row in rows:
        if row["id"] is not None:
            givers[row["livestream_id"]].append(
                Giver(row["id"], row["display_name"], row["avatar_upload_id"], row["total_minor"])
            )
    return {row["livestream_id"]: GivenInLivestream(row["gifts_minor"], tuple(givers[row["livestream_id"]])) for row in rows}
