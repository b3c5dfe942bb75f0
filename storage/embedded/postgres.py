"""Starting, sharing and stopping the bundled Postgres of one data folder.

Three lock files say all there is to know, and the kernel keeps them true whoever is killed: `start.lock` lets one process
start at a time, `users.lock` is held shared by every user, and `running.lock` is inherited by Postgres and all its children.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

from config import limits
from config.errors import StartupError
from storage.embedded.accounts import choose_account
from storage.embedded.cluster import ROLE, Cluster, is_alive, remove_socket_folder
from storage.embedded.locks import POLL_SECONDS, FileLock
from storage.embedded.tuning import postgres_settings

WARDEN = Path(__file__).with_name("warden.py")
logger = logging.getLogger(__name__)


class EmbeddedPostgres:
    """One user of the bundled Postgres under `data_dir`. Any number may live at once, in one process or in many."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir.absolute() / "postgres"
        self._users: FileLock | None = None
        self._cluster: Cluster | None = None
        self._given_up = threading.Event()

    @property
    def log_path(self) -> Path:
        return self._folder / "log" / "postgres.log"

    async def start(self) -> str:
        """Make or find the database, start it if nobody has, and answer a DSN for asyncpg (a Unix socket).

        Raises StartupError with what the operator can do. Call `stop` afterwards, also when cancelled here.
        """
        self._given_up.clear()
        try:
            return await asyncio.to_thread(self._start)
        except asyncio.CancelledError:
            self._given_up.set()
            raise

    async def stop(self) -> None:
        """Leave; the last one to leave stops Postgres and waits, for a bounded time, until nothing of it runs."""
        self._given_up.set()
        await asyncio.to_thread(self._stop)

    def _start(self) -> str:
        try:
            return self._start_as_user()
        except OSError as error:
            self._leave()
            place = error.filename or self._folder
            advice = "make it writable, free some space or choose another --data-dir"
            raise StartupError(f"The database folder cannot be used: {place}: {error.strerror}; {advice}.") from error
        except BaseException:
            self._leave()
            raise

    def _start_as_user(self) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        account = choose_account(self._folder)
        account.own(self._folder)
        self._cluster = cluster = Cluster(self._folder, account)
        cluster.log.parent.mkdir(mode=0o700, exist_ok=True)
        account.own(cluster.log.parent)
        deadline = time.monotonic() + limits.EMBEDDED_START_SECONDS
        start_lock = FileLock(self._folder / "start.lock", account)
        try:
            self._users = FileLock(self._folder / "users.lock", account)
            # Whoever stops Postgres holds the users' lock alone, so this also waits until a stop under way is done.
            for lock, shared in ((start_lock, False), (self._users, True)):
                if not lock.acquire(shared=shared, deadline=deadline, given_up=self._given_up):
                    raise StartupError(f"Another process is starting or stopping the database in {self._folder} without end.")
            socket_folder = self._bring_up(cluster, start_lock, deadline)
        finally:
            start_lock.close()
        return f"postgresql://{ROLE}@/{ROLE}?host={quote(str(socket_folder), safe='/')}"

    def _bring_up(self, cluster: Cluster, start_lock: FileLock, deadline: float) -> Path:
        """Wait until Postgres answers, starting it when nothing of it runs; the folder of its socket."""
        log_end = 0
        is_ours = False
        while time.monotonic() < deadline and not self._given_up.is_set():
            running = FileLock(self._folder / "running.lock", cluster.account)
            try:
                if running.try_acquire():
                    if is_ours:
                        raise cluster.failure(_read_after(cluster.log, log_end))
                    cluster.forget_dead_postgres()
                    cluster.prepare(start_lock.descriptor)
                    log_end = cluster.log.stat().st_size if cluster.log.exists() else 0
                    self._spawn(cluster, running)
                    is_ours = True
            finally:
                running.close()
            status = cluster.read_status()
            if status is not None and status.is_ready and status.socket_folder is not None:
                return status.socket_folder
            self._given_up.wait(POLL_SECONDS)
        if self._given_up.is_set():
            raise StartupError("The start was given up.")
        raise StartupError(
            f"The database in {self._folder} did not get ready within {limits.EMBEDDED_START_SECONDS:.0f} s; "
            f"another container may be using it, or it is still recovering: see {cluster.log}."
        )

    def _spawn(self, cluster: Cluster, running: FileLock) -> None:
        socket_folder = cluster.make_socket_folder()
        settings = [part for name, value in postgres_settings(socket_folder).items() for part in ("-c", f"{name}={value}")]
        warden = [sys.executable, "-I", "-S", str(WARDEN), str(self._folder / "users.lock"), str(running.descriptor)]
        subprocess.run(
            [
                *warden,
                str(cluster.log),
                str(limits.EMBEDDED_LOG_BYTES),
                str(socket_folder),
                *cluster.command("postgres", "-D", str(cluster.data), *settings),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(running.descriptor,),
            start_new_session=True,
            env=cluster.environment(),
            check=True,
        )

    def _stop(self) -> None:
        users, cluster = self._users, self._cluster
        if users is None or cluster is None:
            return
        deadline = time.monotonic() + limits.EMBEDDED_STOP_SECONDS
        never = threading.Event()
        try:
            if not users.try_acquire():
                # Others are left, or the warden was quicker and stops Postgres this moment: then this waits for it.
                users.acquire(shared=True, deadline=deadline, given_up=never)
                return
            if not self._wait_until_gone(cluster, signal.SIGINT, deadline):
                logger.warning("the database takes long to stop; cutting it short, which the next start repairs")
                self._wait_until_gone(cluster, signal.SIGQUIT, deadline + limits.EMBEDDED_KILL_SECONDS)
        finally:
            self._leave()

    def _wait_until_gone(self, cluster: Cluster, number: signal.Signals, deadline: float) -> bool:
        """Signal Postgres and wait until no process of it is left; False when the deadline passes first."""
        status = cluster.read_status()
        running = FileLock(self._folder / "running.lock", cluster.account)
        try:
            if running.try_acquire():
                return True
            if status is not None and is_alive(status.process):
                os.kill(status.process, number)
            is_gone = running.acquire(deadline=deadline, given_up=threading.Event())
            if is_gone:
                remove_socket_folder(status)
            return is_gone
        finally:
            running.close()

    def _leave(self) -> None:
        if self._users is not None:
            self._users.close()
            self._users = None


def _read_after(path: Path, offset: int) -> str:
    """What was written to the log since it was `offset` bytes long."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(64 * 1024).decode(errors="replace")
    except OSError:
        return ""
