"""What happens to lines by itself: turns that run out, clients who come back, readers who do not. Safe on every node at once."""

from __future__ import annotations

import asyncio
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.consultations.sweeps import LeaseHolder
from realtime.queue.lines import load_lines
from realtime.queue.turns import settle_line
from realtime.reader_status import settle_reader
from storage.database import Database
from storage.queue import list_readers_with_lines

log = get_logger(__name__)


class QueueSweeper:
    """Looks at every line each second on every node; what is to be changed is changed under the reader's row lock, once."""

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
                log.warning("queue.sweep_failed", code=error.code)
            except Exception:
                log.exception("queue.sweep_failed")
            await asyncio.sleep(limits.QUEUE_SWEEP_SECONDS)

    async def sweep(self) -> None:
        """One round over all lines, page by page. A node whose lease has run out does nothing."""
        moment = Moment(self._clock.now(), self._settings)
        if not self._node.holds_lease(moment.now):
            return
        after_id = None
        while True:
            reader_ids, due_ids = await self._list_due(moment, after_id)
            for reader_id in due_ids:
                await self._settle(reader_id, moment)
            if len(reader_ids) < limits.QUEUE_LINES_BATCH:
                return
            after_id = reader_ids[-1]

    async def _list_due(self, moment: Moment, after_id: UUID | None) -> tuple[list[UUID], list[UUID]]:
        """A page of readers with lines, and those of them whose line is not as it should be."""
        async with self._database.connection() as db:
            reader_ids = await list_readers_with_lines(db, after_id=after_id, limit=limits.QUEUE_LINES_BATCH)
            lines = await load_lines(db, reader_ids, moment) if reader_ids else []
        queue = moment.settings.queue
        return reader_ids, [line.reader.id for line in lines if settle_line(line, now=moment.now, settings=queue) != line.places]

    async def _settle(self, reader_id: UUID, moment: Moment) -> None:
        """One that fails does not hold up the others."""
        try:
            await self._database.transact(lambda tx: settle_reader(tx, reader_id, moment))
        except AppError as error:
            log.warning("queue.line_unsettled", reader_id=str(reader_id), code=error.code)
        except Exception:
            log.exception("queue.line_unsettled", reader_id=str(reader_id))
