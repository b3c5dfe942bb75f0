"""Three network namespaces in which two people reach only the machine in the middle, which forwards nothing.

client 10.81.1.2 ── 10.81.1.1 relay (10.81.0.1) 10.81.2.1 ── 10.81.2.2 reader
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.coturn import find_coturn

RELAY_ADDRESS = "10.81.0.1"
_PREFIX = "soulseer"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Network:
    """The names of its namespaces."""

    client: str
    reader: str
    relay: str

    def within(self, side: str) -> tuple[str, ...]:
        """What to put before a command that runs there. `side`: client, reader or relay."""
        return ("ip", "netns", "exec", str(getattr(self, side)))


@contextmanager
def make_network() -> Iterator[Network]:
    """Removed at the end, whatever happens; where it may not be made the test is skipped, or fails with CI=true."""
    find_coturn()
    if shutil.which("ip") is None:
        _give_up("iproute2 is needed")
    name = f"{_PREFIX}-{os.getpid()}-{next(_numbers)}"
    network = Network(f"{name}-client", f"{name}-reader", f"{name}-relay")
    _remove_left_behind()
    try:
        for namespace in (network.client, network.reader, network.relay):
            _add(namespace)
        _connect(network)
        yield network
    finally:
        for namespace in (network.client, network.reader, network.relay):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


def _add(namespace: str) -> None:
    try:
        _ip("netns", "add", namespace)
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else error
        _give_up(f"root is needed ({said})")


def _give_up(reason: str) -> None:
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no network namespaces here: {reason}")


def _connect(network: Network) -> None:
    _ip("-n", network.relay, "link", "set", "lo", "up")
    _ip("-n", network.relay, "address", "add", f"{RELAY_ADDRESS}/32", "dev", "lo")
    for number, side in ((1, network.client), (2, network.reader)):
        inner, outer = f"10.81.{number}.2", f"10.81.{number}.1"
        _ip("link", "add", "eth0", "netns", side, "type", "veth", "peer", "name", f"eth{number}", "netns", network.relay)
        _ip("-n", network.relay, "address", "add", f"{outer}/24", "dev", f"eth{number}")
        _ip("-n", network.relay, "link", "set", f"eth{number}", "up")
        _ip("-n", side, "address", "add", f"{inner}/24", "dev", "eth0")
        _ip("-n", side, "link", "set", "lo", "up")
        _ip("-n", side, "link", "set", "eth0", "up")
        # Everything goes to the machine in the middle, also what is meant for the other side.
        _ip("-n", side, "route", "add", "default", "via", outer)
    switch = "/proc/sys/net/ipv4/ip_forward"
    told = ["sh", "-c", f"echo 0 >{switch} 2>/dev/null; cat {switch}"]
    forwards = subprocess.run([*network.within("relay"), *told], check=True, capture_output=True, text=True).stdout
    assert forwards.strip() == "0", "the machine in the middle must not forward"


def _remove_left_behind() -> None:
    """Those of runs that were killed."""
    listed = subprocess.run(["ip", "-o", "netns", "list"], check=False, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        name = line.split()[0]
        parts = name.split("-")
        if parts[0] == _PREFIX and len(parts) == 4 and not Path(f"/proc/{parts[1]}").exists():
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
