"""Messages of consultations: written in batches, gapless in `seq`, once for each sender's nonce."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


class Message(NamedTuple):
    id: UUID
    consultation_id: UUID
    seq: int
    sender_id: UUID
    kind: str
    content: str
    nonce: str
    created_at: datetime


class MessageDraft(NamedTuple):
    """A message to store; `id` is new, `nonce` the client's."""

    id: UUID
    consultation_id: UUID
    sender_id: UUID
    kind: str
    content: str
    nonce: str


class MessageOutcome(NamedTuple):
    """What became of a draft.

    `verdict`: `stored`; `known` (the nonce came before: `message` is the first one); `missing` (no such room for this
    sender); `not_in_progress`; `clock_stopped`; `not_joined`; `busy` (the room is locked by somebody else: nothing
    was written). `client_id` and `reader_id` are set when the sender takes part.
    """

    verdict: str
    message: Message | None
    client_id: UUID | None
    reader_id: UUID | None


# The room's row is locked first, so that `last_seq` is the newest; a nonce that another node stored in between makes
# the unique index refuse the whole statement, and the writer tries again with a fresh view.
_INSERT_MESSAGES = """
WITH incoming AS MATERIALIZED (
    SELECT * FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
        AS draft (position, id, consultation_id, sender_id, kind, content, nonce)
), rooms AS MATERIALIZED (
    SELECT c.id, c.client_id, c.reader_id, c.status, c.pause_reason, c.last_seq
    FROM consultations AS c WHERE c.id IN (SELECT consultation_id FROM incoming) ORDER BY c.id FOR NO KEY UPDATE {locked}
), judged AS MATERIALIZED (
    SELECT i.position, i.id, i.consultation_id, i.sender_id, i.kind, i.content, i.nonce,
        r.client_id, r.reader_id, r.last_seq, m.seq AS known_seq, m.id AS known_id, m.kind AS known_kind,
        m.content AS known_content, m.created_at AS known_at,
        CASE WHEN r.id IS NULL AND EXISTS (SELECT 1 FROM consultations AS held
                WHERE held.id = i.consultation_id AND i.sender_id IN (held.client_id, held.reader_id)) THEN 'busy'
            WHEN r.id IS NULL OR i.sender_id NOT IN (r.client_id, r.reader_id) THEN 'missing'
            WHEN m.id IS NOT NULL THEN 'known'
            WHEN r.status <> 'in_progress' THEN 'not_in_progress'
            WHEN r.pause_reason = 'balance' THEN 'clock_stopped'
            WHEN r.pause_reason = 'connection' AND NOT EXISTS (SELECT 1 FROM attendances AS seat
                WHERE seat.consultation_id = r.id AND seat.user_id = i.sender_id) THEN 'not_joined'
            ELSE 'stored' END AS verdict
    FROM incoming AS i
    LEFT JOIN rooms AS r ON r.id = i.consultation_id
    LEFT JOIN messages AS m ON m.consultation_id = i.consultation_id AND m.sender_id = i.sender_id AND m.nonce = i.nonce
), numbered AS MATERIALIZED (
    SELECT position, id, consultation_id, sender_id, kind, content, nonce, reader_id,
        last_seq + row_number() OVER (PARTITION BY consultation_id ORDER BY position) AS seq
    FROM judged WHERE verdict = 'stored'
), stored AS (
    INSERT INTO messages (id, consultation_id, seq, sender_id, kind, content, nonce, created_at)
    SELECT id, consultation_id, seq, sender_id, kind, content, nonce, $8 FROM numbered
), moved AS (
    UPDATE consultations AS c SET last_seq = newest.seq,
        reader_spoke_at = CASE WHEN newest.reader_spoke THEN coalesce(c.reader_spoke_at, $8) ELSE c.reader_spoke_at END
    FROM (SELECT consultation_id, max(seq) AS seq, bool_or(sender_id = reader_id) AS reader_spoke
        FROM numbered GROUP BY consultation_id) AS newest
    WHERE c.id = newest.consultation_id
)
SELECT j.position, j.verdict, j.client_id, j.reader_id, n.seq, j.known_seq, j.known_id, j.known_kind, j.known_content, j.known_at
FROM judged AS j LEFT JOIN numbered AS n ON n.position = j.position ORDER BY j.position
"""


_INSERT_OR_WAIT = _INSERT_MESSAGES.replace("{locked}", "")
_INSERT_OR_LEAVE = _INSERT_MESSAGES.replace("{locked}", "SKIP LOCKED")


async def insert_messages(
    db: Connection, drafts: Sequence[MessageDraft], *, now: datetime, skip_locked: bool = False
) -> list[MessageOutcome]:
    """Store a batch in one statement; one outcome for each draft, in their order.

    Within the batch each (room, sender, nonce) may come once. Raises the driver's UniqueViolationError when another
    process stored one of the nonces meanwhile: nothing was written, try again. With `skip_locked` nobody is waited for.
    """
    rows = await db.fetch(
        _INSERT_OR_LEAVE if skip_locked else _INSERT_OR_WAIT,
        list(range(len(drafts))),
        [draft.id for draft in drafts],
        [draft.consultation_id for draft in drafts],
        [draft.sender_id for draft in drafts],
        [draft.kind for draft in drafts],
        [draft.content for draft in drafts],
        [draft.nonce for draft in drafts],
        now,
    )
    return [_outcome(draft, row, now) for draft, row in zip(drafts, rows, strict=True)]


def _outcome(draft: MessageDraft, row: Record, now: datetime) -> MessageOutcome:
    verdict, message = row["verdict"], None
    if verdict == "known" and row["known_id"] == draft.id:
        # An earlier try of ours was committed although we were not told: nobody has heard of this message yet.
        verdict = "stored"
        row = {**row, "seq": row["known_seq"]}
        now = row["known_at"]
    if verdict == "stored":
        message = Message(
            draft.id, draft.consultation_id, row["seq"], draft.sender_id, draft.kind, draft.content, draft.nonce, now
        )
    elif verdict == "known":
        message = Message(
            row["known_id"],
            draft.consultation_id,
            row["known_seq"],
            draft.sender_id,
            row["known_kind"],
            row["known_content"],
            draft.nonce,
            row["known_at"],
        )
    return MessageOutcome(verdict, message, row["client_id"], row["reader_id"])


async def list_messages(db: Connection, consultation_id: UUID, *, after_seq: int, limit: int) -> list[Message]:
    rows = await db.fetch(
        "SELECT id, consultation_id, seq, sender_id, kind, content, nonce, created_at FROM messages"
        " WHERE consultation_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        consultation_id,
        after_seq,
        limit,
    )
    return [Message(**row) for row in rows]


async def mark_read(tx: Transaction, consultation_id: UUID, *, reader_side: bool, up_to_seq: int) -> int | None:
    """Move a participant's read mark forward, at most to the newest message; the mark, or None when it did not move."""
    column = "reader_read_seq" if reader_side else "client_read_seq"
    mark = await tx.fetch_value(
        f"UPDATE consultations SET {column} = least($2, last_seq) WHERE id = $1 AND {column} < least($2, last_seq)"
        f" RETURNING {column}",
        consultation_id,
        up_to_seq,
    )
    return None if mark is None else int(mark)


async def find_image_owner(db: Connection, upload_id: UUID) -> UUID | None:
    """Who uploaded an image, or None when there is none of that id."""
    owner: UUID | None = await db.fetch_value("SELECT owner_id FROM uploads WHERE id = $1", upload_id)
    return owner
