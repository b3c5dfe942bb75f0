"""Folders of recorded files on this machine's disk, on their way to the file store: one for each thing that was recorded.

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
from pathlib import Path

from config import limits
from config.errors import AppError
from config.logging import get_logger
from realtime.media.recording.endings import Completed, complete_file

log = get_logger(__name__)
CONTENT_TYPE = "video/webm"


class FolderStower:
    """One per server process and kind. `find_held`: the names of folders that are written here, which are left alone."""

    # How long what could not be stored waits, where nobody wakes it.
    round_seconds = limits.RECORDING_STOW_SECONDS

    def __init__(self, *, folder: Path, find_held: Callable[[], frozenset[str]]) -> None:
        self._folder = folder
        self._find_held = find_held
        self._wake = asyncio.Event()
        # Ended here just now: also one that left no file is looked after.
        self._ended: set[str] = set()

    def is_name(self, name: str) -> bool:
        """Whether a folder of that name is one of ours."""
        raise NotImplementedError

    async def stow(self, name: str, folder: Path) -> None:
        """Take the folder's files to the store. Raises AppError: another round tries again."""
        raise NotImplementedError

    async def look_after(self) -> None:
        """What else is to be done in each round."""

    def wake(self, name: str) -> None:
        """The files of this folder are complete."""
        self._ended.add(name)
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
                await asyncio.wait_for(self._wake.wait(), self.round_seconds)
            self._wake.clear()

    async def stow_all(self) -> None:
        """One round. One folder that fails does not hold up the others."""
        left = {name for name in await asyncio.to_thread(_list_folders, self._folder) if self.is_name(name)}
        for name in sorted((left | self._ended) - self._find_held()):
            try:
                await self.stow(name, self._folder / name)
                self._ended.discard(name)
            except AppError as error:
                log.warning("recording.not_stored", recording_id=name, code=error.code)
        await self.look_after()


def complete(path: Path) -> Completed | None:
    """Make the file whole; None where nothing in it can be played."""
    try:
        return complete_file(path)
    except ValueError:
        log.error("recording.unreadable", file=path.name)
        return None


def list_files(folder: Path, name: re.Pattern[str]) -> list[Path]:
    """Those with such names, in order."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if name.fullmatch(path.name))


def remove_empty(folder: Path) -> bool:
    """False while something is left in it."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


@contextlib.asynccontextmanager
async def locked(path: Path) -> AsyncIterator[bool]:
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


def _list_folders(folder: Path) -> list[str]:
    return [found.name for found in folder.iterdir() if found.is_dir()] if folder.is_dir() else []
