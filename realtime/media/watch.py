"""What browsers report of their media, watched in memory by the node they report to: counts that stand still and silence.

Only what changes is written to the database; a connection's loss and a node's death end its media by themselves.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import AppError, invalid
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.consultations.endings import end_if_due
from realtime.consultations.media import media_connected, media_lost
from realtime.consultations.presence import media_through
from realtime.consultations.sweeps import LeaseHolder
from storage.consultations import lock_parts
from storage.database import Database
from storage.transaction import Transaction

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MediaCounts:
    """Packets since the peer connection was made; None where a client does not count."""

    sent: int | None
    received: int | None


@dataclass(frozen=True, slots=True)
class MediaKey:
    consultation_id: UUID
    user_id: UUID
    connection_id: str


@dataclass(slots=True)
class _Watched:
    reported_at: datetime
    # The last report that proved that media flow.
    moved_at: datetime
    counts: MediaCounts


class MediaWatch:
    """One per node. `hear` and `forget` take reports; `run` looks for those that fell silent."""

    def __init__(self, *, database: Database, settings: Settings, clock: Clock, node: LeaseHolder) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._node = node
        self._watched: dict[MediaKey, _Watched] = {}

    def __len__(self) -> int:
        return len(self._watched)

    def hear(self, key: MediaKey, counts: MediaCounts, now: datetime) -> bool:
        """A report of connected media; whether they flow. Raises Unprocessable when counts went back."""
        watched = self._watched.get(key)
        if watched is None:
            self._watched[key] = _Watched(now, now, counts)
            return True
        if _have_moved(watched.counts, counts):
            watched.moved_at, watched.counts = now, counts
        watched.reported_at = now
        return now - watched.moved_at < timedelta(seconds=limits.MEDIA_STILL_SECONDS)

    def last_proof(self, key: MediaKey, now: datetime) -> datetime:
        """When media were last proven to flow; now for media that were never reported here."""
        watched = self._watched.get(key)
        return now if watched is None else watched.moved_at

    def forget(self, key: MediaKey) -> None:
        self._watched.pop(key, None)

    async def run(self) -> None:
        """Look until cancelled; a round that fails is made up for by the next."""
        last_round_at = time.monotonic()
        while True:
            await asyncio.sleep(limits.MEDIA_WATCH_SECONDS)
            late_seconds = time.monotonic() - last_round_at
            last_round_at = time.monotonic()
            # After a stall of this process reports wait to be read: judging now would call them silent.
            if late_seconds <= limits.MEDIA_WATCH_LATE_SECONDS:
                await self.tick()

    async def tick(self) -> None:
        """Stop the clocks of those whose reports ceased, dated at their last proof."""
        now = self._clock.now()
        if not self._node.holds_lease(now):
            return
        silent = timedelta(seconds=limits.MEDIA_SILENT_SECONDS)
        for key, watched in [(key, watched) for key, watched in self._watched.items() if watched.reported_at + silent <= now]:
            try:
                await self.write_loss(key, watched.moved_at)
            except AppError as error:
                log.warning("media.loss_delayed", code=error.code)
            except Exception:
                log.exception("media.loss_delayed")

    async def write_connected(self, key: MediaKey) -> bool:
        """Whether the connection carries the person's media now; not where a deadline ended the consultation just before."""
        moment = Moment(self._clock.now(), self._settings)

        async def write(tx: Transaction) -> bool:
            parts = await lock_parts(tx, key.consultation_id)
            if parts is None:
                return False
            parts = await end_if_due(tx, parts, moment)
            parts = await media_connected(tx, parts, key.user_id, key.connection_id, moment)
            return media_through(parts.consultation, key.user_id) == key.connection_id and parts.consultation.is_live

        return await self._database.transact(write)

    async def write_loss(self, key: MediaKey, lost_at: datetime, *, goes_on: bool = False) -> None:
        """`goes_on`: reports still come, so they are watched on for counts that move again."""
        moment = Moment(self._clock.now(), self._settings)

        async def write(tx: Transaction) -> None:
            parts = await lock_parts(tx, key.consultation_id)
            if parts is not None:
                await media_lost(tx, parts, key.user_id, key.connection_id, lost_at=lost_at, moment=moment)

        await self._database.transact(write)
        if not goes_on:
            self.forget(key)


def _have_moved(before: MediaCounts, after: MediaCounts) -> bool:
    """Every count that both reports carry must have risen; a report without counts is proof by itself."""
    stands = False
    for name in ("sent", "received"):
        old, new = getattr(before, name), getattr(after, name)
        if old is None or new is None:
            continue
        if new < old:
            detail = "is lower than reported before; report disconnected first when you begin to count anew"
            raise invalid([(f"stats.packets_{name}", detail)])
        stands = stands or new == old
    return not stands
