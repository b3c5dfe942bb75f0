"""What the lines of a wallet's history refer to, so that each can say what it was for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.transaction import Connection


@dataclass(frozen=True, slots=True)
class ConsultationTitle:
    """A consultation as one participant speaks of it: its type and the other's name."""

    id: UUID
    type: str
    other_name: str
    increment_is_minute: bool


async def list_consultation_titles(db: Connection, *, user_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ConsultationTitle]:
    """Those of the given consultations that this person took part in."""
    rows = await db.fetch(
        "SELECT c.id, c.type, other.display_name AS other_name, c.increment_ms = c.minute_ms AS increment_is_minute"
        " FROM consultations AS c"
        " JOIN users AS other ON other.id = CASE WHEN c.client_id = $1 THEN c.reader_id ELSE c.client_id END"
        " WHERE c.id = ANY($2::uuid[]) AND $1 IN (c.client_id, c.reader_id)",
        user_id,
        ids,
    )
    return {row["id"]: ConsultationTitle(**row) for row in rows}
