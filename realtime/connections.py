"""The connections of this node: what is kept of each in memory, and finding them by login and by user."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from realtime.commands import Caller
from realtime.flood import CommandGate


class Transport(Protocol):
    """The socket under a connection. Instants are seconds of `time.monotonic`."""

    last_frame_at: float
    was_closed: bool

    async def end(self) -> None:
        """Send what is waiting, then close; bounded in time."""


@dataclass(slots=True, eq=False)
class LiveConnection:
    """One client that was let in."""

    caller: Caller
    transport: Transport
    gate: CommandGate
    commands_in_flight: int = 0
    # The code of `connection.closing`, once it was sent.
    closing_code: str | None = None
    turns: asyncio.Lock | None = None
    became_idle: asyncio.Event | None = None

    @property
    def id(self) -> str:
        return self.caller.connection_id

    def finish_command(self) -> None:
        self.commands_in_flight -= 1
        if self.became_idle is not None and not self.commands_in_flight:
            self.became_idle.set()

    async def wait_until_idle(self, timeout_seconds: float) -> None:
        """Until the commands under way are answered, or for that long. A command may not wait for its own connection."""
        if self.commands_in_flight:
            self.became_idle = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.became_idle.wait(), timeout_seconds)
            # The answer is written by whoever was told just before this.
            await asyncio.sleep(0)

    def take_turn(self) -> asyncio.Lock:
        """What ordered commands of this connection hold while they are carried out; first come, first served."""
        if self.turns is None:
            self.turns = asyncio.Lock()
        return self.turns


class LocalConnections:
    """Every connection of this node."""

    def __init__(self) -> None:
        self._by_id: dict[str, LiveConnection] = {}
        self._by_login: dict[UUID, set[LiveConnection]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, connection: LiveConnection) -> None:
        self._by_id[connection.id] = connection
        self._by_login.setdefault(connection.caller.login_id, set()).add(connection)

    def remove(self, connection_id: str) -> LiveConnection | None:
        connection = self._by_id.pop(connection_id, None)
        if connection is not None:
            siblings = self._by_login[connection.caller.login_id]
            siblings.discard(connection)
            if not siblings:
                del self._by_login[connection.caller.login_id]
        return connection

    def find(self, connection_id: str) -> LiveConnection | None:
        return self._by_id.get(connection_id)

    def all(self) -> list[LiveConnection]:
        return list(self._by_id.values())

    def login_ids(self) -> list[UUID]:
        return list(self._by_login)

    def of_logins(self, login_ids: Iterable[UUID]) -> list[LiveConnection]:
        return [connection for login_id in login_ids for connection in self._by_login.get(login_id, ())]

    def of_user(self, user_id: UUID) -> list[LiveConnection]:
        return [connection for connection in self._by_id.values() if connection.caller.user_id == user_id]

    def of_ids(self, connection_ids: Collection[str]) -> list[LiveConnection]:
        return [self._by_id[connection_id] for connection_id in connection_ids if connection_id in self._by_id]
