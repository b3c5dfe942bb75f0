"""Reviews of consultations, and the reader's rating that is kept in step with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True)
class Review:
    """`client_name` is the whole display name; the public sees less of it."""

    id: UUID
    consultation_id: UUID
    client_id: UUID
    client_name: str
    reader_id: UUID
    reader_name: str
    rating: int
    comment: str | None
    status: str
    created_at: datetime
    updated_at: datetime


_SELECT = """
SELECT v.id, v.consultation_id, v.client_id, c.display_name AS client_name, v.reader_id, r.display_name AS reader_name,
    v.rating, v.comment, v.status, v.created_at, v.updated_at
FROM reviews AS v JOIN users AS c ON c.id = v.client_id JOIN users AS r ON r.id = v.reader_id
"""


def _review(row: Record | None) -> Review | None:
    return None if row is None else Review(**row)


async def insert_review(
    tx: Transaction,
    *,
    review_id: UUID,
    consultation_id: UUID,
    client_id: UUID,
    reader_id: UUID,
    rating: int,
    comment: str | None,
    now: datetime,
) -> bool:
    """False when the consultation has a review already."""
    inserted = await tx.execute(
        "INSERT INTO reviews (id, consultation_id, client_id, reader_id, rating, comment, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (consultation_id) DO NOTHING",
        review_id,
        consultation_id,
        client_id,
        reader_id,
        rating,
        comment,
        now,
    )
    return inserted == 1


async def lock_review(tx: Transaction, review_id: UUID) -> Review | None:
    """The review, locked until the transaction ends."""
    return _review(await tx.fetch_row(_SELECT + " WHERE v.id = $1 FOR NO KEY UPDATE OF v", review_id))


async def lock_review_of(tx: Transaction, consultation_id: UUID) -> Review | None:
    """The consultation's review, locked until the transaction ends."""
    return _review(await tx.fetch_row(_SELECT + " WHERE v.consultation_id = $1 FOR NO KEY UPDATE OF v", consultation_id))


async def update_review(tx: Transaction, review_id: UUID, *, rating: int, comment: str | None, now: datetime) -> None:
    await tx.execute(
        "UPDATE reviews SET rating = $2, comment = $3, updated_at = $4 WHERE id = $1", review_id, rating, comment, now
    )


async def update_review_status(tx: Transaction, review_id: UUID, *, status: str, now: datetime) -> None:
    await tx.execute("UPDATE reviews SET status = $2, updated_at = $3 WHERE id = $1", review_id, status, now)


async def change_rating(tx: Transaction, reader_id: UUID, *, count: int, sum: int) -> None:
    """Move the reader's rating by what a published review adds or takes away."""
    if count or sum:
        await tx.execute(
            "UPDATE readers SET rating_count = rating_count + $2, rating_sum = rating_sum + $3 WHERE user_id = $1",
            reader_id,
            count,
            sum,
        )


async def list_reader_reviews(db: Connection, reader_id: UUID, *, before_id: UUID | None, limit: int) -> list[Review]:
    """What the public sees, newest first."""
    rows = await db.fetch(
        _SELECT + " WHERE v.reader_id = $1 AND v.status = 'published' AND ($2::uuid IS NULL OR v.id < $2)"
        " ORDER BY v.id DESC LIMIT $3",
        reader_id,
        before_id,
        limit,
    )
    return [Review(**row) for row in rows]


async def list_reviews(db: Connection, *, status: str | None, before_id: UUID | None, limit: int) -> list[Review]:
    """Everybody's, newest first."""
    rows = await db.fetch(
        _SELECT + " WHERE ($1::text IS NULL OR v.status = $1) AND ($2::uuid IS NULL OR v.id < $2) ORDER BY v.id DESC LIMIT $3",
        status,
        before_id,
        limit,
    )
    return [Review(**row) for row in rows]


async def count_ratings(db: Connection, reader_id: UUID) -> dict[int, int]:
    """How many published reviews gave each rating from 1 to 5."""
    rows = await db.fetch(
        "SELECT rating, count(*) AS count FROM reviews WHERE reader_id = $1 AND status = 'published' GROUP BY rating", reader_id
    )
    return dict.fromkeys(range(1, 6), 0) | {row["rating"]: row["count"] for row in rows}
