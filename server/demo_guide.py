"""The demonstration's guide: a reader who answers by itself, so that one person alone can try a consultation.

It is an ordinary reader on an ordinary live connection: everything it does goes through the same doors as a person's.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

from config import limits
from config.ids import new_id
from config.logging import get_logger
from server.demo_calls import GuideCall

log = get_logger(__name__)

_RETRY_SECONDS = 2.0
_ANSWER_SECONDS = 1.5

GREETING = (
    "Hello! I am the demonstration: nobody is behind me, I answer by myself so that you can see how a consultation works. "
    "The clock above started when we both were here. Write me something."
)
CALL_GREETING = (
    "Hello! I am the demonstration: nobody is behind me, and nobody listens or watches. You hear me chime every few seconds. "
    "The clock runs while our media are connected. Try what you like: mute yourself, switch your camera off, share your screen, "
    "go on by chat, switch your network off for some seconds."
)
UNREACHABLE = (
    "Our sound and picture do not find each other, so nothing is charged. My program runs where the server does: it may have no "
    "network that your browser reaches, or a firewall keeps us apart. We can go on by chat."
)
NO_RECORDING = "I am never recorded: there is nobody here who could agree to it."
REPLIES = (
    "I have read that. A person would answer you now; I only show that your message arrived and was kept.",
    "Try switching off your network for a few seconds: the clock stops, and nothing you wrote is lost.",
    "Look at the clock: each increment is charged at its start, and what is shown as spent is all you owe.",
    "When the balance runs low you can top up right here, without losing me.",
    "You can end whenever you like. Afterwards the statement explains every cent, and you can write a review.",
    "I am still here. Time that I do not give you is never charged.",
)


class DemoGuide:
    """Runs until cancelled; reconnects by itself. `calls`: those that it is in, by consultation."""

    def __init__(self, url: str, *, email: str, password: str, log_level: str) -> None:
        self._url = url
        self._email = email
        self._password = password
        self._replies = itertools.cycle(REPLIES)
        self._log_level = log_level
        self._answering: set[asyncio.Task[None]] = set()
        self._calling: dict[str, asyncio.Task[None]] = {}
        self.calls: dict[str, GuideCall] = {}

    async def run(self) -> None:
        while True:
            try:
                await self._stay_connected()
            except (aiohttp.ClientError, SocketIOError, OSError, TimeoutError, KeyError) as error:
                log.info("demo_guide.reconnecting", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _stay_connected(self) -> None:
        async with aiohttp.ClientSession() as http:
            token, user_id = await self._log_in(http)
            live = socketio.AsyncClient(http_session=http, reconnection=False)
            live.on("*", lambda name, event: self._hear(live, name, event, user_id))
            try:
                await live.connect(self._url, auth={"token": token}, transports=["websocket"])
                await live.call("reader.set_status", {"status": "online"})
                await self._take_up(http, live, token)
                await live.wait()
            finally:
                tasks = [*self._answering, *self._calling.values()]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await live.disconnect()

    async def _log_in(self, http: aiohttp.ClientSession) -> tuple[str, str]:
        credentials = {"email": self._email, "password": self._password}
        async with http.post(f"{self._url}/api/v1/auth/login", json=credentials) as answer:
            answer.raise_for_status()
            body = await answer.json()
            return body["access_token"], body["user"]["id"]

    async def _take_up(self, http: aiohttp.ClientSession, live: socketio.AsyncClient, token: str) -> None:
        """Whatever went on when the connection was lost: answer the ringing one, return to the room of the other."""
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get(f"{self._url}/api/v1/me/live-consultation", headers=headers) as answer:
            consultation = (await answer.json()).get("consultation")
        if consultation is not None and consultation["status"] == "requested":
            await self._accept(live, consultation)
        elif consultation is not None:
            await self._join(live, consultation["id"], is_late=True)

    def _hear(self, live: socketio.AsyncClient, name: str, event: dict[str, Any], user_id: str) -> None:
        if name == "signal.received" and (call := self.calls.get(event["consultation_id"])) is not None:
            call.hear(event)
        elif name == "message.sent":
            self._later(self._reply(live, event["message"], user_id))
        elif (consultation := event.get("consultation")) is not None:
            self._follow(live, consultation, is_late=False)
            if name == "consultation.requested":
                self._later(self._accept(live, consultation))
            elif name == "consultation.accepted":
                self._later(self._come(live, consultation))
            recording = consultation["recording"]
            if recording is not None and recording["state"] == "asked" and recording["asked_by"] != user_id:
                self._later(self._refuse_recording(live, consultation["id"]))

    def _follow(self, live: socketio.AsyncClient, consultation: dict[str, Any], *, is_late: bool) -> None:
        """Have a call while we are in the room and talk by one."""
        room = consultation["id"]
        is_calling = consultation["status"] == "in_progress" and consultation["mode"] != "chat" and consultation["reader_present"]
        if (call := self.calls.get(room)) is not None:
            if is_calling:
                call.follow(consultation)
            elif consultation["status"] != "in_progress" or consultation["mode"] == "chat":
                self._calling[room].cancel()
        elif is_calling and room not in self._calling:
            self._calling[room] = asyncio.create_task(self._call(live, consultation, is_late=is_late))

    async def _call(self, live: socketio.AsyncClient, consultation: dict[str, Any], *, is_late: bool) -> None:
        room = consultation["id"]

        def tell_unreachable() -> None:
            self._later(self._say(live, room, UNREACHABLE))

        self.calls[room] = call = GuideCall(consultation, live.call, tell_unreachable, is_late=is_late, log_level=self._log_level)
        try:
            await self._quietly(call.run())
        finally:
            del self.calls[room], self._calling[room]

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(self._quietly(work))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _quietly(self, work: Any) -> None:
        try:
            await work
        except (SocketIOError, TimeoutError) as error:
            log.info("demo_guide.interrupted", error=type(error).__name__)

    async def _accept(self, live: socketio.AsyncClient, consultation: dict[str, Any]) -> None:
        await asyncio.sleep(_ANSWER_SECONDS)
        room = {"consultation_id": consultation["id"]}
        if consultation["type"] != "chat" and len(self.calls) >= limits.GUIDE_CALLS:
            await live.call("consultation.decline", room)
            return
        if (await live.call("consultation.accept", room))["ok"]:
            await self._join(live, consultation["id"])
            await self._greet(live, consultation)

    async def _come(self, live: socketio.AsyncClient, consultation: dict[str, Any]) -> None:
        """A booked consultation has begun."""
        if consultation["scheduled_at"] is not None:
            await self._join(live, consultation["id"])
            await self._greet(live, consultation)

    async def _join(self, live: socketio.AsyncClient, consultation_id: str, *, is_late: bool = False) -> None:
        joined = await live.call("consultation.join", {"consultation_id": consultation_id})
        if joined["ok"]:
            self._follow(live, joined["data"]["consultation"], is_late=is_late)

    async def _greet(self, live: socketio.AsyncClient, consultation: dict[str, Any]) -> None:
        await self._say(live, consultation["id"], GREETING if consultation["type"] == "chat" else CALL_GREETING)

    async def _refuse_recording(self, live: socketio.AsyncClient, consultation_id: str) -> None:
        if (await live.call("recording.decline", {"consultation_id": consultation_id}))["ok"]:
            await self._say(live, consultation_id, NO_RECORDING)

    async def _reply(self, live: socketio.AsyncClient, message: dict[str, Any], user_id: str) -> None:
        if message["sender_id"] == user_id:
            return
        room = message["consultation_id"]
        await live.call("message.read", {"consultation_id": room, "up_to_seq": message["seq"]})
        await live.call("typing.set", {"consultation_id": room, "is_typing": True})
        await asyncio.sleep(_ANSWER_SECONDS)
        await live.call("typing.set", {"consultation_id": room, "is_typing": False})
        await self._say(live, room, next(self._replies))

    async def _say(self, live: socketio.AsyncClient, consultation_id: str, content: str) -> None:
        payload = {"consultation_id": consultation_id, "content": content, "nonce": str(new_id())}
        await live.call("message.send", payload)
