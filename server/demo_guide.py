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

from config.ids import new_id
from config.logging import get_logger

log = get_logger(__name__)

_RETRY_SECONDS = 2.0
_ANSWER_SECONDS = 1.5

GREETING = (
    "Hello! I am the demonstration: nobody is behind me, I answer by myself so that you can see how a consultation works. "
    "The clock above started when we both were here. Write me something."
)
REPLIES = (
    "I have read that. A person would answer you now; I only show that your message arrived and was kept.",
    "Try switching off your network for a few seconds: the clock stops, and nothing you wrote is lost.",
    "Look at the clock: each increment is charged at its start, and what is shown as spent is all you owe.",
    "When the balance runs low you can top up right here, without losing me.",
    "You can end whenever you like. Afterwards the statement explains every cent, and you can write a review.",
    "I am still here. Time that I do not give you is never charged.",
)


class DemoGuide:
    """Runs until cancelled; reconnects by itself."""

    def __init__(self, url: str, *, email: str, password: str) -> None:
        self._url = url
        self._email = email
        self._password = password
        self._replies = itertools.cycle(REPLIES)
        self._answering: set[asyncio.Task[None]] = set()

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
            live.on("consultation.requested", lambda event: self._later(self._accept(live, event["consultation_id"])))
            live.on("consultation.accepted", lambda event: self._later(self._come(live, event["consultation"])))
            live.on("message.sent", lambda event: self._later(self._reply(live, event["message"], user_id)))
            try:
                await live.connect(self._url, auth={"token": token}, transports=["websocket"])
                await live.call("reader.set_status", {"status": "online"})
                await self._take_up(http, live, token)
                await live.wait()
            finally:
                for task in self._answering:
                    task.cancel()
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
            await self._accept(live, consultation["id"])
        elif consultation is not None:
            await live.call("consultation.join", {"consultation_id": consultation["id"]})

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(self._quietly(work))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _quietly(self, work: Any) -> None:
        try:
            await work
        except (SocketIOError, TimeoutError) as error:
            log.info("demo_guide.interrupted", error=type(error).__name__)

    async def _accept(self, live: socketio.AsyncClient, consultation_id: str) -> None:
        await asyncio.sleep(_ANSWER_SECONDS)
        accepted = await live.call("consultation.accept", {"consultation_id": consultation_id})
        if not accepted["ok"]:
            return
        await live.call("consultation.join", {"consultation_id": consultation_id})
        await self._say(live, consultation_id, GREETING)

    async def _come(self, live: socketio.AsyncClient, consultation: dict[str, Any]) -> None:
        """A booked consultation has begun."""
        if consultation["scheduled_at"] is not None:
            await live.call("consultation.join", {"consultation_id": consultation["id"]})
            await self._say(live, consultation["id"], GREETING)

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
