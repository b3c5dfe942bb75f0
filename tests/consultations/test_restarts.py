"""The server is stopped as a deployment does, in the middle of a consultation, and another one takes over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.clock import MovableClock
from realtime.messages import MessageWriter
from storage.consultations import Consultation, list_parts
from storage.database import Database
from tests.support.consultations import Scene
from tests.support.servers import StartServer, run_server


async def only_consultation(database: Database) -> Consultation:
    async with database.connection() as db:
        (parts,) = await list_parts(db, participant_id=None, statuses=(), before_id=None, limit=2)
    return parts.consultation


@asynccontextmanager
async def stopped_after(
    seconds: float, dsn: str, clock: MovableClock, folder: Path, monkeypatch: pytest.MonkeyPatch, *, takes: float = 6
) -> AsyncIterator[Scene]:
    """A consultation of so many seconds on a server that is stopped then, and takes some time to stop; nobody leaves first."""
    close = MessageWriter.close

    async def close_slowly(writer: MessageWriter) -> None:
        clock.advance(takes)
        await close(writer)

    async with run_server(dsn, folder, clock=clock) as first:
        scene = await Scene.start(first)
        await scene.pass_time(seconds)
        people = first.stack.pop_all()
        monkeypatch.setattr(MessageWriter, "close", close_slowly)
    monkeypatch.undo()
    async with people:
        yield scene


async def test_nobody_pays_for_the_time_that_a_server_takes_to_stop(
    dsn: str, tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = MovableClock()
    async with stopped_after(30, dsn, clock, tmp_path, monkeypatch) as scene:
        for live in (scene.client_live, scene.reader_live):
            assert (await live.next_event("connection.closing"))["code"] == "server.restarting"
    row = await only_consultation(empty_database)
    assert (row.status, row.pause_reason, row.connected_ms) == ("in_progress", "connection", 30_000)


@pytest.mark.parametrize(
    ("returns", "reason", "cost"),
    [
        (("client", "reader"), "client_ended", 399),
        (("client",), "server_interrupted", 199),
        (("reader",), "server_interrupted", 199),
        ((), "server_interrupted", 199),
    ],
)
async def test_after_a_restart_it_goes_on_with_both_and_ends_without(
    dsn: str,
    tmp_path: Path,
    empty_database: Database,
    start_server: StartServer,
    monkeypatch: pytest.MonkeyPatch,
    returns: tuple[str, ...],
    reason: str,
    cost: int,
) -> None:
    clock = MovableClock()
    async with stopped_after(30, dsn, clock, tmp_path, monkeypatch) as scene:
        clock.advance(10)
        scene.server = await start_server(clock=clock, dsn=dsn)
        for person in (scene.client, scene.reader):
            person.url = scene.server.url
        for side in returns:
            await scene.come_back(reader=side == "reader")
        if len(returns) == 2:
            assert (await scene.snapshot())["paid_seconds_left"] == 30
            await scene.pass_time(20)
            await scene.end()
        else:
            await scene.pass_time(60)
    row = await only_consultation(empty_database)
    assert (row.end_reason, row.total_cost_minor) == (reason, cost)
