"""A program of its own: the parent of the bundled Postgres, which outlives whoever started it and ends with the last user.

It waits for the exclusive lock that it gets only once every user has left or died, and then stops Postgres. It also keeps
Postgres's log within bounds and starts Postgres again if that dies unasked. Run by path with `python -I -S`, so it
imports the standard library only: USERS_LOCK RUNNING_DESCRIPTOR LOG LOG_BYTES SOCKET_FOLDER COMMAND…
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from typing import IO

# A Postgres that lived shorter than this cannot start at all, so another try would only repeat the failure.
ESTABLISHED_SECONDS = 5.0
RESTART_PAUSE_SECONDS = 0.5
RESTARTS = 20


class Log:
    """A file of at most `limit` bytes, and one older file of the same size beside it."""

    def __init__(self, path: str, limit: int) -> None:
        self._path, self._limit = path, limit
        self._file: IO[bytes] | None = None

    def write(self, line: bytes) -> None:
        # A full disk must not stop the database's own attempt to go on, so a line that cannot be written is lost.
        with contextlib.suppress(OSError):
            if self._file is None:
                self._file = self._open()
            self._file.write(line)
            if self._file.tell() >= self._limit:
                self._file.close()
                self._file = None
                os.replace(self._path, self._path + ".1")

    def _open(self) -> IO[bytes]:
        file = open(self._path, "ab", buffering=0)  # noqa: SIM115 (stays open between lines)
        folder = os.stat(os.path.dirname(self._path))
        os.fchmod(file.fileno(), 0o600)
        if os.geteuid() == 0:
            os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
        return file


class Warden:
    """Runs one Postgres until nobody uses it."""

    def __init__(self, users_path: str, running_descriptor: int, log: Log, command: list[str]) -> None:
        self._users = os.open(users_path, os.O_RDWR | os.O_CLOEXEC)
        self._running = running_descriptor
        self._log = log
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._is_unused = threading.Event()

    def run(self) -> None:
        threading.Thread(target=self._await_last_user, daemon=True).start()
        for _ in range(RESTARTS):
            began = time.monotonic()
            status = self._run_once()
            if status == 0 or self._is_unused.is_set() or time.monotonic() - began < ESTABLISHED_SECONDS:
                return
            self._log.write(b"soulseer: Postgres ended with status %d; starting it again\n" % status)
            time.sleep(RESTART_PAUSE_SECONDS)

    def _run_once(self) -> int:
        self._child = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(self._running,),
            # Keeps SIGPIPE ignored, so that Postgres survives when only this process dies and nobody reads its log any more.
            restore_signals=False,
        )
        if self._is_unused.is_set():
            self._child.send_signal(signal.SIGINT)
        assert self._child.stderr is not None
        for line in self._child.stderr:
            self._log.write(line)
        return self._child.wait()

    def _await_last_user(self) -> None:
        fcntl.flock(self._users, fcntl.LOCK_EX)
        self._is_unused.set()
        if self._child is not None:
            # SIGINT asks for Postgres's "fast" shutdown: connections are cut, everything is written.
            self._child.send_signal(signal.SIGINT)


def main(arguments: list[str]) -> None:
    users_path, running, log_path, log_bytes, socket_folder, *command = arguments
    if os.fork() > 0:
        os._exit(0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    log = Log(log_path, int(log_bytes))
    try:
        Warden(users_path, int(running), log, command).run()
    except Exception:
        log.write(traceback.format_exc().encode())
    finally:
        shutil.rmtree(socket_folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
