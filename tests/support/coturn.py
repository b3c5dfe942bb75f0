"""A real coturn on free ports, with the configuration that operators copy; only addresses and the secret are the test's own."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.media_settings import TurnSettings
from config.settings import load_settings

CONFIGURATION = Path(__file__).resolve().parents[2] / "config" / "coturn" / "turnserver.conf"
NO_COTURN = "coturn is needed (Debian's package of that name); its service need not run"
SECRET = "a secret of the test's own"
# What coturn says last before it listens.
_READY = "IO method (admin thread)"


@dataclass
class Coturn:
    """A running coturn. `lines` is what it has logged so far."""

    address: str
    port: int
    tls_port: int
    secret: str = SECRET
    lines: list[str] = field(default_factory=list)

    def url(self, transport: str = "udp") -> str:
        """`transport`: udp, tcp or tls."""
        if transport == "tls":
            return f"turns:{self.address}:{self.tls_port}?transport=tcp"
        return f"turn:{self.address}:{self.port}?transport={transport}"

    def overrides(self, *transports: str) -> dict[str, Any]:
        """What `run_server` and `load_settings` need to use it."""
        return {"turn": {"urls": ",".join(self.url(transport) for transport in transports or ("udp",)), "secret": self.secret}}

    def settings(self, *transports: str) -> TurnSettings:
        return load_settings(overrides=self.overrides(*transports), environment={}, env_file=None).turn


def find_coturn() -> str:
    """The program's path; without it the test is skipped, or fails where CI=true."""
    path = shutil.which("turnserver")
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_COTURN)
    return path


@asynccontextmanager
async def run_coturn(
    *,
    address: str = "127.0.0.1",
    ports: tuple[int, int] | None = None,
    reaches: Sequence[str] | None = None,
    options: Sequence[str] = (),
    prefix: Sequence[str] = (),
) -> AsyncIterator[Coturn]:
    """`reaches`: addresses that are refused otherwise, none named = its own, so that two relayed people meet in it.

    `options` are added to the command line. `prefix` starts it elsewhere: `("ip", "netns", "exec", name)`, with its `ports`.
    """
    program = find_coturn()
    port, tls_port = ports or (free_port(), free_port())
    coturn = Coturn(address, port, tls_port)
    allowed = [address] if reaches is None else list(reaches)
    command = [
        *prefix,
        program,
        *("-c", str(CONFIGURATION)),
        *(f"--static-auth-secret={coturn.secret}", f"--listening-ip={address}", f"--relay-ip={address}"),
        *(f"--listening-port={port}", f"--tls-listening-port={tls_port}", "--pidfile="),
        *(f"--allowed-peer-ip={peer}" for peer in allowed),
        *(["--allow-loopback-peers"] if any(peer.startswith("127.") for peer in allowed) else []),
        *_as_ourselves(),
        *options,
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    is_ready = asyncio.Event()
    reading = asyncio.create_task(_read(process, coturn.lines, is_ready))
    try:
        async with asyncio.timeout(15):
            await is_ready.wait()
        assert any(_READY in line for line in coturn.lines), "\n".join(coturn.lines)
        yield coturn
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


def free_port() -> int:
    """One that neither UDP nor TCP uses just now."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        ):
            stream.bind(("127.0.0.1", 0))
            port = int(stream.getsockname()[1])
            try:
                datagrams.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _as_ourselves() -> list[str]:
    """Only root can become the user that the configuration names."""
    if os.getuid() == 0:
        return []
    return [f"--proc-user={pwd.getpwuid(os.getuid()).pw_name}", f"--proc-group={grp.getgrgid(os.getgid()).gr_name}"]


async def _read(process: asyncio.subprocess.Process, lines: list[str], is_ready: asyncio.Event) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        lines.append(line.decode(errors="replace").rstrip())
        if _READY in lines[-1]:
            is_ready.set()
    is_ready.set()
