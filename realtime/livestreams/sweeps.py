"""What happens to livestreams by itself, and counting who watches. Safe on every node at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.consultations.sweeps import LeaseHolder
from realtime.livestreams.events import emit_viewers
from realtime.livestreams.life import carry_out_due
from storage.database import Database
from storage.livestream_viewers import count_viewers
from storage.livestreams import list_due_livestream_ids, lock_livestream
from storage.transaction import Transaction

log = get_logger(__name__)


class LivestreamSweeper:
    """Looks twice a second on every node; what is to be changed is changed under the livestream's row lock, once."""

    def __init__(self, *, database: Database, settings: Settings, clock: Clock, node: LeaseHolder) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._node = node

    async def run(self) -> None:
        """Sweep until cancelled; a failed sweep is logged and the next one makes up for it."""
        while True:
            try:
                await self.sweep()
            except AppError as error:
                log.warning("livestream.sweep_failed", code=error.code)
            except Exception:
                log.exception("livestream.sweep_failed")
            await asyncio.sleep(limits.LIVESTREAM_SWEEP_SECONDS)

    async def sweep(self) -> None:
        """One round. A node whose lease has run out does nothing."""
        moment = Moment(self._clock.now(), self._settings)
        if not self._node.holds_lease(moment.now):
            return
        await self._carry_out_due(moment)
        await self._database.transact(lambda tx: self._count(tx, moment))

    async def _carry_out_due(self, moment: Moment) -> None:
        late = timedelta(seconds=self._settings.livestreams.late_start_seconds)
        async with self._database.connection() as db:
            ids = await list_due_livestream_ids(
                db, now=moment.now, never_started_before=moment.now - late, limit=limits.DUE_BATCH
            )
        for livestream_id in ids:
            await self._carry_out(livestream_id, moment)

    async def _carry_out(self, livestream_id: UUID, moment: Moment) -> None:
        """One that fails does not hold up the others."""

        async def locked(tx: Transaction) -> None:
            parts = await lock_livestream(tx, livestream_id)
            if parts is not None:
                await carry_out_due(tx, parts, moment)

        try:
            await self._database.transact(locked)
        except AppError as error:
            log.warning("livestream.not_swept", livestream_id=str(livestream_id), code=error.code)
        except Exception:
            log.exception("livestream.not_swept", livestream_id=str(livestream_id))

    async def _count(self, tx: Transaction, moment: Moment) -> None:
        told_before = moment.now - timedelta(seconds=limits.LIVESTREAM_VIEWERS_SECONDS)
        for count in await count_viewers(tx, now=moment.now, told_before=told_before, limit=limits.LIVESTREAMS_COUNTED):
            emit_viewers(tx, count, now=moment.now)
