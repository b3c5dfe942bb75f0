"""The address in every notification that turns its kind off, or stops following its reader, without a login.

It is signed for one person, one kind and one reader. It never expires: all that it can do is make us quieter.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode
from uuid import UUID

OFF_PATH = "/api/v1/notifications/off"


def sign_off_url(secret: bytes, *, user_id: UUID, kind: str, reader_id: UUID | None) -> str:
    query = {"user": str(user_id), "kind": kind} | ({} if reader_id is None else {"reader": str(reader_id)})
    return f"{OFF_PATH}?{urlencode(query | {'signature': _sign(secret, user_id, kind, reader_id)})}"


def is_genuine_off(secret: bytes, signature: str, *, user_id: UUID, kind: str, reader_id: UUID | None) -> bool:
    return hmac.compare_digest(_sign(secret, user_id, kind, reader_id).encode(), signature.encode())


def _sign(secret: bytes, user_id: UUID, kind: str, reader_id: UUID | None) -> str:
    key = hmac.new(secret, b"notification links", hashlib.sha256).digest()
    text = f"{user_id}\n{kind}\n{reader_id or ''}"
    return base64.urlsafe_b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode().rstrip("=")
