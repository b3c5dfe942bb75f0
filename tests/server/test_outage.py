"""While the database is away every answer says so and that trying again can help; afterwards all goes on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest

from tests.support.servers import PASSWORD, StartServer


class Line:
    """A TCP line to the database's socket that can be cut and mended."""

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self, stack: AsyncExitStack) -> None:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        stack.callback(server.close)

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_unix_connection(self._socket_path)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()


@pytest.fixture
async def line(dsn: str) -> AsyncIterator[Line]:
    folder = re.search(r"host=([^&]+)", dsn)
    assert folder is not None
    async with AsyncExitStack() as stack:
        line = Line(f"{folder[1]}/.s.PGSQL.5432")
        await line.open(stack)
        yield line
        line.cut()


async def test_an_outage_of_the_database_is_said_and_survived(dsn: str, line: Line, start_server: StartServer) -> None:
    name = dsn.partition("?")[0].rpartition("/")[2]
    server = await start_server({"database": {"url": f"postgresql://soulseer@127.0.0.1:{line.port}/{name}"}})
    person = await server.register()
    line.cut()
    for reply in (
        await person.get("/me"),
        await person.post("/auth/login", {"email": person.email, "password": PASSWORD}),
        await person.patch("/me", {"display_name": "New"}),
    ):
        assert (reply.status, reply.code) == (503, "server.dependency_unavailable")
        assert reply.body["retryable"] is True
        assert int(reply.headers["Retry-After"]) >= 1
    ready = await person.get("/readyz", root=True)
    assert (ready.status, ready.body["checks"]["database"]) == (503, "unreachable")
    assert (await person.get("/healthz", root=True)).status == 200
    line.mend()
    assert (await person.get("/me")).status == 200
    assert (await person.get("/readyz", root=True)).status == 200
