"""A program of its own: drops root for another account, then becomes the given command.

Run by path with `python -I -S`, so it imports the standard library only: USER GROUP none|search|override COMMAND…
"""

from __future__ import annotations

import ctypes
import os
import sys

# From linux/prctl.h and linux/capability.h.
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
LINUX_CAPABILITY_VERSION_3 = 0x20080522


class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Data(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def main(arguments: list[str]) -> None:
    user, group, wanted, *command = arguments
    drop_privileges(int(user), int(group), wanted)
    os.umask(0o077)
    os.chdir("/")
    os.execv(command[0], command)


def drop_privileges(user: int, group: int, wanted: str) -> None:
    """Become `user`, keeping at most one capability, which the command inherits: to pass folders that are closed to it."""
    libc = ctypes.CDLL(None, use_errno=True) if wanted != "none" else None
    capability = choose_capability(libc, wanted) if libc else None
    if libc and capability is not None:
        check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    if libc and capability is not None:
        mask = 1 << capability
        data = (Data * 2)(Data(mask, mask, mask), Data(0, 0, 0))
        check(libc.capset(ctypes.byref(Header(LINUX_CAPABILITY_VERSION_3, 0)), ctypes.byref(data)))
        check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))


def choose_capability(libc: ctypes.CDLL, wanted: str) -> int | None:
    """The smallest capability that does what is wanted and that we hold: containers often withhold the smaller one."""
    data = (Data * 2)()
    check(libc.capget(ctypes.byref(Header(LINUX_CAPABILITY_VERSION_3, 0)), ctypes.byref(data)))
    candidates = [CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE] if wanted == "search" else [CAP_DAC_OVERRIDE]
    return next((candidate for candidate in candidates if data[0].permitted >> candidate & 1), None)


def check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
