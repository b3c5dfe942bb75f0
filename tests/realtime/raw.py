"""A peer that speaks the Socket.IO protocol by hand, so that it can also speak it wrongly."""

from __future__ import annotations

import asyncio
import itertools
import json
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

PATIENCE_SECONDS = 10.0


class Refused(Exception):
    """The server answered the connect packet with CONNECT_ERROR; `content` is its data."""

    def __init__(self, content: Any) -> None:
        super().__init__(str(content))
        self.content = content


class RawPeer:
    """One WebSocket. `events` holds everything that came as (name, payload); acknowledgements are kept by id."""

    def __init__(self, url: str, *, answers_pings: bool = True, answers_closes: bool = True) -> None:
        self._url = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._answers_pings = answers_pings
        self._answers_closes = answers_closes
        self._is_deaf = False
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self.events: list[tuple[str, Any]] = []
        self.answers: dict[int, Any] = {}
        self.pings = 0
        self.connected: Any = None
        self.refused: Any = None
        self.closed = False
        self.close_code: int | None = None
        self.opened: Any = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.leave()

    async def open(self) -> None:
        self._http = aiohttp.ClientSession()
        self.socket = await self._http.ws_connect(self._url, compress=15, autoclose=self._answers_closes, max_msg_size=0)
        self._reader = asyncio.create_task(self._read())

    async def leave(self) -> None:
        """Close as a peer that goes does: close frame, then FIN. One that does not read is cut off."""
        if self._is_deaf and self.socket._response.connection is not None:
            self._transport.abort()
        await self.socket.close()
        if self._reader is not None:
            await self._reader
        await self._http.close()

    def vanish(self) -> None:
        """Stop answering anything, without closing."""
        self._answers_pings = False

    def stop_reading(self) -> None:
        """Leave everything that comes in the kernel's buffers."""
        self._is_deaf = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._is_deaf = False
        self._transport.resume_reading()

    def reset(self) -> None:
        """Cut the TCP connection off."""
        self._transport.abort()

    @property
    def _transport(self) -> Any:
        connection = self.socket._response.connection
        assert connection is not None
        return connection.transport

    async def send_text(self, text: str) -> None:
        await self.socket.send_str(text)

    async def send_bytes(self, content: bytes) -> None:
        await self.socket.send_bytes(content)

    async def connect(self, token: Any) -> Self:
        """Raises Refused."""
        self.refused = None
        await self.send_text("40" + orjson.dumps({"token": token}).decode())
        await self.until(lambda: self.connected is not None or self.refused is not None or self.closed)
        if self.connected is None:
            raise Refused(self.refused)
        return self

    async def ask(self, name: str, *arguments: Any) -> Any:
        """Send a command and wait for its acknowledgement."""
        return await self.ask_text(json.dumps([name, *arguments], ensure_ascii=False))

    async def ask_text(self, content: str, *, kind: str = "42") -> Any:
        """The same with the packet's content as it is given."""
        number = next(self._ids)
        await self.send_text(f"{kind}{number}{content}")
        return await self.answer(number)

    async def answer(self, number: int) -> Any:
        await self.until(lambda: number in self.answers or self.closed)
        assert number in self.answers, "the connection was closed instead of an answer"
        return self.answers.pop(number)

    async def next_event(self, name: str) -> Any:
        """The first event of that name, which is taken out; waits for it."""
        await self.until(lambda: any(found == name for found, _ in self.events))
        index = next(index for index, (found, _) in enumerate(self.events) if found == name)
        return self.events.pop(index)[1]

    async def until_closed(self, timeout: float = PATIENCE_SECONDS) -> None:
        await self.until(lambda: self.closed, timeout)

    async def until(self, condition: Any, timeout: float = PATIENCE_SECONDS) -> None:
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(condition)

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                await self._take(message.data)
        async with self._changed:
            self.closed, self.close_code = True, self.socket.close_code
            self._changed.notify_all()

    async def _take(self, text: str) -> None:
        if text == "2":
            async with self._changed:
                self.pings += 1
                self._changed.notify_all()
            if self._answers_pings and not self.socket.closed:
                await self.send_text("3")
            return
        async with self._changed:
            if text[0] == "0":
                self.opened = orjson.loads(text[1:])
            elif text.startswith("40"):
                self.connected = orjson.loads(text[2:])
            elif text.startswith("44"):
                self.refused = orjson.loads(text[2:].lstrip("/abcdefghijklmnopqrstuvwxyz,"))
            elif text.startswith("42"):
                name, *payload = orjson.loads(text[2:])
                self.events.append((name, payload[0] if payload else None))
            elif text.startswith("43"):
                number, _, content = text[2:].partition("[")
                self.answers[int(number)] = orjson.loads("[" + content)[0]
            self._changed.notify_all()
