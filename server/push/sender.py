"""Sealing a message for one browser (RFC 8291) and handing it to that browser's push service (RFC 8030)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import aiohttp
from pywebpush import WebPusher

from config import limits
from realtime.notifications.kinds import PushRules
from server.push.addresses import PublicResolver, check_endpoint
from server.push.keys import VapidKeys
from storage.push_subscriptions import PushSubscription

_DELIVERED = frozenset({200, 201, 202, 204})
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`gone`: the browser's subscription is no more. `failed`: sending it again may help, where `is_retryable`; not before
    `retry_after_seconds`, where the service says so."""

    state: Literal["delivered", "gone", "failed"]
    is_retryable: bool = False
    retry_after_seconds: float | None = None


class PushSender:
    """One per process; `open` makes it with a session of its own."""

    def __init__(self, keys: VapidKeys, session: aiohttp.ClientSession, *, allow_private: bool) -> None:
        self._keys = keys
        self._session = session
        self._allow_private = allow_private

    @classmethod
    @asynccontextmanager
    async def open(cls, keys: VapidKeys, *, allow_private: bool) -> AsyncIterator[PushSender]:
        resolver = None if allow_private else PublicResolver()
        connector = aiohttp.TCPConnector(resolver=resolver, limit=limits.PUSHES_AT_ONCE * limits.PUSH_JOBS_AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=limits.PUSH_TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        ) as session:
            yield cls(keys, session, allow_private=allow_private)

    async def send(self, subscription: PushSubscription, content: bytes, rules: PushRules) -> Outcome:
        """Never raises for what the other side does. What it answers beyond its status is not read."""
        try:
            check_endpoint(subscription.endpoint, allow_private=self._allow_private)
            headers, body = await asyncio.to_thread(self._seal, subscription, content, rules)
            async with self._session.post(subscription.endpoint, data=body, headers=headers, allow_redirects=False) as answer:
                return _judge(answer.status, answer.headers.get("Retry-After"))
        except (aiohttp.InvalidURL, ValueError):
            return Outcome("gone")
        except (aiohttp.ClientError, OSError, TimeoutError):
            return Outcome("failed", is_retryable=True)

    def _seal(self, subscription: PushSubscription, content: bytes, rules: PushRules) -> tuple[dict[str, str], bytes]:
        keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
        sealed = WebPusher({"endpoint": subscription.endpoint, "keys": keys}).encode(content)
        headers = {
            "Authorization": self._keys.prove_to(subscription.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(rules.ttl_seconds),
            "Urgency": "high" if rules.is_urgent else "normal",
        }
        return headers, bytes(sealed["body"])


def _judge(status: int, retry_after: str | None) -> Outcome:
    if status in _DELIVERED:
        return Outcome("delivered")
    if status in _GONE:
        return Outcome("gone")
    if status == 429 or status >= 500:
        seconds = float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
        return Outcome("failed", is_retryable=True, retry_after_seconds=seconds)
    return Outcome("failed")
