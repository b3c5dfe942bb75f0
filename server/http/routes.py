"""How a route is declared: once, with everything that dispatching it and documenting it need.

`dispatch.py` serves the declarations, `openapi.py` describes them. A handler authenticates and parses nothing itself: it is
given a `Call`, runs one action and returns what is to be rendered.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from config import limits
from config.clock import Clock
from config.errors import AppError, Unauthenticated
from config.settings import Settings
from realtime.commands import Caller
from server.services import Services
from storage.database import Database

BASE = "/api/v1"
PayloadT = TypeVar("PayloadT")
QueryT = TypeVar("QueryT")


class Access(Enum):
    """Who may call: anybody, anybody who is told more when logged in, or only who is logged in."""

    PUBLIC = "public"
    OPTIONAL = "optional"
    LOGGED_IN = "logged_in"


class Idempotency(Enum):
    """Whether an Idempotency-Key does nothing, may be sent, or must be sent (where money moves by the call itself)."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Body(Enum):
    """How the request's body is read: as the JSON of `payload`, or by the handler itself."""

    JSON = "application/json"
    MULTIPART = "multipart/form-data"
    RAW = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`count` calls per `seconds` for each IP address; routes with the same name share one allowance."""

    name: str
    count: Callable[[Settings], int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What to render when the body alone does not say it: another status, or headers."""

    body: BaseModel | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call(Generic[PayloadT, QueryT]):
    """One request, authenticated and parsed. `resource_id` is the id for what the call creates: the same on every retry
    with the same Idempotency-Key.
    """

    services: Services
    request: web.Request
    payload: PayloadT
    query: QueryT
    ids: dict[str, UUID]
    resource_id: UUID
    ip_address: str | None
    user_agent: str | None
    optional_caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who calls. Raises Unauthenticated where a route lets strangers in and one came."""
        if self.optional_caller is None:
            raise Unauthenticated
        return self.optional_caller

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def clock(self) -> Clock:
        return self.services.clock

    @property
    def settings(self) -> Settings:
        return self.services.settings

    def path_text(self, name: str) -> str:
        """A path parameter that is not an id."""
        return self.request.match_info[name]


Handled: TypeAlias = BaseModel | Answer | web.StreamResponse | None
Handler: TypeAlias = Callable[[Call[Any, Any]], Awaitable[Handled]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`path` lies below /api/v1; its parameters that end in `_id` are UUIDs. `errors` names what the handler may raise beyond
    what every route may. `answer` None means an empty body; `media_types` lists what a handler that writes its own answer sends.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    payload: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    access: Access = Access.LOGGED_IN
    roles: frozenset[str] = frozenset()
    permission: str | None = None
    errors: tuple[type[AppError], ...] = ()
    rate_limit: RateLimit | None = None
    idempotency: Idempotency = Idempotency.NONE
    body: Body = Body.JSON
    body_limit: int = limits.HTTP_BODY_BYTES
    media_types: tuple[str, ...] = ()
    description: str = ""
    base: str = BASE
    parameters: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(re.findall(r"\{(\w+)\}", self.path)))

    @property
    def full_path(self) -> str:
        return self.base + self.path

    @property
    def operation_id(self) -> str:
        return self.handler.__name__
