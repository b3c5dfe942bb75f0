"""Who may see a livestream, and whose it is. Hidden and missing look the same to an outsider."""

from __future__ import annotations

from uuid import UUID

from config.errors import NotFound
from storage.livestreams import LivestreamParts, find_livestream, lock_livestream
from storage.transaction import Connection, Transaction


def check_shown(parts: LivestreamParts | None, *, user_id: UUID | None, sees_everything: bool = False) -> LivestreamParts:
    """Those of readers who are not listed only they themselves see, and admins. Raises NotFound."""
    if parts is None or not (parts.is_reader_listed or parts.livestream.reader_id == user_id or sees_everything):
        raise NotFound("There is no such livestream")
    return parts


async def access_livestream(
    db: Connection, livestream_id: UUID, *, user_id: UUID | None, sees_everything: bool = False
) -> LivestreamParts:
    """Raises NotFound."""
    return check_shown(await find_livestream(db, livestream_id), user_id=user_id, sees_everything=sees_everything)


def check_own(parts: LivestreamParts | None, user_id: UUID) -> LivestreamParts:
    """Raises NotFound for anybody but its reader."""
    if parts is None or parts.livestream.reader_id != user_id:
        raise NotFound("There is no such livestream of yours")
    return parts


async def access_own_locked(tx: Transaction, livestream_id: UUID, *, user_id: UUID) -> LivestreamParts:
    """The reader's own livestream, with its row locked until the transaction ends. Raises NotFound."""
    return check_own(await lock_livestream(tx, livestream_id), user_id)
