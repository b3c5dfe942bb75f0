"""What opens a room at a Janus. Nothing of it is stored: whoever has the api_secret can act on every room, on any node."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

DESCRIPTION = "SoulSeer livestream"


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """`secret` changes and ends the room, `pin` and `token` let into it: the token those who publish, the pin everybody."""

    room: int
    secret: str
    pin: str
    token: str


def derive_keys(api_secret: str, room: int) -> RoomKeys:
    def derive(purpose: str) -> str:
        return hmac.new(api_secret.encode(), f"soulseer/{purpose}/{room}".encode(), hashlib.sha256).hexdigest()

    return RoomKeys(room, derive("secret"), derive("pin"), derive("token"))


def derive_load_room(api_secret: str) -> int:
    """The number of the room in which nodes tell each other how many viewers they have at this Janus."""
    digest = hmac.new(api_secret.encode(), b"soulseer/load", hashlib.sha256).digest()
    return (int.from_bytes(digest[:6], "big") | 1 << 48) + (1 << 49)
