"""What causes notifications: jobs of the transaction in which something happened. Telling is done by `telling.py`, outside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from config import limits
from realtime.notifications.kinds import NotificationKind
from storage.jobs import enqueue_job
from storage.reader_reachability import save_reachability
from storage.readers_status import ReaderStatus
from storage.transaction import Transaction

TELL_FOLLOWERS = "tell_followers"
TELL_EVENT = "tell_followers_event"
TELL_ONLINE = "tell_reader_online"
TELL_TURN = "tell_queue_turn"
SEND_PUSHES = "send_pushes"
# Over all processes together: letters and turns must not wait behind slow push services.
AT_ONCE = {SEND_PUSHES: limits.PUSH_JOBS_AT_ONCE}


async def followers_job(
    tx: Transaction, kind: Literal["reader_live", "livestream_coming"], reader_id: UUID, livestream_id: UUID
) -> None:
    """Have a reader's followers told of a livestream once this transaction has committed; each of them once, however often
    this is called. `livestream_coming` is also to be called when its time changes: the reminder moves along."""
    await enqueue_job(tx, TELL_FOLLOWERS, {"kind": kind, "reader_id": str(reader_id), "livestream_id": str(livestream_id)})


async def followers_event_job(tx: Transaction, change: Literal["started", "ended"], livestream_id: UUID) -> None:
    """Have the event `livestream.<change>` reach the followers who have a page open, once this transaction has committed."""
    await enqueue_job(tx, TELL_EVENT, {"change": change, "livestream_id": str(livestream_id)})


async def online_job(tx: Transaction, reader_id: UUID, *, told_of: str) -> None:
    kind: NotificationKind = "reader_online"
    await enqueue_job(tx, TELL_FOLLOWERS, {"kind": kind, "reader_id": str(reader_id), "told_of": told_of})


async def turn_job(tx: Transaction, job: Mapping[str, Any]) -> None:
    """`job`: reader_id, client_id, entry_id, state, type, until_at."""
    await enqueue_job(tx, TELL_TURN, job)


async def note_reachability(tx: Transaction, statuses: Sequence[ReaderStatus], *, now: datetime) -> None:
    """Notice who can be reached again after having been away for long; the readers' rows are locked.

    What comes of it is decided a moment later, when it has lasted.
    """
    changes = {found.reader_id: found.is_reachable for found in statuses if found.is_reachable != found.was_reachable}
    if not changes:
        return
    for reader_id, away_since in (await save_reachability(tx, changes, now=now)).items():
        if away_since is None or (now - away_since).total_seconds() >= limits.ONLINE_AWAY_SECONDS:
            await enqueue_job(tx, TELL_ONLINE, {"reader_id": str(reader_id)}, after_seconds=limits.ONLINE_SETTLED_SECONDS)
