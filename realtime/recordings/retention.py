"""Deleting recordings whose time is over: for as long as both were told, and not longer."""

from __future__ import annotations

from dataclasses import replace

from config import limits
from config.clock import Clock
from config.errors import DependencyUnavailable
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.recordings.endings import write_audit
from realtime.recordings.stowing import tell_stored
from storage.consultations import lock_parts
from storage.database import Database
from storage.files import FileStore
from storage.recordings import Recording, delete_recording_files, find_recording, list_expired, save_recording
from storage.transaction import Transaction

log = get_logger(__name__)


class Retention:
    """Safe on every node at once. Files go first: a row never says that something is deleted which is not."""

    def __init__(self, *, settings: Settings, database: Database, clock: Clock, files: FileStore) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._files = files

    async def run_round(self) -> None:
        async with self._database.connection() as connection:
            expired = await list_expired(connection, now=self._clock.now(), limit=limits.RECORDING_EXPIRED_BATCH)
        for recording in expired:
            try:
                await self.delete(recording)
            except DependencyUnavailable:
                log.warning("recording.not_deleted", recording_id=str(recording.id))

    async def delete(self, recording: Recording) -> None:
        """Raises DependencyUnavailable; what was not deleted then is deleted by the next round."""
        for file in recording.files:
            await self._files.remove(file.file_key)
        await self._database.transact(lambda tx: self._note_deleted(tx, recording))

    async def _note_deleted(self, tx: Transaction, recording: Recording) -> None:
        now = self._clock.now()
        parts = await lock_parts(tx, recording.consultation_id)
        fresh = await find_recording(tx, recording.id)
        if parts is None or fresh is None or fresh.state != "stored":
            return
        await delete_recording_files(tx, fresh.id)
        gone = replace(fresh, state="expired", files=())
        await save_recording(tx, before=fresh, after=gone)
        await write_audit(tx, gone, "recording.expire", now=now)
        await tell_stored(tx, parts, gone, Moment(now, self._settings))
