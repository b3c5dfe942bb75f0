"""Nodes and their leases, step by step with a clock of our own."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from config.clock import MovableClock, SystemClock
from config.ids import new_id
from config.settings import NodesSettings
from realtime.presence import LeaseKeeper, Node, sweep_dead_nodes
from storage.database import Database
from storage.transaction import Transaction

SETTINGS = NodesSettings(lease_seconds=10, renew_seconds=2)


class Books:
    """What was told of lost nodes."""

    def __init__(self) -> None:
        self.lost: list[tuple[UUID, datetime]] = []
        self.fails = False

    async def node_lost(self, tx: Transaction, node_id: UUID, renewed_at: datetime) -> None:
        if self.fails:
            raise RuntimeError
        self.lost.append((node_id, renewed_at))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def registered(empty_database: Database, clock: MovableClock) -> Node:
    node = Node(database=empty_database, clock=clock, settings=SETTINGS)
    await node.register()
    return node


async def nodes(database: Database) -> set[UUID]:
    async with database.connection() as connection:
        return {row["id"] for row in await connection.fetch("SELECT id FROM nodes")}


async def test_a_node_holds_its_lease_until_it_runs_out(registered: Node, clock: MovableClock) -> None:
    assert registered.holds_lease(clock.now())
    clock.advance(9.9)
    assert registered.holds_lease(clock.now())
    clock.advance(0.1)
    assert not registered.holds_lease(clock.now())


async def test_renewing_prolongs_the_lease(registered: Node, clock: MovableClock) -> None:
    for _ in range(5):
        clock.advance(8)
        assert await registered.renew()
    assert registered.renewed_at == clock.now()
    assert registered.holds_lease(clock.now() + timedelta(seconds=9))


async def test_a_lease_that_ran_out_is_not_taken_up_again(registered: Node, clock: MovableClock) -> None:
    clock.advance(10)
    assert not await registered.renew()
    assert not registered.holds_lease(clock.now())


async def test_a_node_that_was_swept_by_another_knows_it_at_the_renewal(
    empty_database: Database, registered: Node, clock: MovableClock
) -> None:
    async with empty_database.transaction() as tx:
        await tx.execute("DELETE FROM nodes")
    clock.advance(1)
    assert not await registered.renew()
    assert not registered.holds_lease(clock.now())


async def test_a_dead_node_is_swept_dated_at_its_last_renewal(
    empty_database: Database, registered: Node, clock: MovableClock
) -> None:
    books = Books()
    clock.advance(4)
    await registered.renew()
    renewed_at = clock.now()
    clock.advance(9)
    assert await sweep_dead_nodes(empty_database, now=clock.now(), on_node_lost=books.node_lost) == []
    clock.advance(1)
    assert await sweep_dead_nodes(empty_database, now=clock.now(), on_node_lost=books.node_lost) == [registered.id]
    assert books.lost == [(registered.id, renewed_at)]
    assert await nodes(empty_database) == set()


async def test_of_many_sweeps_at_once_one_buries_each_node(empty_database: Database, clock: MovableClock) -> None:
    books = Books()
    dead = [Node(database=empty_database, clock=clock, settings=SETTINGS) for _ in range(5)]
    for node in dead:
        await node.register()
    clock.advance(11)
    swept = await asyncio.gather(
        *(sweep_dead_nodes(empty_database, now=clock.now(), on_node_lost=books.node_lost) for _ in range(4))
    )
    assert sorted(node_id for part in swept for node_id in part) == sorted(node.id for node in dead)
    assert len(books.lost) == 5


async def test_a_sweep_that_fails_is_made_good_by_the_next(
    empty_database: Database, registered: Node, clock: MovableClock
) -> None:
    books = Books()
    books.fails = True
    clock.advance(11)
    with pytest.raises(RuntimeError):
        await sweep_dead_nodes(empty_database, now=clock.now(), on_node_lost=books.node_lost)
    assert await nodes(empty_database) == {registered.id}
    books.fails = False
    assert await sweep_dead_nodes(empty_database, now=clock.now(), on_node_lost=books.node_lost) == [registered.id]


async def test_a_release_is_dated_now_and_takes_everything_along(
    empty_database: Database, registered: Node, clock: MovableClock
) -> None:
    books = Books()
    await add_connection(empty_database, registered, clock)
    clock.advance(3)
    await registered.release(books.node_lost)
    assert books.lost == [(registered.id, clock.now())]
    assert await nodes(empty_database) == set()
    async with empty_database.connection() as connection:
        assert await connection.fetch_value("SELECT count(*) FROM connections") == 0
    await registered.release(books.node_lost)
    assert len(books.lost) == 1


async def test_a_release_after_the_lease_ran_out_is_dated_at_the_last_renewal(registered: Node, clock: MovableClock) -> None:
    books = Books()
    renewed_at = registered.renewed_at
    clock.advance(30)
    await registered.release(books.node_lost)
    assert books.lost == [(registered.id, renewed_at)]


async def test_a_keeper_whose_node_froze_goes_on_under_a_new_id(
    empty_database: Database, registered: Node, clock: MovableClock
) -> None:
    books, closed = Books(), []

    async def on_lease_lost() -> None:
        closed.append(clock.now())

    keeper = LeaseKeeper(
        node=registered,
        database=empty_database,
        clock=clock,
        renew_seconds=2,
        on_node_lost=books.node_lost,
        on_lease_lost=on_lease_lost,
    )
    first, renewed_at = registered.id, registered.renewed_at
    await keeper.keep()
    assert not closed
    clock.advance(60)
    await keeper.keep()
    assert closed == [clock.now()]
    assert books.lost == [(first, renewed_at + timedelta(seconds=0))]
    assert registered.id != first
    assert registered.holds_lease(clock.now())
    assert await nodes(empty_database) == {registered.id}


async def test_the_clock_follows_the_database(empty_database: Database) -> None:
    clock = SystemClock()
    async with empty_database.connection() as connection:
        true = await connection.fetch_value("SELECT clock_timestamp()")
    clock.follow(reference=true + timedelta(hours=1))
    node = Node(database=empty_database, clock=clock, settings=SETTINGS)
    await node.register()
    async with empty_database.connection() as connection:
        true = await connection.fetch_value("SELECT clock_timestamp()")
    assert abs(clock.now() - true) < timedelta(seconds=0.5)


async def add_connection(database: Database, node: Node, clock: MovableClock) -> None:
    user_id = new_id()
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO users (id, email, display_name, password_hash, role, created_at, updated_at)"
            " VALUES ($1, $2, 'Somebody', '-', 'client', now(), now())",
            user_id,
            f"{user_id}@example.com",
        )
        await tx.execute(
            "INSERT INTO logins (id, user_id, created_at, last_used_at, expires_at) VALUES ($1, $1, now(), now(), now())", user_id
        )
        await tx.execute(
            "INSERT INTO connections (id, node_id, user_id, login_id, connected_at) VALUES ('c', $1, $2, $2, $3)",
            node.id,
            user_id,
            clock.now(),
        )
