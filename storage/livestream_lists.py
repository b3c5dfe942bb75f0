"""Lists of livestreams: what goes on, what is to come, what can be watched again; and everybody's for the back office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.livestreams import PARTS_COLUMNS, PARTS_FROM, SELECT_PARTS, LivestreamParts, read_parts
from storage.transaction import Connection

# What goes on first, by viewers; then what is to come, by its time; then what is over, the newest first.
_RANK = "CASE l.status WHEN 'live' THEN 0 WHEN 'scheduled' THEN 1 ELSE 2 END"
_ORDER = (
    "CASE l.status WHEN 'live' THEN -l.viewer_count::bigint"
    " WHEN 'scheduled' THEN (extract(epoch FROM coalesce(l.scheduled_at, l.created_at)) * 1000)::bigint"
    " ELSE -(extract(epoch FROM l.ended_at) * 1000)::bigint END"
)
_IS_SHOWN = (
    "(l.reader_id = $1 OR (u.status = 'active' AND r.verification = 'verified' AND (l.status = 'live'"
    " OR (l.status = 'scheduled' AND l.scheduled_at IS NOT NULL)"
    " OR (l.status = 'ended' AND l.is_published AND l.recording_state = 'stored'))))"
)


@dataclass(frozen=True, slots=True)
class ListedLivestream:
    """`key`: what a page that ends with it goes on after."""

    parts: LivestreamParts
    key: tuple[int, int, UUID]


async def list_livestreams(
    db: Connection,
    *,
    viewer_id: UUID | None,
    reader_id: UUID | None,
    statuses: Sequence[str],
    after: tuple[int, int, UUID] | None,
    limit: int,
) -> list[ListedLivestream]:
    """As somebody may see them: their own all, of others what goes on, what has a time, and what can be watched again.

    `statuses` empty = all.
    """
    rank, order, last_id = after or (None, None, None)
    rows = await db.fetch(
        f"SELECT {PARTS_COLUMNS}, {_RANK} AS list_rank, {_ORDER} AS list_order {PARTS_FROM}"
        f" WHERE {_IS_SHOWN} AND ($2::uuid IS NULL OR l.reader_id = $2)"
        " AND (cardinality($3::text[]) = 0 OR l.status = ANY ($3))"
        f" AND ($4::integer IS NULL OR ({_RANK}, {_ORDER}, l.id) > ($4::integer, $5::bigint, $6::uuid))"
        " ORDER BY list_rank, list_order, l.id LIMIT $7",
        viewer_id,
        reader_id,
        list(statuses),
        rank,
        order,
        last_id,
        limit,
    )
    return [ListedLivestream(read_parts(row), (row["list_rank"], row["list_order"], row["id"])) for row in rows]


async def list_all_livestreams(
    db: Connection, *, statuses: Sequence[str], reader_id: UUID | None, before_id: UUID | None, limit: int
) -> list[LivestreamParts]:
    """Everybody's, the newest first."""
    rows = await db.fetch(
        SELECT_PARTS + " WHERE (cardinality($1::text[]) = 0 OR l.status = ANY ($1)) AND ($2::uuid IS NULL OR l.reader_id = $2)"
        " AND ($3::uuid IS NULL OR l.id < $3) ORDER BY l.id DESC LIMIT $4",
        list(statuses),
        reader_id,
        before_id,
        limit,
    )
    return [read_parts(row) for row in rows]
