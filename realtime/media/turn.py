"""Time-limited TURN credentials, by the REST convention that coturn implements (draft-uberti-behave-turn-rest)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from config.fields import View
from config.media_settings import TurnSettings
from config.relay_urls import parse_relay_url


def _is_none(value: object) -> bool:
    return value is None


def _drop_default(schema: dict[str, Any]) -> None:
    schema.pop("default")


# Left out instead of null, as in the browsers' own dictionary.
LeftOut: TypeAlias = Annotated[
    str | SkipJsonSchema[None], Field(default=None, exclude_if=_is_none, json_schema_extra=_drop_default)
]


class IceServerView(View):
    """A browser's `RTCIceServer`; STUN servers carry no credentials."""

    urls: list[str]
    username: LeftOut = None
    credential: LeftOut = None


@dataclass(frozen=True, slots=True)
class IceServers:
    """What a participant connects through, and when its credentials end; None where nothing in it ends."""

    servers: list[IceServerView]
    expire_at: datetime | None


IceTransportPolicy = Literal["all", "relay"]


def ice_transport_policy(turn: TurnSettings) -> IceTransportPolicy:
    """A browser's `RTCConfiguration.iceTransportPolicy`: whether it may use, and so show, addresses of its own."""
    return "relay" if turn.relay_only else "all"


def mint_ice(turn: TurnSettings, *, user_id: UUID, now: datetime) -> IceServers:
    """Credentials valid for `ttl_seconds` from now, to the whole second as coturn counts; empty when nothing is configured.

    They are needed to open a relay, not to keep one open: what is open at `expire_at` goes on.
    """
    relays = [url for url in turn.urls if parse_relay_url(url).is_relay]
    others = [url for url in turn.urls if url not in relays]
    servers = [IceServerView(urls=others)] if others else []
    if not relays or turn.secret is None:
        return IceServers(servers, None)
    expiry = int(now.timestamp()) + turn.ttl_seconds
    username = f"{expiry}:{user_id}"
    digest = hmac.new(turn.secret.get_secret_value().encode(), username.encode(), hashlib.sha1).digest()
    servers.append(IceServerView(urls=relays, username=username, credential=base64.b64encode(digest).decode()))
    return IceServers(servers, datetime.fromtimestamp(expiry, UTC))


NO_ICE_SERVERS = IceServers([], None)
