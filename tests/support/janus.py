"""Real Janus servers on free ports, with the configuration that operators copy; only ports, secrets and the address are ours."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.media_settings import LivestreamsSettings
from config.settings import load_settings
from tests.support.coturn import free_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "config" / "janus"
NO_JANUS = "janus is needed (Debian's package of that name); its service need not run"
API_SECRET = "an api secret of the test's own"
ADMIN_KEY = "an admin key of the test's own"
# What Janus says last before it answers.
_READY = "WebSockets thread started"
_MEDIA_PORTS = 500
_CABLE = "soulseer-m"
_CABLE_ADDRESS = "10.82.0.1"


@dataclass
class Janus:
    """A running Janus. `lines` is what it has logged so far; `kill` is as a crash or a power cut."""

    folder: Path
    port: int
    prefix: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    _reading: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Returns once it answers; again after `kill`, on the same port."""
        command = [*self.prefix, find_janus(), "-F", str(self.folder), "-C", str(self.folder / "janus.jcfg")]
        self.process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        is_ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self.process, is_ready))
        async with asyncio.timeout(20):
            await is_ready.wait()
        assert self.process.returncode is None, "\n".join(self.lines)

    async def kill(self) -> None:
        if self.process is None or self._reading is None:
            return
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reading
        self.process = None

    def restart(self) -> asyncio.Task[None]:
        """It is killed at once."""

        async def start_again() -> None:
            await self.kill()
            await self.start()

        assert self.process is not None
        self.process.kill()
        return asyncio.create_task(start_again())

    def freeze(self) -> None:
        """It answers nothing, and nobody's connection to it ends."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    async def _read(self, process: asyncio.subprocess.Process, is_ready: asyncio.Event) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())
            if _READY in self.lines[-1]:
                is_ready.set()
        is_ready.set()


def find_janus() -> str:
    """The program's path; without it the test is skipped, or fails where CI=true."""
    path = shutil.which("janus")
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_JANUS)
    return path


def find_own_address() -> str:
    """An address of this machine that is not loopback, which Janus leaves out; made where there is none. No packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        try:
            datagrams.connect(("192.0.2.1", 9))
        except OSError:
            return _make_own_address()
        return str(datagrams.getsockname()[0])


def _make_own_address() -> str:
    """A cable from this machine to itself, for a machine without a network; it stays until the machine ends."""
    near, far = f"{_CABLE}0", f"{_CABLE}1"
    try:
        if subprocess.run(["ip", "link", "show", near], capture_output=True, check=False).returncode:
            _ip("link", "add", near, "type", "veth", "peer", "name", far)
            _ip("address", "add", f"{_CABLE_ADDRESS}/24", "dev", near)
            _ip("link", "set", far, "up")
            _ip("link", "set", near, "up")
    except (OSError, subprocess.CalledProcessError):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no network, nor root: Janus takes no media on loopback")
    return _CABLE_ADDRESS


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@asynccontextmanager
async def run_janus(
    folder: Path, *, prefix: Sequence[str] = (), changes: Sequence[tuple[str, str]] = (), address: str | None = None
) -> AsyncIterator[Janus]:
    """`changes`: settings and what they are to be, as the files write it. `folder` is made. `prefix` starts it elsewhere.

    `address`: where media come in; none = this machine's own.
    """
    find_janus()
    port = free_port()
    await asyncio.to_thread(folder.mkdir, parents=True)
    first = 20_000 + port % 80 * _MEDIA_PORTS
    settings = [
        ("api_secret", f'"{API_SECRET}"'),
        ("admin_secret", '"nobody needs it"'),
        ("admin_key", f'"{ADMIN_KEY}"'),
        ("ws_port", str(port)),
        # Its log says when it is ready from this level on.
        ("debug_level", "4"),
        ("rtp_port_range", f'"{first}-{first + _MEDIA_PORTS - 1}"'),
        ("ice_enforce_list", f'"{address or find_own_address()}"'),
        *changes,
    ]
    for file in CONFIGURATION.glob("*.jcfg"):
        (folder / file.name).write_text(_change(file.read_text(), settings))
    janus = Janus(folder, port, tuple(prefix))
    await janus.start()
    try:
        yield janus
    finally:
        await janus.kill()


def janus_settings(*servers: Janus | str, **changes: Any) -> LivestreamsSettings:
    """What an engine needs to use them; `changes` as in `SOULSEER_LIVESTREAMS__…`."""
    return load_settings(overrides=janus_overrides(*servers, **changes), environment={}, env_file=None).livestreams


def janus_overrides(*servers: Janus | str, **changes: Any) -> dict[str, Any]:
    """The same for `run_server`."""
    livestreams = {
        "engine": "janus",
        "janus_urls": ",".join(server if isinstance(server, str) else server.url for server in servers),
        "janus_api_secret": API_SECRET,
        "janus_admin_key": ADMIN_KEY,
        **changes,
    }
    return {"livestreams": livestreams}


def _change(text: str, settings: Sequence[tuple[str, str]]) -> str:
    """Also settings that the file only mentions."""
    for name, value in settings:
        text = re.sub(
            rf"^(\s*)(?:# )?{name} = .*$", lambda found, name=name, value=value: f"{found[1]}{name} = {value}", text, flags=re.M
        )
    return text
