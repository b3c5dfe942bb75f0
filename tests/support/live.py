"""People over live connections: python-socketio's own client, with every event kept so that none is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import socketio

from config.ids import new_id

PATIENCE_SECONDS = 10.0


class LiveClient:
    """One connection. `events` holds everything that came, in order, as (name, payload)."""

    def __init__(self) -> None:
        self._socket = socketio.AsyncClient(reconnection=False)
        self._socket.on("*", self._keep)
        self._socket.on("disconnect", self._on_disconnect)
        self._changed = asyncio.Condition()
        self._taken: set[int] = set()
        self.events: list[tuple[str, Any]] = []
        self.is_connected = False

    async def connect(self, url: str, token: str | None) -> None:
        """Raises socketio.exceptions.ConnectionError when the server refuses."""
        await self._socket.connect(url, auth={"token": token}, transports=["websocket"], wait_timeout=10)
        self.is_connected = True

    async def close(self) -> None:
        await self._socket.disconnect()

    async def send(self, command: str, payload: Any = None, *, timeout: float = PATIENCE_SECONDS) -> Any:
        """The acknowledgement as it came: `{ok, data}` or `{ok, error}`."""
        return await self._socket.call(command, payload, timeout=timeout)

    async def fire(self, command: str, payload: Any) -> None:
        """Send without waiting for the acknowledgement."""
        await self._socket.emit(command, payload)

    async def command(self, command: str, **payload: Any) -> Any:
        """The `data` of a command that must succeed."""
        answer = await self.send(command, payload)
        assert answer["ok"], answer
        return answer["data"]

    async def refused(self, command: str, **payload: Any) -> Any:
        """The `error` of a command that must be refused."""
        answer = await self.send(command, payload)
        assert not answer["ok"], answer
        return answer["error"]

    def nonce(self) -> str:
        """New, also to whoever connects a second time as the same person."""
        return f"nonce-{new_id()}"

    async def next_event(
        self, name: str, where: Callable[[Any], bool] = lambda _payload: True, *, timeout: float = PATIENCE_SECONDS
    ) -> Any:
        """The payload of the first event of that name that no one has taken yet; waits for it."""
        async with asyncio.timeout(timeout), self._changed:
            while True:
                for number, (found, payload) in enumerate(self.events):
                    if found == name and number not in self._taken and where(payload):
                        self._taken.add(number)
                        return payload
                await self._changed.wait()

    async def closed(self, *, timeout: float = PATIENCE_SECONDS) -> None:
        """Waits until the server has ended the connection."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: not self.is_connected)

    async def _keep(self, name: str, payload: Any = None) -> None:
        async with self._changed:
            self.events.append((name, payload))
            self._changed.notify_all()

    async def _on_disconnect(self, *_reason: object) -> None:
        async with self._changed:
            self.is_connected = False
            self._changed.notify_all()
