"""The operating-system account that the bundled Postgres runs under.

Postgres refuses to run as root. Started as root, it runs under an account of its own, without opening anybody's folders
to the world: where that account could not pass a private folder on the way, the process gets the one capability to pass.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.errors import StartupError

ACCOUNT_NAME = "soulseer"
FALLBACK_NAME = "nobody"
POWERLESS_ROOT = (
    "Postgres does not run as root, and root may not hand its work to another account here (a container without capabilities?); "
    "start the server as an ordinary user or set SOULSEER_DATABASE__URL."
)
LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs Postgres. `user` is None for the account that we run as already."""

    user: int | None = None
    group: int = 0

    def own(self, path: Path) -> None:
        """Give `path` to the account, where it is another than ours."""
        if self.user is not None and path.stat().st_uid == 0:
            try:
                os.chown(path, self.user, self.group)
            except PermissionError:
                raise StartupError(POWERLESS_ROOT) from None

    def command(self, command: list[str], *folders: Path) -> list[str]:
        """`command` as it has to be started so that it runs under this account and can reach `folders`."""
        if self.user is None:
            return command
        program = Path(command[0])
        passed = {parent for path in (program, program.resolve(), *folders) for parent in path.parents}
        if not self._may(program, stat.S_IROTH | stat.S_IXOTH):
            capability = "override"
        elif all(self._may(folder, stat.S_IXOTH) for folder in passed):
            capability = "none"
        else:
            capability = "search"
        return [sys.executable, "-I", "-S", str(LAUNCHER), str(self.user), str(self.group), capability, *command]

    def _may(self, path: Path, others: int) -> bool:
        """Whether the mode bits let this account do to `path` what the `others` bits name."""
        status = path.stat()
        if status.st_uid == self.user:
            return (status.st_mode >> 6) & others == others
        if status.st_gid == self.group:
            return (status.st_mode >> 3) & others == others
        return status.st_mode & others == others


def choose_account(folder: Path) -> Account:
    """Our own account, or, as root, the one that owns the database folder already, or else one made for it."""
    if os.geteuid() != 0:
        return Account()
    status = folder.stat()
    if status.st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    entry = _find_entry(ACCOUNT_NAME) or _create_entry(ACCOUNT_NAME) or _find_entry(FALLBACK_NAME)
    if entry is None or entry.pw_uid == 0:
        raise StartupError(
            "Postgres does not run as root and no other account could be made for it; "
            "start the server as an ordinary user or set SOULSEER_DATABASE__URL."
        )
    return Account(entry.pw_uid, entry.pw_gid)


def _find_entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_entry(name: str) -> pwd.struct_passwd | None:
    """A system account without home or shell, where the system has the tool to make one."""
    tool = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if tool is None:
        return None
    subprocess.run(
        [
            tool,
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
            name,
        ],
        check=False,
        capture_output=True,
        timeout=30,
    )
    # Another process may have made it in the meantime, so the answer is looked up rather than taken from the exit code.
    return _find_entry(name)
