"""Credentials as the server would hand them out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from config.ids import new_id
from realtime.media.turn import mint_ice
from tests.support.coturn import Coturn


def mint(coturn: Coturn, *transports: str, age_seconds: float = 0) -> list[dict[str, Any]]:
    """For somebody new; `age_seconds` ago."""
    now = datetime.now(UTC) - timedelta(seconds=age_seconds)
    servers = mint_ice(coturn.settings(*transports), user_id=new_id(), now=now).servers
    return [server.model_dump(mode="json") for server in servers]
