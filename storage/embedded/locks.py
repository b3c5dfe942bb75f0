"""Advisory locks on files, which the kernel drops by itself when their holder dies, however it dies."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from pathlib import Path

from config.errors import StartupError
from storage.embedded.accounts import Account

POLL_SECONDS = 0.01


class FileLock:
    """One open lock file; shared or exclusive, also between objects of one process. Nothing blocks without a deadline."""

    def __init__(self, path: Path, account: Account) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            self.descriptor = os.open(path, flags, 0o600)
        except PermissionError:
            raise StartupError(
                f"The database folder {path.parent} belongs to another account; "
                "start the server as that account or choose another --data-dir."
            ) from None
        self._path = path
        account.own(path)

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock, or turn it into the other kind, if nobody is in the way. A failed turn loses what was held."""
        try:
            fcntl.flock(self.descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL):
                raise StartupError(
                    f"The file system of {self._path.parent} has no file locks; choose another --data-dir."
                ) from None
            raise
        return True

    def acquire(self, *, shared: bool = False, deadline: float, given_up: threading.Event) -> bool:
        """Take the lock before `deadline` (of time.monotonic), or answer False when it passes or `given_up` is set."""
        while not self.try_acquire(shared=shared):
            if time.monotonic() > deadline or given_up.wait(POLL_SECONDS):
                return False
        return True

    def close(self) -> None:
        """Let go; a child process that inherited the descriptor keeps the lock."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
