"""Recordings of consultations, from this machine's disk to the file store: completed, put there, noted down, and deleted here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from config.clock import Clock
from config.settings import Settings
from realtime.consultations.clock import Moment, save_change
from realtime.recordings.folders import CONTENT_TYPE, FolderStower, complete, list_files, locked, remove_empty
from storage.consultations import ConsultationParts, lock_parts
from storage.database import Database
from storage.files import FileStore
from storage.recordings import Recording, RecordingFile, find_recording, insert_recording_file, save_recording
from storage.transaction import Transaction

_NAME = re.compile(r"(client|reader)\.(\d{1,6})\.(\d{1,12})\.webm")


class Stower(FolderStower):
    """Each recording has a folder named by its id. `find_held`: the recordings that are under way here."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        files: FileStore,
        folder: Path,
        find_held: Callable[[], frozenset[UUID]],
    ) -> None:
        super().__init__(folder=folder, find_held=lambda: frozenset(str(recording_id) for recording_id in find_held()))
        self._settings = settings
        self._database = database
        self._clock = clock
        self._files = files

    def is_name(self, name: str) -> bool:
        try:
            return str(UUID(name)) == name
        except ValueError:
            return False

    async def stow(self, name: str, folder: Path) -> None:
        async with self._database.connection() as connection:
            recording = await find_recording(connection, UUID(name))
        if recording is None or recording.is_open:
            # Another process's, or none of this database's: not ours to touch.
            return
        for path in await asyncio.to_thread(list_files, folder, _NAME):
            async with locked(path) as is_ours:
                if is_ours:
                    await self._stow_file(recording, path)
        if not await asyncio.to_thread(remove_empty, folder):
            return
        await self._database.transact(lambda tx: self._note_stored(tx, recording))

    async def _stow_file(self, recording: Recording, path: Path) -> None:
        match = _NAME.fullmatch(path.name)
        assert match is not None
        completed = await asyncio.to_thread(complete, path)
        if completed is not None:
            side, part, offset_ms = match[1], int(match[2]), int(match[3])
            key = f"recordings/{recording.id.hex[-2:]}/{recording.id}/{side}.{part}.webm"
            await self._files.put_file(key, path, content_type=CONTENT_TYPE)
            file = RecordingFile(
                side=side,
                part=part,
                file_key=key,
                byte_size=completed.byte_size,
                duration_ms=round(completed.seconds * 1000),
                offset_ms=offset_ms,
                has_video=completed.has_video,
            )
            await self._database.transact(lambda tx: insert_recording_file(tx, recording.id, file))
        await asyncio.to_thread(path.unlink)

    async def _note_stored(self, tx: Transaction, recording: Recording) -> None:
        """Everything that was on this machine is in the store: both participants see it."""
        parts = await lock_parts(tx, recording.consultation_id)
        fresh = await find_recording(tx, recording.id)
        if parts is None or fresh is None or fresh.state != "stopped":
            return
        assert fresh.stopped_at is not None
        expires_at = None if fresh.kept_days == 0 else fresh.stopped_at + timedelta(days=fresh.kept_days)
        stored = replace(fresh, state="stored", expires_at=expires_at)
        await save_recording(tx, before=fresh, after=stored)
        await tell_stored(tx, parts, stored, Moment(self._clock.now(), self._settings))


async def tell_stored(tx: Transaction, parts: ConsultationParts, recording: Recording, moment: Moment) -> None:
    """The snapshot shows another state of this recording, if it shows this one."""
    if parts.recording is not None and parts.recording.id == recording.id:
        await save_change(tx, replace(parts, recording=recording), parts.consultation, "changed", moment)
