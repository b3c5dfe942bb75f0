"""A push service and a browser that subscribed to it: takes messages as RFC 8030 says, and opens them as RFC 8291 says."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
import jwt
import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """One subscription: its keys never leave it."""

    endpoint: str
    private_key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def subscription(self) -> dict[str, Any]:
        public = self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "keys": {"p256dh": encode(public), "auth": encode(self.auth)}}

    def open(self, body: bytes) -> Any:
        """The message, decrypted."""
        plain = http_ece.decrypt(body, private_key=self.private_key, auth_secret=self.auth, version="aes128gcm")
        return orjson.loads(plain)


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    def proof(self, public_key: str, audience: str) -> dict[str, Any]:
        """The claims of its VAPID token, whose signature is checked against the key that browsers were given."""
        scheme, _, rest = self.headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid"
        assert parts["k"] == public_key
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decode(public_key))
        options: jwt.types.Options = {"verify_exp": False}
        return jwt.decode(parts["t"], key, algorithms=["ES256"], audience=audience, options=options)


class PushService:
    """`answers`: the statuses (with headers) of the next messages by path; otherwise 201."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[Received] = []
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self._changed = asyncio.Condition()
        self.held = asyncio.Event()
        self.held.set()

    def subscribe(self) -> Browser:
        return Browser(f"{self.url}/push/{secrets.token_hex(8)}")

    def of(self, browser: Browser) -> list[Received]:
        return [one for one in self.received if browser.endpoint.endswith(one.path)]

    def answer(self, browser: Browser, *statuses: int, headers: dict[str, str] | None = None) -> None:
        self.answers[browser.endpoint.removeprefix(self.url)] = [(status, headers or {}) for status in statuses]

    async def next_of(self, browser: Browser, count: int = 1) -> Received:
        """The last message, once there are that many."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.of(browser)) >= count)
        return self.of(browser)[count - 1]

    async def _take(self, request: web.Request) -> web.Response:
        received = Received(request.path, dict(request.headers), await request.read())
        async with self._changed:
            self.received.append(received)
            self._changed.notify_all()
        await self.held.wait()
        answers = self.answers.get(request.path, [])
        status, headers = answers.pop(0) if answers else (201, {})
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def run_push_service() -> AsyncIterator[PushService]:
    service = PushService()
    app = web.Application()
    app.router.add_post("/{path:.*}", service._take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    service.url = f"http://{host}:{port}"
    try:
        yield service
    finally:
        service.held.set()
        await runner.cleanup()
