"""Who may see a consultation. Hidden and missing look the same to an outsider."""

from __future__ import annotations

from uuid import UUID

from config.errors import NotFound
from storage.consultations import ConsultationParts, find_parts, lock_parts
from storage.transaction import Connection, Transaction

WATCH = "consultations.watch"


def check_participant(parts: ConsultationParts | None, user_id: UUID) -> ConsultationParts:
    if parts is None or user_id not in (parts.consultation.client_id, parts.consultation.reader_id):
        raise NotFound("There is no such consultation")
    return parts


async def access_consultation(db: Connection, consultation_id: UUID, *, user_id: UUID) -> ConsultationParts:
    """The consultation, if the person takes part in it. Raises NotFound."""
    return check_participant(await find_parts(db, consultation_id), user_id)


async def access_consultation_locked(tx: Transaction, consultation_id: UUID, *, user_id: UUID) -> ConsultationParts:
    """The same, with its row locked until the transaction ends."""
    return check_participant(await lock_parts(tx, consultation_id), user_id)
