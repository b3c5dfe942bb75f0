"""Who may see what a livestream leaves behind: its recording, and what was said and given in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from realtime.commands import Caller
from realtime.livestreams.access import access_livestream
from realtime.livestreams.errors import LivestreamBanned
from realtime.livestreams.ranks import MODERATE
from realtime.recordings.errors import RecordingExpired
from storage.livestream_viewers import is_banned
from storage.livestreams import Livestream, LivestreamParts
from storage.transaction import Connection


def is_replay_shown(livestream: Livestream, caller: Caller | None) -> bool:
    """Anybody is shown what its reader has published; the rest only the reader and admins who may."""
    if livestream.is_published and livestream.recording_state == "stored":
        return True
    return caller is not None and (caller.user_id == livestream.reader_id or MODERATE in caller.permissions)


async def access_replay(db: Connection, livestream_id: UUID, caller: Caller | None, *, now: datetime) -> LivestreamParts:
    """A livestream that is over, whose recording the caller may watch. Raises NotFound, LivestreamBanned, RecordingExpired."""
    parts = await _access(db, livestream_id, caller)
    row = parts.livestream
    if row.status != "ended" or row.recording_state not in ("stored", "expired") or not is_replay_shown(row, caller):
        raise NotFound("There is no such replay")
    await _check_not_banned(db, row, caller, now=now)
    # Also where it has not been deleted yet.
    if row.recording_state == "expired" or (row.recording_expires_at is not None and row.recording_expires_at <= now):
        raise RecordingExpired
    return parts


async def access_talk(db: Connection, livestream_id: UUID, caller: Caller | None, *, now: datetime) -> LivestreamParts:
    """A livestream whose messages the caller may read: while it goes on, or is to come, everybody who is not banned; afterwards
    whoever is shown the replay. Raises NotFound or LivestreamBanned.
    """
    parts = await _access(db, livestream_id, caller)
    if not parts.livestream.is_open and not is_replay_shown(parts.livestream, caller):
        raise NotFound("There is no such livestream")
    await _check_not_banned(db, parts.livestream, caller, now=now)
    return parts


async def _access(db: Connection, livestream_id: UUID, caller: Caller | None) -> LivestreamParts:
    sees_everything = caller is not None and MODERATE in caller.permissions
    user_id = None if caller is None else caller.user_id
    return await access_livestream(db, livestream_id, user_id=user_id, sees_everything=sees_everything)


async def _check_not_banned(db: Connection, livestream: Livestream, caller: Caller | None, *, now: datetime) -> None:
    if caller is not None and await is_banned(db, reader_id=livestream.reader_id, user_id=caller.user_id, now=now):
        raise LivestreamBanned
