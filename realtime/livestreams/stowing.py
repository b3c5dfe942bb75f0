"""Recordings of livestreams, from this machine's disk to the file store: a folder for each place that media had here."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from config import limits
from config.clock import Clock
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.livestreams.recordings import settle_recording
from realtime.media.recording.endings import Completed
from realtime.recordings.folders import CONTENT_TYPE, FolderStower, complete, list_files, locked, remove_empty
from storage.database import Database
from storage.files import FileStore
from storage.livestream_files import insert_livestream_file, list_unstored_livestream_ids
from storage.livestreams import find_livestream, lock_livestream
from storage.transaction import Transaction

log = get_logger(__name__)
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FOLDER = re.compile(rf"({_ID})\.({_ID})")
_NAME = re.compile(r"publisher\.(\d{1,6})\.(\d{1,15})\.webm")


def name_folder(livestream_id: UUID, media_id: UUID) -> str:
    """Of what is recorded at one place. Another place, on whichever machine, counts its parts anew."""
    return f"{livestream_id}.{media_id}"


def check_space(folder: Path) -> None:
    """Make the folder. Raises OSError when it cannot be, or when its disk is nearly full."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(folder).free < limits.RECORDING_FREE_BYTES:
        raise OSError("the disk is nearly full")


class LivestreamStower(FolderStower):
    """`find_held`: the folders of the places that are here, written or about to be."""

    round_seconds = limits.LIVESTREAM_STOW_SECONDS

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        files: FileStore,
        folder: Path,
        find_held: Callable[[], frozenset[str]],
    ) -> None:
        super().__init__(folder=folder, find_held=find_held)
        self._settings = settings
        self._database = database
        self._clock = clock
        self._files = files

    def is_name(self, name: str) -> bool:
        return _FOLDER.fullmatch(name) is not None

    async def stow(self, name: str, folder: Path) -> None:
        match = _FOLDER.fullmatch(name)
        assert match is not None
        livestream_id, media_id = UUID(match[1]), UUID(match[2])
        async with self._database.connection() as connection:
            if await find_livestream(connection, livestream_id) is None:
                # None of this database's: not ours to touch.
                return
        has_more = False
        for path in await asyncio.to_thread(list_files, folder, _NAME):
            async with locked(path) as is_ours:
                if is_ours:
                    has_more = await self._stow_file(livestream_id, media_id, path) or has_more
        if await asyncio.to_thread(remove_empty, folder):
            moment = self._moment()
            await self._database.transact(lambda tx: settle_recording(tx, livestream_id, moment, has_more=has_more))

    async def _stow_file(self, livestream_id: UUID, media_id: UUID, path: Path) -> bool:
        """Whether there is something to watch in it, for which it came in time."""
        match = _NAME.fullmatch(path.name)
        assert match is not None
        completed = await asyncio.to_thread(complete, path)
        is_wanted = False
        if completed is not None:
            key = f"livestreams/{livestream_id.hex[-2:]}/{livestream_id}/{media_id}.{int(match[1])}.webm"
            started_at = datetime.fromtimestamp(int(match[2]) / 1000, UTC)
            await self._files.put_file(key, path, content_type=CONTENT_TYPE)
            is_wanted = await self._database.transact(
                lambda tx: self._note_file(tx, livestream_id, key, completed, started_at=started_at)
            )
            if not is_wanted:
                await self._files.remove(key)
        await asyncio.to_thread(path.unlink)
        return is_wanted

    async def _note_file(
        self, tx: Transaction, livestream_id: UUID, key: str, completed: Completed, *, started_at: datetime
    ) -> bool:
        """False where the recording has been deleted, and this file came too late for it."""
        parts = await lock_livestream(tx, livestream_id)
        if parts is None or parts.livestream.recording_state == "expired":
            return False
        await insert_livestream_file(
            tx,
            livestream_id,
            file_key=key,
            byte_size=completed.byte_size,
            duration_ms=round(completed.seconds * 1000),
            started_at=started_at,
            has_video=completed.has_video,
        )
        return True

    async def look_after(self) -> None:
        """Recordings whose last file was brought before the livestream was over, or which left none at all."""
        now = self._clock.now()
        given_up_before = now - timedelta(seconds=limits.LIVESTREAM_STORING_MAXIMUM_SECONDS)
        async with self._database.connection() as connection:
            ids = await list_unstored_livestream_ids(
                connection,
                ended_before=now - timedelta(seconds=limits.LIVESTREAM_STORING_SECONDS),
                given_up_before=given_up_before,
                limit=limits.DUE_BATCH,
            )
        for livestream_id in ids:
            await self._settle(livestream_id)

    async def _settle(self, livestream_id: UUID) -> None:
        moment = self._moment()
        await self._database.transact(lambda tx: settle_recording(tx, livestream_id, moment, is_given_up=True))

    def _moment(self) -> Moment:
        return Moment(self._clock.now(), self._settings)
