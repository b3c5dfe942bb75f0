"""A line under seeded chaos: whoever joins, leaves, dies or falls silent, nobody is ever stuck on busy."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from config.clock import MovableClock
from config.errors import AppError
from config.ids import new_id
from config.settings import load_settings
from realtime.queue.commands import JoinQueue, join_line, leave_line
from realtime.queue.lines import advance_line, load_lines
from realtime.queue.sweeps import QueueSweeper
from realtime.queue.turns import Line
from realtime.reader_status import announce_reader_status
from storage.consultations import find_live_parts
from storage.database import Database
from storage.readers_status import find_effective_status, update_chosen_status
from storage.transaction import Transaction
from tests.simulation.test_ledger_and_meter import FIRST_SEED, SEEDS
from tests.simulation.world import SimulatedNode, World

ROUNDS = 40
NOBODY = UUID(int=0)
EXPECTED = {
    "connections_node_id_fkey", "resource.not_found", "reader.busy", "reader.offline", "client.busy", "queue.reader_free",
    "consultation.not_in_progress", "consultation.not_requested", "wallet.balance_too_low",
}  # fmt: skip


@dataclass
class Crowd:
    """One reader, some clients, two nodes; each action is one that somebody could take at any moment."""

    world: World
    rng: random.Random
    reader_id: UUID = NOBODY
    clients: list[UUID] = field(default_factory=list)
    # Who is connected, through which connection of which node.
    connections: dict[UUID, dict[str, SimulatedNode]] = field(default_factory=dict)

    async def open(self) -> None:
        await self.world.open()
        self.reader_id = await self.world.add_reader(399)
        for _ in range(self.rng.randint(3, 6)):
            client_id = await self.world.add_user("client")
            await self.world.top_up(client_id, 100_000)
            self.clients.append(client_id)
        for user_id in [self.reader_id, *self.clients]:
            await self.connect(user_id)

    async def connect(self, user_id: UUID) -> None:
        node = self.rng.choice([node for node in self.world.nodes if node.is_alive] or [await self.world.start_node()])
        self.connections.setdefault(user_id, {})[await self.world.connect(user_id, node)] = node

    async def vanish(self, user_id: UUID) -> None:
        """All connections end; nobody announces anything, as when the event of it is missed."""
        self.connections[user_id] = {}
        await self.world.database.transact(lambda tx: tx.execute("DELETE FROM connections WHERE user_id = $1", user_id))

    async def join(self, client_id: UUID) -> None:
        payload = JoinQueue(reader_id=self.reader_id, type="chat", nonce=str(new_id()))
        await self.world.database.transact(lambda tx: join_line(tx, client_id, payload, self.world.moment()))

    async def leave(self, client_id: UUID) -> None:
        await self.world.database.transact(lambda tx: leave_line(tx, client_id, self.reader_id, self.world.moment()))

    async def request(self, client_id: UUID) -> None:
        await self.world.request(client_id, self.reader_id)

    async def answer(self) -> None:
        """Whatever can be done with the reader's live consultation."""
        parts = await self.live()
        if parts is None:
            return
        c = parts.consultation
        if c.status == "in_progress":
            await self.world.end(c.id, self.rng.choice([c.client_id, c.reader_id, None]))
        elif self.rng.random() < 0.5:
            await self.world.accept(c.id, c.reader_id)
        else:
            by_client = self.rng.random() < 0.5
            await self.world.answer(c.id, c.client_id if by_client else c.reader_id, by_client=by_client)

    async def choose_status(self) -> None:
        status, now = self.rng.choice(["online", "online", "online", "away", "offline"]), self.world.clock.now()
        is_announced = self.rng.random() < 0.5

        async def change(tx: Transaction) -> None:
            await update_chosen_status(tx, self.reader_id, status=status, now=now)
            if is_announced:
                await advance_line(tx, self.reader_id, self.world.moment())
                await announce_reader_status(tx, self.reader_id, now=now)

        await self.world.database.transact(change)

    async def kill_node(self) -> None:
        """It stops renewing: its people are gone once the lease has run out and somebody notices."""
        self.rng.choice(self.world.nodes).is_alive = False

    async def sweep(self) -> None:
        await self.sweeper(self.rng.choice(self.world.nodes)).sweep()

    def sweeper(self, node: SimulatedNode) -> QueueSweeper:
        return QueueSweeper(database=self.world.database, settings=self.world.settings, clock=self.world.clock, node=node)

    async def tick(self) -> None:
        """What every living node does each second, one after the other or at once."""
        for node in await self.world.sweep_dead():
            for held in self.connections.values():
                for connection_id in [name for name, through in held.items() if through is node]:
                    del held[connection_id]
        while sum(node.is_alive for node in self.world.nodes) < 2:
            await self.world.start_node()
        for node in self.world.nodes:
            await self.world.meter(node).tick()
        await asyncio.gather(*(self.sweeper(node).sweep() for node in self.world.nodes))

    async def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        await self.world.renew()

    async def act(self, action: Callable[[], Awaitable[Any]]) -> None:
        for _ in range(self.rng.randrange(3)):
            await asyncio.sleep(0)
        code = ""
        try:
            await action()
        except AppError as error:
            code = error.code
        except asyncpg.ForeignKeyViolationError as error:
            code = error.constraint_name
        assert not code or code in EXPECTED, code

    def actions(self) -> list[Callable[[], Awaitable[Any]]]:
        client_id = self.rng.choice(self.clients)
        return [
            lambda: self.join(client_id),
            lambda: self.join(self.rng.choice(self.clients)),
            lambda: self.leave(client_id),
            lambda: self.request(self.rng.choice(self.clients)),
            lambda: self.request(self.rng.choice(self.clients)),
            self.answer,
            self.answer,
            self.choose_status,
            self.sweep,
            lambda: self.vanish(client_id),
            lambda: self.connect(self.rng.choice(self.clients)),
            lambda: self.connect(self.reader_id),
            lambda: self.vanish(self.reader_id),
            self.kill_node,
        ]

    async def live(self) -> Any:
        async with self.world.database.connection() as db:
            return await find_live_parts(db, self.reader_id)

    async def line(self) -> Line:
        async with self.world.database.connection() as db:
            (line,) = await load_lines(db, [self.reader_id], self.world.moment())
        return line

    async def status(self) -> str:
        async with self.world.database.connection() as db:
            return str(await find_effective_status(db, self.reader_id, now=self.world.clock.now()))

    async def check_after_tick(self) -> None:
        """A free reader is kept for somebody exactly when somebody who could take the turn waits."""
        line, now = await self.line(), self.world.clock.now()
        ready = [p for p in line.places if p.is_connected and not p.is_in_consultation and p.can_pay]
        reserved = line.reserved
        if not line.reader.is_free:
            assert reserved is None or reserved.entry.consultation_id is not None
            return
        assert (reserved is not None) or not ready
        if reserved is not None:
            assert reserved.entry.reserved_until_at is not None
            assert reserved.entry.reserved_until_at > now
        assert await self.status() == ("online" if reserved is None else "busy")

    async def come_to_rest(self) -> None:
        """Everybody who waits is there, the reader is online, nothing goes on."""
        parts = await self.live()
        if parts is not None:
            await self.world.end(parts.consultation.id, None)
        await self.world.database.transact(
            lambda tx: update_chosen_status(tx, self.reader_id, status="online", now=self.world.clock.now())
        )
        # Long enough for the last dead node to be noticed.
        await self.pass_time(11)
        await self.tick()
        for user_id in [self.reader_id, *self.clients]:
            await self.connect(user_id)
        await self.tick()

    async def check_everybody_gets_a_turn(self) -> None:
        """Left alone, the line passes on every two minutes, in order, until the reader is free for anybody."""
        expected = [place.entry.client_id for place in (await self.line()).places]
        served = []
        for _ in expected:
            reserved = (await self.line()).reserved
            assert reserved is not None
            served.append(reserved.entry.client_id)
            for _second in range(round(self.world.settings.queue.reserved_seconds / 5)):
                await self.pass_time(5)
            await self.tick()
        assert served == expected
        assert (await self.line()).places == ()
        assert await self.status() == "online"
        await self.world.request(self.rng.choice(self.clients), self.reader_id)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + max(1, SEEDS // 2)))
async def test_nobody_is_ever_stuck_on_busy(seed: int, empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # `make simulate` does without the retries that production has, so that a deadlock shows itself.
    if "SIMULATION_SEEDS" in os.environ:
        monkeypatch.setattr("storage.database._RETRYABLE", ())
    rng = random.Random(seed)
    crowd = Crowd(World(empty_database, load_settings(environment={}, env_file=None), MovableClock()), rng)
    await crowd.open()
    await crowd.request(crowd.clients[0])
    for client_id in crowd.clients[1:]:
        await crowd.join(client_id)
    for _ in range(ROUNDS):
        await crowd.pass_time(rng.choice([0.5, 1, 1, 3, 9]))
        chosen = rng.sample(crowd.actions(), rng.randint(1, 5))
        if rng.random() < 0.5:
            await asyncio.gather(*(crowd.act(action) for action in chosen))
        else:
            for action in chosen:
                await crowd.act(action)
        if rng.random() < 0.7:
            await crowd.tick()
            await crowd.check_after_tick()
    await crowd.come_to_rest()
    await crowd.check_everybody_gets_a_turn()
