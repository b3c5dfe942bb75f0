"""What admins do to livestreams: look at all of them, end one."""

from __future__ import annotations

from uuid import UUID

from config.errors import NotFound
from realtime.commands import Caller
from realtime.consultations.clock import Moment
from realtime.livestreams.errors import LivestreamNotLive
from realtime.livestreams.life import end_livestream
from server.features.admin.audit import note
from storage.livestreams import LivestreamParts, lock_livestream
from storage.transaction import Transaction


async def end_any_livestream(
    tx: Transaction, admin: Caller, livestream_id: UUID, *, reason: str, moment: Moment
) -> LivestreamParts:
    """Its reader and everybody who watches are told. Raises NotFound or LivestreamNotLive."""
    parts = await lock_livestream(tx, livestream_id)
    if parts is None:
        raise NotFound("There is no such livestream")
    before = parts.livestream
    if not before.is_live:
        raise LivestreamNotLive
    ended = await end_livestream(tx, parts, "ended_by_admin", moment)
    await note(
        tx,
        admin,
        "livestream.end",
        entity_type="livestream",
        entity_id=livestream_id,
        before={"status": before.status, "reader_id": str(before.reader_id), "title": before.title},
        after={"status": ended.livestream.status, "end_reason": ended.livestream.end_reason, "reason": reason},
        now=moment.now,
    )
    return ended
