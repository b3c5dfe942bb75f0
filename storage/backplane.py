"""What nodes tell each other through Redis: at most once, in order, never in anybody's way.

Messages wait in a bounded queue; while Redis is away the oldest are dropped. State is in the database, so what is missed is
fetched by whoever notices the gap.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from config import limits
from config.ids import new_id
from config.logging import get_logger

log = get_logger(__name__)

CHANNEL = "soulseer:live"
_FAILURES = (RedisError, OSError, TimeoutError)
Receive = Callable[[dict[str, object]], Awaitable[None]]


class Backplane:
    """`start` before use, `close` at the end. `receive` gets every message that another node published."""

    def __init__(self, url: str, receive: Receive) -> None:
        self._url = url
        self._receive = receive
        # Messages of our own come back from Redis and are known by this.
        self._sender: UUID = new_id()
        self._waiting: deque[bytes] = deque(maxlen=limits.BACKPLANE_WAITING)
        self._arrived = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_subscribed = asyncio.Event()

    def start(self) -> None:
        for work in (self._publish_forever, self._listen_forever):
            self._tasks.append(asyncio.create_task(work(), name=f"backplane{work.__name__}"))

    async def close(self) -> None:
        """Publish what waits, within bounds, and let go of Redis."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._emptied.wait(), limits.SOCKET_CLOSE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def publish(self, message: dict[str, object]) -> None:
        """Returns at once; the message goes out behind those that wait already."""
        self._waiting.append(orjson.dumps({"sender": self._sender, **message}))
        self._emptied.clear()
        self._arrived.set()

    async def _publish_forever(self) -> None:
        redis = Redis.from_url(self._url, socket_connect_timeout=limits.BACKPLANE_TIMEOUT_SECONDS)
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    await self._publish_batch(redis)
                self._emptied.set()
        finally:
            await redis.aclose()

    async def _publish_batch(self, redis: Redis) -> None:
        batch = [self._waiting[index] for index in range(min(len(self._waiting), limits.BACKPLANE_BATCH))]
        try:
            async with asyncio.timeout(limits.BACKPLANE_TIMEOUT_SECONDS):
                async with redis.pipeline(transaction=False) as pipeline:
                    for message in batch:
                        pipeline.publish(CHANNEL, message)
                    await pipeline.execute()
        except _FAILURES as error:
            log.warning("backplane.publish_failed", waiting=len(self._waiting), error=type(error).__name__)
            await asyncio.sleep(limits.BACKPLANE_RETRY_SECONDS)
            return
        # What was dropped while this was under way was dropped from the same end.
        for message in batch:
            if self._waiting and self._waiting[0] is message:
                self._waiting.popleft()

    async def _listen_forever(self) -> None:
        redis = Redis.from_url(
            self._url, socket_connect_timeout=limits.BACKPLANE_TIMEOUT_SECONDS, socket_keepalive=True, health_check_interval=10
        )
        try:
            while True:
                try:
                    await self._listen(redis)
                except _FAILURES as error:
                    log.warning("backplane.listen_failed", error=type(error).__name__)
                self.is_subscribed.clear()
                await asyncio.sleep(limits.BACKPLANE_RETRY_SECONDS)
        finally:
            await redis.aclose()

    async def _listen(self, redis: Redis) -> None:
        async with redis.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            async for message in subscription.listen():
                if message["type"] == "subscribe":
                    self.is_subscribed.set()
                elif message["type"] == "message":
                    await self._take(message["data"])

    async def _take(self, data: bytes) -> None:
        try:
            message = orjson.loads(data)
            if isinstance(message, dict) and message.pop("sender", None) != str(self._sender):
                await self._receive(message)
        except Exception:
            log.exception("backplane.message_refused")
