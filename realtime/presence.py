"""This process as a node: a lease that is renewed, and clearing away the nodes whose lease ran out.

Presence hangs on the lease: who was connected through a node that died was last proven to be there at its last renewal.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from config import limits
from config.clock import Clock, SystemClock
from config.errors import AppError
from config.ids import new_id
from config.logging import get_logger
from config.settings import NodesSettings
from realtime.reader_status import announce_reader_statuses
from storage.connections import list_users_of_node
from storage.database import Database
from storage.nodes import DeadNode, delete_node, insert_node, lock_dead_node, lock_node, read_database_clock, renew_node
from storage.transaction import Transaction

log = get_logger(__name__)

# Pauses whatever the node's people took part in, dated at the instant given; its rows are deleted afterwards.
OnNodeLost = Callable[[Transaction, UUID, datetime], Awaitable[None]]


class Node:
    """One server process. A lost lease is never taken up again: the process goes on under a new id."""

    def __init__(self, *, database: Database, clock: Clock, settings: NodesSettings) -> None:
        self._database = database
        self._clock = clock
        self._lease = timedelta(seconds=settings.lease_seconds)
        self.id = new_id()
        self.renewed_at = self.lease_expires_at = clock.now()

    def holds_lease(self, now: datetime) -> bool:
        """Whether this node may serve and charge at that instant."""
        return now < self.lease_expires_at

    async def register(self) -> None:
        """Begin a lease under a new id. Raises Overloaded or DependencyUnavailable."""
        self.id = new_id()
        await self._follow_database_clock()
        now = self._clock.now()
        async with self._database.connection() as connection:
            await insert_node(connection, node_id=self.id, now=now, lease_expires_at=now + self._lease)
        self._renewed(now)

    async def renew(self) -> bool:
        """Prolong the lease; False when it was lost, and with it everybody connected here. Raises as `register` does."""
        now = self._clock.now()
        if not self.holds_lease(now):
            return False
        async with self._database.connection() as connection:
            held = await renew_node(connection, node_id=self.id, now=now, lease_expires_at=now + self._lease)
        if not held:
            self.lease_expires_at = min(self.lease_expires_at, now)
            return False
        self._renewed(now)
        await self._follow_database_clock()
        return True

    async def release(self, on_node_lost: OnNodeLost, *, closed_at: datetime | None = None) -> None:
        """Give the lease back: whoever is still counted as connected here is gone since `closed_at`, or as of now."""
        now = self._clock.now()
        until = min(now, closed_at or now) if self.holds_lease(now) else self.renewed_at
        await self._database.transact(lambda tx: _bury_own(tx, self.id, until, now=now, on_node_lost=on_node_lost))
        self.lease_expires_at = min(self.lease_expires_at, now)

    def _renewed(self, now: datetime) -> None:
        self.renewed_at, self.lease_expires_at = now, now + self._lease

    async def _follow_database_clock(self) -> None:
        if not isinstance(self._clock, SystemClock):
            return
        asked_at = time.monotonic()
        async with self._database.connection() as connection:
            reference = await read_database_clock(connection)
        # The answer was true about half the round trip ago; a slow one says too little to act upon.
        waited = time.monotonic() - asked_at
        if waited < limits.CLOCK_ANSWER_SECONDS:
            self._clock.follow(reference=reference + timedelta(seconds=waited / 2))


async def sweep_dead_nodes(database: Database, *, now: datetime, on_node_lost: OnNodeLost) -> list[UUID]:
    """Clear away every node whose lease has run out, each in a transaction of its own; the ids of those.

    Any node may do it at any time: of several at once exactly one clears a dead node away.
    """
    buried: list[UUID] = []

    async def bury_one(tx: Transaction) -> UUID | None:
        dead = await lock_dead_node(tx, now=now)
        if dead is not None:
            await _bury(tx, dead, dead.renewed_at, now=now, on_node_lost=on_node_lost)
        return None if dead is None else dead.id

    while len(buried) < limits.NODES_SWEPT_AT_ONCE:
        node_id = await database.transact(bury_one)
        if node_id is None:
            break
        log.warning("node.dead", node_id=str(node_id))
        buried.append(node_id)
    return buried


async def _bury_own(tx: Transaction, node_id: UUID, until: datetime, *, now: datetime, on_node_lost: OnNodeLost) -> None:
    node = await lock_node(tx, node_id)
    if node is not None:
        await _bury(tx, node, until, now=now, on_node_lost=on_node_lost)


async def _bury(tx: Transaction, node: DeadNode, until: datetime, *, now: datetime, on_node_lost: OnNodeLost) -> None:
    people = await list_users_of_node(tx, node.id)
    await on_node_lost(tx, node.id, until)
    await delete_node(tx, node.id)
    await announce_reader_statuses(tx, people, now=now)


class LeaseKeeper:
    """Renews the node's lease and sweeps for dead nodes, for as long as the process runs."""

    def __init__(
        self,
        *,
        node: Node,
        database: Database,
        clock: Clock,
        renew_seconds: float,
        on_node_lost: OnNodeLost,
        on_lease_lost: Callable[[], Awaitable[None]],
    ) -> None:
        """`on_lease_lost` closes every connection of this node: their people must connect again, to a node that lives."""
        self._node = node
        self._database = database
        self._clock = clock
        self._renew_seconds = renew_seconds
        self._on_node_lost = on_node_lost
        self._on_lease_lost = on_lease_lost

    async def run(self) -> None:
        """Until cancelled; a failed round is logged, and the next one tries again."""
        while True:
            await asyncio.sleep(self._renew_seconds)
            try:
                await self.keep()
            except AppError as error:
                log.warning("node.renewal_failed", code=error.code)
            except Exception:
                log.exception("node.renewal_failed")

    async def keep(self) -> None:
        """One round: renew, or live on under a new id when the lease was lost; then clear away the dead."""
        try:
            held = await self._node.renew()
        except AppError:
            if not self._node.holds_lease(self._clock.now()):
                await self._on_lease_lost()
            raise
        if not held:
            log.warning("node.lease_lost", node_id=str(self._node.id))
            await self._on_lease_lost()
        await sweep_dead_nodes(self._database, now=self._clock.now(), on_node_lost=self._on_node_lost)
        if not held:
            await self._node.register()
