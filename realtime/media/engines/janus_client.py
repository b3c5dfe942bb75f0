"""A connection to one Janus: its WebSocket, one session that outlives it for a while, and the handles in that session.

Source: Janus documentation, "The Janus API" and "WebSockets interface". What is sent is never logged: it holds a secret.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import orjson

from config import limits
from config.logging import get_logger

log = get_logger(__name__)
VIDEO_ROOM = "janus.plugin.videoroom"
_UNAUTHORIZED = 403
_NO_SUCH_SESSION = 458
_PROTOCOL = "janus-protocol"


class JanusUnreachable(Exception):
    """It does not answer: not there, the connection broke, or it refuses our secret. The text is for the operator."""


class JanusRefused(Exception):
    """It answered no."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What the plugin said, and the session description that came with it."""

    data: dict[str, Any]
    sdp: str | None = None


class Handle:
    """One attachment to the VideoRoom. `on_event` gets every message about it that answers no request, in order."""

    def __init__(self, client: JanusClient, number: int, on_event: Callable[[dict[str, Any]], None]) -> None:
        self._client = client
        self.number = number
        self.on_event = on_event

    async def ask(self, request: str, **body: Any) -> Answer:
        """Raises JanusUnreachable or JanusRefused."""
        return await self._ask({"body": {"request": request, **body}})

    async def negotiate(self, request: str, sdp: str, *, kind: Literal["offer", "answer"]) -> Answer:
        """Raises JanusUnreachable or JanusRefused."""
        return await self._ask({"body": {"request": request}, "jsep": {"type": kind, "sdp": sdp}})

    async def detach(self) -> None:
        """Its peer connection ends with it. Raises nothing: what is gone is detached."""
        self._client.forget(self)
        with suppress(JanusUnreachable, JanusRefused):
            await self._client.ask("detach", handle_id=self.number)

    async def _ask(self, fields: dict[str, Any]) -> Answer:
        message = await self._client.ask("message", handle_id=self.number, **fields)
        data = message.get("plugindata", {}).get("data", {})
        if "error_code" in data:
            raise JanusRefused(data["error_code"], str(data.get("error")))
        return Answer(data, message.get("jsep", {}).get("sdp"))


class JanusClient:
    """Connects when it is started, and again whenever the connection breaks, until it is closed.

    `on_session` is told after each connection whether the session (and with it every handle) is the one from before.
    """

    def __init__(self, url: str, *, api_secret: str, on_session: Callable[[bool], None]) -> None:
        self.url = url
        self._secret = {"apisecret": api_secret}
        self._on_session = on_session
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._handles: dict[int, Handle] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session: int | None = None
        self._connected = asyncio.Event()
        self._in_flight = asyncio.Semaphore(limits.JANUS_REQUESTS)
        self._running: asyncio.Task[None] | None = None
        # The loop's time; None while it is connected.
        self.unreachable_since: float | None = None
        self.problem = explain(TimeoutError())

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    def start(self) -> None:
        if self._running is None:
            self.unreachable_since = asyncio.get_running_loop().time()
            self._running = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Ends the session, and with it all that this process has at this Janus."""
        if self._running is None:
            return
        if self.is_connected:
            with suppress(JanusUnreachable, JanusRefused, TimeoutError):
                async with asyncio.timeout(limits.JANUS_WAIT_SECONDS):
                    await self._ask_at_once("destroy")
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def attach(self, on_event: Callable[[dict[str, Any]], None]) -> Handle:
        message = await self.ask("attach", plugin=VIDEO_ROOM)
        handle = Handle(self, message["data"]["id"], on_event)
        self._handles[handle.number] = handle
        return handle

    async def ask_info(self) -> dict[str, Any]:
        """Its version, plugins and some of its settings."""
        return await self.ask("info", session_id=None)

    def abandon(self) -> None:
        """Give the session up, where it could only be claimed again; Janus ends it by itself."""
        if not self.is_connected:
            self._session = None
            self._handles.clear()

    def forget(self, handle: Handle) -> None:
        """Nothing more is heard of it."""
        self._handles.pop(handle.number, None)

    async def ask(self, janus: str, **fields: Any) -> dict[str, Any]:
        """Waits a moment for a connection that broke. Raises JanusUnreachable or JanusRefused."""
        try:
            async with asyncio.timeout(limits.JANUS_WAIT_SECONDS):
                await self._connected.wait()
        except TimeoutError:
            raise JanusUnreachable(self.problem) from None
        async with self._in_flight:
            return await self._ask_at_once(janus, **fields)

    async def _ask_at_once(self, janus: str, **fields: Any) -> dict[str, Any]:
        transaction = str(next(self._numbers))
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = future
        try:
            async with asyncio.timeout(limits.JANUS_ANSWER_SECONDS):
                await self._send(janus, transaction, fields)
                message = await future
        except (TimeoutError, ConnectionError, aiohttp.ClientError) as error:
            raise JanusUnreachable("no answer") from error
        finally:
            self._waiting.pop(transaction, None)
        if message["janus"] == "error":
            raise JanusRefused(message["error"]["code"], message["error"]["reason"])
        return message

    async def _send(self, janus: str, transaction: str, fields: dict[str, Any]) -> None:
        if self._socket is None:
            raise ConnectionResetError
        request = {"janus": janus, "transaction": transaction, **self._secret, "session_id": self._session, **fields}
        # Some requests belong to no session.
        kept = {name: value for name, value in request.items() if value is not None}
        await self._socket.send_str(orjson.dumps(kept).decode())

    async def _run(self) -> None:
        delay = limits.JANUS_RETRY_SECONDS
        async with aiohttp.ClientSession() as http:
            while True:
                was_connected = await self._connect_once(http)
                delay = limits.JANUS_RETRY_SECONDS if was_connected else min(2 * delay, limits.JANUS_RETRY_MAXIMUM_SECONDS)
                await asyncio.sleep(delay)

    async def _connect_once(self, http: aiohttp.ClientSession) -> bool:
        """For as long as the connection holds; whether there was one."""
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(limits.JANUS_CONNECT_SECONDS):
                self._socket = await http.ws_connect(
                    self.url, protocols=(_PROTOCOL,), max_msg_size=limits.JANUS_MESSAGE_BYTES, heartbeat=limits.JANUS_PING_SECONDS
                )
                tasks.append(reading := asyncio.ensure_future(self._read(self._socket)))
                is_same = await self._take_up_session()
            self._begin(is_same)
            tasks.append(asyncio.ensure_future(self._keep_session()))
            await asyncio.wait({reading})
        except (TimeoutError, OSError, aiohttp.ClientError, JanusUnreachable, JanusRefused, KeyError, ValueError) as error:
            self.problem = explain(error)
        finally:
            was_connected = self.is_connected
            self._end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            socket, self._socket = self._socket, None
            if socket is not None:
                await socket.close()
        log.warning("janus.not_connected", url=self.url, problem=self.problem)
        return was_connected

    def _begin(self, is_same: bool) -> None:
        self.unreachable_since = None
        self._connected.set()
        log.info("janus.connected", url=self.url, is_same_session=is_same)
        self._on_session(is_same)

    def _end(self) -> None:
        if self.is_connected:
            self.problem = "the connection broke"
            self._connected.clear()
        if self.unreachable_since is None:
            self.unreachable_since = asyncio.get_running_loop().time()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError())

    async def _take_up_session(self) -> bool:
        if self._session is not None:
            try:
                await self._ask_at_once("claim")
                return True
            except JanusRefused as refused:
                if refused.code != _NO_SUCH_SESSION:
                    raise
        self._session = None
        self._handles.clear()
        self._session = (await self._ask_at_once("create"))["data"]["id"]
        return False

    async def _keep_session(self) -> None:
        while True:
            await asyncio.sleep(limits.JANUS_KEEPALIVE_SECONDS)
            await self._send("keepalive", str(next(self._numbers)), {})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT and not self._take(orjson.loads(message.data)):
                return

    def _take(self, message: dict[str, Any]) -> bool:
        """False when the session is over, and with it the use of this connection."""
        kind, future = message.get("janus"), self._waiting.get(message.get("transaction", ""))
        if kind == "timeout":
            return False
        # What takes time is acknowledged first; the answer is an event with the same transaction.
        if kind == "ack":
            return True
        if future is not None and not future.done():
            future.set_result(message)
        elif (handle := self._handles.get(message.get("sender", 0))) is not None:
            try:
                handle.on_event(message)
            except Exception:
                log.exception("janus.event_failed", kind=kind)
        return True


def explain(error: Exception) -> str:
    """Why a Janus cannot be used, as its operator reads it; without secrets."""
    if isinstance(error, JanusRefused):
        if error.code == _UNAUTHORIZED:
            return "refuses our secret; its api_secret must be SOULSEER_LIVESTREAMS__JANUS_API_SECRET"
        return f"refuses: {error.reason}"
    if isinstance(error, JanusUnreachable):
        return str(error)
    if isinstance(error, TimeoutError):
        return "no answer; is it running, and do firewalls let its port through?"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name of its host is not known"
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionRefusedError):
        return "not reachable: nothing listens there"
    return "no answer that we understand; is it a Janus, with WebSockets?"
