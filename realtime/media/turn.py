"""Time-limited TURN credentials, by the REST convention that coturn implements (draft-uberti-behave-turn-rest)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from config.fields import View
from config.settings import TurnSettings


class IceServerView(View):
    urls: list[str]
    username: str
    credential: str


def mint_ice_servers(turn: TurnSettings, *, user_id: UUID, now: datetime) -> list[IceServerView]:
    """Credentials valid for `ttl_seconds` from now; empty when no relay is configured."""
    if not turn.urls or turn.secret is None:
        return []
    username = f"{int(now.timestamp()) + turn.ttl_seconds}:{user_id}"
    digest = hmac.new(turn.secret.get_secret_value().encode(), username.encode(), hashlib.sha1).digest()
    return [IceServerView(urls=list(turn.urls), username=username, credential=base64.b64encode(digest).decode())]
