"""The server as a process: it starts, stops, is killed and comes back, alone and beside another, and says why it cannot start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from storage.database import connect_directly
from storage.embedded import EmbeddedPostgres
from storage.embedded.accounts import Account
from storage.migrate import migrate
from tests.server.server_process import (
    STOP_SECONDS,
    ServerProcess,
    environment,
    free_port,
    processes_of,
    until_nothing_is_left,
)
from tests.support.live import LiveClient

ACCOUNT = {"email": "someone@example.com", "password": "a long enough password"}

Start = Callable[..., ServerProcess]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    """Starts a server on `data_dir`; whatever runs at the end of the test is killed."""
    servers: list[ServerProcess] = []

    def start(*arguments: str, port: int | None = None, account: Account | None = None, **settings: str) -> ServerProcess:
        servers.append(ServerProcess(data_dir, *arguments, port=port, account=account, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def run_command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments, "--data-dir", str(data_dir)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=data_dir.parent, env=environment(), check=False
    )


async def refusal(server: ServerProcess) -> str:
    """What a server that cannot start says; it says it without a stack trace and with exit code 1 or 2."""
    code = await server.ended(seconds=30)
    assert code in (1, 2), server.output
    assert "Traceback" not in server.output
    return server.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_the_server_and_all_that_it_started(start: Start, data_dir: Path, number: signal.Signals) -> None:
    server = await start("--demo").ready()
    names = " ".join(" ".join(process.cmdline()) for process in processes_of(data_dir))
    assert "postgres" in names
    assert "localstripe" in names
    server.signal(number)
    assert await server.ended() == 0, server.output
    assert processes_of(data_dir) == []
    assert "Traceback" not in server.output


async def test_a_signal_stops_the_server_in_time_and_tells_those_who_are_connected(start: Start, data_dir: Path) -> None:
    server = await start().ready()
    status, body = await server.post("/auth/register", {**ACCOUNT, "display_name": "Someone", "role": "client"})
    assert status == 201
    live = LiveClient()
    await live.connect(server.url, body["access_token"])
    async with half_request(server), aiohttp.ClientSession() as http, http.get(f"{server.url}/healthz") as kept_alive:
        assert kept_alive.status == 200
        server.signal(signal.SIGTERM)
        closing = await live.next_event("connection.closing")
        assert closing["code"] == "server.restarting"
        assert closing["retryable"] is True
        await live.closed()
        assert await server.ended() == 0, server.output
    await live.close()
    assert processes_of(data_dir) == []


@contextlib.asynccontextmanager
async def half_request(server: ServerProcess) -> AsyncIterator[None]:
    """A request whose end never comes."""
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(
            b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        await writer.drain()
        yield
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_signal_during_the_start_stops_it_too(start: Start, data_dir: Path) -> None:
    server = start()
    while not (data_dir / "postgres").exists():
        assert server.process.poll() is None, server.output
        await asyncio.sleep(0.01)
    server.signal(signal.SIGTERM)
    await server.ended()
    assert "Traceback" not in server.output
    await until_nothing_is_left(data_dir)


async def test_a_killed_server_leaves_nothing_running_and_the_next_start_has_all_data(start: Start, data_dir: Path) -> None:
    server = await start("--demo").ready()
    status, _ = await server.post("/auth/register", {**ACCOUNT, "display_name": "Someone", "role": "client"})
    assert status == 201
    await server.kill()
    await until_nothing_is_left(data_dir)
    again = await start("--demo", port=server.port).ready()
    status, body = await again.post("/auth/login", ACCOUNT)
    assert status == 200
    assert body["user"]["email"] == ACCOUNT["email"]
    await again.stop()
    assert processes_of(data_dir) == []


async def test_a_server_comes_back_at_once_after_everything_of_it_was_killed(start: Start, data_dir: Path) -> None:
    server = await start().ready()
    status, _ = await server.post("/auth/register", {**ACCOUNT, "display_name": "Someone", "role": "client"})
    assert status == 201
    for process in processes_of(data_dir):
        process.kill()
    await server.kill()
    again = await start().ready()
    status, _ = await again.post("/auth/login", ACCOUNT)
    assert status == 200
    await again.stop()


async def test_two_servers_that_start_at_once_on_a_fresh_folder_both_serve(start: Start, data_dir: Path) -> None:
    first, second = start(), start()
    await asyncio.gather(first.ready(), second.ready())
    status, _ = await first.post("/auth/register", {**ACCOUNT, "display_name": "Someone", "role": "client"})
    assert status == 201
    status, _ = await second.post("/auth/login", ACCOUNT)
    assert status == 200
    await first.stop()
    assert await second.is_ready()
    await second.stop()
    assert processes_of(data_dir) == []


async def test_a_command_beside_a_running_server_uses_its_database_and_leaves_it_running(start: Start, data_dir: Path) -> None:
    server = await start().ready()
    result = await asyncio.to_thread(run_command, data_dir, "ledger", "check")
    assert result.returncode == 0, result.stderr
    assert await server.is_ready()
    await server.stop()
    result = await asyncio.to_thread(run_command, data_dir, "ledger", "check")
    assert result.returncode == 0, result.stderr
    assert processes_of(data_dir) == []


async def test_a_database_newer_than_the_program_is_refused_and_left_as_it_is(start: Start, data_dir: Path) -> None:
    database = EmbeddedPostgres(data_dir)
    dsn = await database.start()
    await migrate(dsn)
    connection = await connect_directly(dsn, application="test")
    await connection.execute("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'from_the_future', 'x')")
    output = await refusal(start())
    assert "9999" in output
    assert "newer" in output
    assert await connection.fetchval("SELECT max(version) FROM schema_migrations") == 9999
    await connection.close()
    await database.stop()
    assert processes_of(data_dir) == []


async def test_a_port_that_is_taken_is_named(start: Start, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        output = await refusal(start(port=port))
    assert str(port) in output
    assert "in use" in output
    assert processes_of(data_dir) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOULSEER_BILLING__MINUTE_SECONDS", "soon"),
        ("SOULSEER_BILLING__MINUTES", "1"),
        ("SOULSEER_DATABASE__POOL_CONNECTIONS", "many"),
        ("SOULSEER_NODES__LEASE_SECONDS", "0"),
    ],
)
async def test_a_setting_that_is_wrong_or_unknown_is_named(start: Start, data_dir: Path, name: str, value: str) -> None:
    assert name in await refusal(start(**{name: value}))
    assert not (data_dir / "postgres").exists()


async def test_a_database_that_cannot_be_reached_is_named(start: Start) -> None:
    url = f"postgresql://nobody:secret-word@127.0.0.1:{free_port()}/nothing"
    output = await refusal(start(SOULSEER_DATABASE__URL=url))
    assert "SOULSEER_DATABASE__URL" in output
    assert "secret-word" not in output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_an_ordinary_user_can_run_the_server(start: Start, data_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for folder in (data_dir.parent, data_dir.parent.parent):
        folder.chmod(0o755)
    data_dir.mkdir()  # noqa: ASYNC240
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    server = await start("--demo", account=Account(nobody.pw_uid, nobody.pw_gid)).ready()
    status, _ = await server.post("/auth/login", {"email": "client@demo.example.com", "password": "demo-password"})
    assert status == 200
    assert {process.uids().real for process in processes_of(data_dir)} == {nobody.pw_uid}
    server.signal(signal.SIGTERM)
    assert await server.ended(seconds=STOP_SECONDS) == 0, server.output
    assert processes_of(data_dir) == []
