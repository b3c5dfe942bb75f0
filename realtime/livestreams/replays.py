"""Who may see what a livestream leaves behind: its recording, and what was said and given in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from realtime.commands import Caller
from realtime.livestreams.access import access_livestream
from realtime.livestreams.errors import LivestreamBanned
from realtime.livestreams.ranks import MODERATE
from storage.livestream_viewers import is_banned
from storage.livestreams import Livestream, LivestreamParts
from storage.transaction import Connection


def is_replay_shown(livestream: Livestream, caller: Caller | None) -> bool:
    """Anybody is shown what its reader has published; the rest only the reader and admins who may."""
    if livestream.is_published and livestream.recording_state == "stored":
        return True
    return caller is not None and (caller.user_id == livestream.reader_id or MODERATE in caller.permissions)


async def access_talk(db: Connection, livestream_id: UUID, caller: Caller | None, *, now: datetime) -> LivestreamParts:
    """A livestream whose messages the caller may read: while it goes on, or is to come, everybody who is not banned; afterwards
    whoever is shown the replay. Raises NotFound or LivestreamBanned.
    """
    sees_everything = caller is not None and MODERATE in caller.permissions
    user_id = None if caller is None else caller.user_id
    parts = await access_livestream(db, livestream_id, user_id=user_id, sees_everything=sees_everything)
    if not parts.livestream.is_open and not is_replay_shown(parts.livestream, caller):
        raise NotFound("There is no such livestream")
    if user_id is not None and await is_banned(db, reader_id=parts.livestream.reader_id, user_id=user_id, now=now):
        raise LivestreamBanned
    return parts
