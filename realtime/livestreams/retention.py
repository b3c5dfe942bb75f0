"""Deleting recordings of livestreams: when their time is over, or when their reader wants it."""

from __future__ import annotations

from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import DependencyUnavailable
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.livestreams.recordings import note_deleted
from storage.database import Database
from storage.files import FileStore
from storage.livestream_files import list_expired_livestream_ids, list_livestream_files

log = get_logger(__name__)


class LivestreamRetention:
    """Safe on every node at once. Files go first: a row never says that something is deleted which is not."""

    def __init__(self, *, settings: Settings, database: Database, clock: Clock, files: FileStore) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._files = files

    async def run_round(self) -> None:
        async with self._database.connection() as connection:
            expired = await list_expired_livestream_ids(connection, now=self._clock.now(), limit=limits.RECORDING_EXPIRED_BATCH)
        for livestream_id in expired:
            try:
                await self.delete(livestream_id)
            except DependencyUnavailable:
                log.warning("livestream.recording_not_deleted", livestream_id=str(livestream_id))

    async def delete(self, livestream_id: UUID) -> None:
        """Raises DependencyUnavailable; what was not deleted then is deleted by the next try."""
        async with self._database.connection() as connection:
            files = await list_livestream_files(connection, livestream_id, limit=limits.LIVESTREAM_FILES)
        for file in files:
            await self._files.remove(file.file_key)
        moment = Moment(self._clock.now(), self._settings)
        await self._database.transact(lambda tx: note_deleted(tx, livestream_id, moment))
