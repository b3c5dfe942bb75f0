"""Addresses that a `<video>` element can play: it sends no Authorization header, so the address itself says who may.

The signature is of the file, the person, their login and the end of its validity. Whoever uses it must still be a participant
with that login, so that an address that got into the wrong hands ends with a logout. An image's unguessable address would not do:
it is valid for ever, and names nobody for the audit log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Pass:
    """Who may read one file, and until when (seconds since 1970)."""

    user_id: UUID
    login_id: UUID
    expires: int


def sign_url(secret: bytes, url: str, *, user_id: UUID, login_id: UUID, now: datetime, valid_for: timedelta) -> str:
    """`url` with the pass in its query."""
    granted = Pass(user_id, login_id, int((now + valid_for).timestamp()))
    query = {"user": user_id, "login": login_id, "expires": granted.expires, "signature": _sign(secret, url, granted)}
    return f"{url}?{urlencode(query)}"


def is_genuine(secret: bytes, url: str, granted: Pass, signature: str, *, now: datetime) -> bool:
    """Whether the pass was given out here for this address, and still holds."""
    expected = _sign(secret, url, granted)
    return hmac.compare_digest(expected.encode(), signature.encode()) and granted.expires > now.timestamp()


def _sign(secret: bytes, url: str, granted: Pass) -> str:
    key = hmac.new(secret, b"recording links", hashlib.sha256).digest()
    text = f"{url}\n{granted.user_id}\n{granted.login_id}\n{granted.expires}"
    return base64.urlsafe_b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode().rstrip("=")
