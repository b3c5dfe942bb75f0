"""From this machine's disk to the file store: complete what was written, put it there, note it down, and delete it here.

The files themselves are the list of what there is to do, each with all that must be known in its name, so that no crash at any
point loses one. A job of the queue could be taken by a process on another machine, which does not have them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment, save_change
from realtime.media.recording.endings import Completed, complete_file
from storage.consultations import ConsultationParts, lock_parts
from storage.database import Database
from storage.files import FileStore
from storage.recordings import Recording, RecordingFile, find_recording, insert_recording_file, save_recording
from storage.transaction import Transaction

log = get_logger(__name__)
_NAME = re.compile(r"(client|reader)\.(\d{1,6})\.(\d{1,12})\.webm")
CONTENT_TYPE = "video/webm"


class Stower:
    """One per server process. `find_held`: the recordings that are under way here, whose files are left alone."""

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
        self._settings = settings
        self._database = database
        self._clock = clock
        self._files = files
        self._folder = folder
        self._find_held = find_held
        self._wake = asyncio.Event()
        # Ended here just now: also one that left no file is noted as stored.
        self._ended: set[UUID] = set()

    def wake(self, recording_id: UUID) -> None:
        """The files of this recording are complete."""
        self._ended.add(recording_id)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled: at once, whenever it is woken, and now and then for what could not be stored before."""
        while True:
            try:
                await self.stow_all()
            except AppError as error:
                log.warning("recording.stowing_failed", code=error.code)
            except Exception:
                log.exception("recording.stowing_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), limits.RECORDING_STOW_SECONDS)
            self._wake.clear()

    async def stow_all(self) -> None:
        """One round. One recording that fails does not hold up the others."""
        left = {UUID(name) for name in await asyncio.to_thread(_list_folders, self._folder)}
        for recording_id in sorted((left | self._ended) - self._find_held()):
            try:
                await self._stow(recording_id, self._folder / str(recording_id))
                self._ended.discard(recording_id)
            except AppError as error:
                log.warning("recording.not_stored", recording_id=str(recording_id), code=error.code)

    async def _stow(self, recording_id: UUID, folder: Path) -> None:
        async with self._database.connection() as connection:
            recording = await find_recording(connection, recording_id)
        if recording is None or recording.is_open:
            # Another process's, or none of this database's: not ours to touch.
            return
        for path in await asyncio.to_thread(_list_files, folder):
            async with _locked(path) as is_ours:
                if is_ours:
                    await self._stow_file(recording, path)
        if not await asyncio.to_thread(_remove_empty, folder):
            return
        await self._database.transact(lambda tx: self._note_stored(tx, recording))

    async def _stow_file(self, recording: Recording, path: Path) -> None:
        match = _NAME.fullmatch(path.name)
        assert match is not None
        completed = await asyncio.to_thread(_complete, path)
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


def _complete(path: Path) -> Completed | None:
    try:
        return complete_file(path)
    except ValueError:
        log.error("recording.unreadable", file=path.name)
        return None


def _list_folders(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [found.name for found in folder.iterdir() if found.is_dir() and _is_id(found.name)]


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _list_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _remove_empty(folder: Path) -> bool:
    """False while something is left in it."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


@contextlib.asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[bool]:
    """False when somebody writes or stores the file, or has done so: a relay that still runs, another process of this machine."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield os.fstat(descriptor).st_nlink > 0
    finally:
        os.close(descriptor)
