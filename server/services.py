"""Everything the doors work with, gathered by the composition root in one frozen record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from aiohttp import web

from billing.gateways.providers import PaymentProvider
from config.clock import Clock
from config.settings import Settings
from realtime.commands import Live
from storage.database import Database
from storage.files import FileStore

if TYPE_CHECKING:
    from server.features.accounts.passwords import Passwords
    from server.http.authentication import Authenticator
    from server.http.idempotency import Answering
    from server.http.metrics import Metrics
    from server.http.rate_limits import RateLimiter
    from server.mail.outbox import Outbox
    from server.push.keys import VapidKeys


# Whether a part that we depend on answers.
ReadyCheck = Callable[[], Awaitable[bool]]


class LiveConnections(Protocol):
    """Closes live connections when what they were opened with no longer holds; the live gateway does it on every node."""

    async def close_logins(self, login_ids: Sequence[UUID]) -> None: ...

    async def close_user(self, user_id: UUID) -> None: ...


class NoLiveConnections:
    """For processes that serve no live traffic, such as the command line."""

    async def close_logins(self, login_ids: Sequence[UUID]) -> None:
        return None

    async def close_user(self, user_id: UUID) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Services:
    """One per process. `payments`, `live` and `files` are None only in processes that serve none of them."""

    settings: Settings
    clock: Clock
    database: Database
    authenticator: Authenticator
    passwords: Passwords
    connections: LiveConnections
    rate_limiter: RateLimiter
    answering: Answering
    metrics: Metrics
    outbox: Outbox | None = None
    payments: PaymentProvider | None = None
    live: Live | None = None
    files: FileStore | None = None
    # Signs addresses that work without a token for a while.
    link_secret: bytes = field(default=b"", repr=False)
    push_keys: VapidKeys | None = None
    ready_checks: Mapping[str, ReadyCheck] = field(default_factory=dict)


SERVICES = web.AppKey("services", Services)
PAYMENTS = web.AppKey("payments", PaymentProvider)
