"""One thread that writes all files, so that a slow disk holds up no media; what waits for it is bounded."""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from config import limits
from realtime.media.recording.endings import complete_file


class DiskFile:
    """A growing file, locked while it is written: whoever finds it unlocked may complete it. Nothing here blocks its caller."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk = disk
        self.path = path
        self.failed = False
        self._file: BinaryIO | None = None
        self._synced_at = 0.0

    def write(self, data: bytes) -> None:
        """Once written, on the disk within two seconds. What the disk cannot keep up with sets `failed`."""
        if not self.failed and not self._disk.submit(lambda: self._write(data), size=len(data)):
            self.failed = True

    def close(self) -> None:
        """Complete the file and release it, once everything before is written."""
        self._disk.submit(self._close, size=0, is_kept=True)

    def _write(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._file = self._open()
            self._file.write(data)
            self._file.flush()
            now = time.monotonic()
            if now - self._synced_at >= limits.RECORDING_SYNC_SECONDS:
                os.fdatasync(self._file.fileno())
                if shutil.disk_usage(self.path.parent).free < limits.RECORDING_STOP_FREE_BYTES:
                    # How much a participant sends is theirs to say; what else lives on this disk needs the rest.
                    self.failed = True
                self._synced_at = now
        except OSError:
            self.failed = True

    def _open(self) -> BinaryIO:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.path.open("xb")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    def _close(self) -> None:
        try:
            if self._file is not None:
                self._file.flush()
                complete_file(self.path)
        except (OSError, ValueError):
            self.failed = True
        finally:
            if self._file is not None:
                self._file.close()


class Disk:
    """Owns the thread. `close` writes everything that waits."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[tuple[Callable[[], object], int] | None] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="recording-disk", daemon=True)
        self._thread.start()

    def create(self, path: Path) -> DiskFile:
        """The file is made with the first write; it must not exist."""
        return DiskFile(self, path)

    def submit(self, task: Callable[[], object], *, size: int, is_kept: bool = False) -> bool:
        """False when too much waits already, and the task is not taken."""
        with self._lock:
            if not is_kept and self._waiting_bytes + size > limits.RECORDING_WAITING_BYTES:
                return False
            self._waiting_bytes += size
        self._tasks.put((task, size))
        return True

    async def settle(self) -> None:
        """Returns once everything that was submitted until now is written."""
        loop, written = asyncio.get_running_loop(), asyncio.Event()
        self.submit(lambda: loop.call_soon_threadsafe(written.set), size=0, is_kept=True)
        await written.wait()

    def close(self) -> None:
        """Blocks until everything is written."""
        self._tasks.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._tasks.get()) is not None:
            task, size = item
            task()
            with self._lock:
                self._waiting_bytes -= size
