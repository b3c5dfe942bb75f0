"""What the doors of notifications accept."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from pydantic import AfterValidator, Field

from config import limits
from config.fields import Flag, Id, Payload, PlainText
from realtime.notifications.kinds import KINDS, NotificationKind

_AUTH_BYTES = 16


def _decode(value: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("must be base64url") from None


def _check_public_key(value: str) -> str:
    try:
        raw = _decode(value)
        if len(raw) != 65:
            raise ValueError
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    except ValueError:
        raise ValueError("must be an uncompressed point of P-256 in base64url") from None
    return value


def _check_auth(value: str) -> str:
    if len(_decode(value)) != _AUTH_BYTES:
        raise ValueError(f"must be {_AUTH_BYTES} bytes in base64url")
    return value


def _check_kinds(values: list[PreferencePayload]) -> list[PreferencePayload]:
    if len({value.kind for value in values}) != len(values):
        raise ValueError("names a kind twice")
    return values


_Base64Url = Annotated[PlainText, Field(min_length=1, max_length=limits.PUSH_KEY_LENGTH, pattern=r"^[A-Za-z0-9_-]+=*$")]
Endpoint = Annotated[PlainText, Field(min_length=1, max_length=limits.PUSH_ENDPOINT_LENGTH)]


class ReadPayload(Payload):
    """Everything, or what is not newer than `up_to_id`."""

    up_to_id: Id | None = None


class PreferencePayload(Payload):
    kind: NotificationKind
    in_page: Flag
    by_push: Flag


class PreferencesPayload(Payload):
    """Kinds that are left out stay as they are."""

    items: Annotated[list[PreferencePayload], Field(max_length=len(KINDS)), AfterValidator(_check_kinds)]


class PushKeys(Payload):
    p256dh: Annotated[_Base64Url, AfterValidator(_check_public_key)]
    auth: Annotated[_Base64Url, AfterValidator(_check_auth)]


class PushSubscriptionPayload(Payload):
    """As PushSubscription.toJSON() of the browser gives it."""

    endpoint: Endpoint
    keys: PushKeys
    expirationTime: Annotated[Any, Field(description="Ignored")] = None  # noqa: N815  (the browser's own spelling)


class PushEndpointPayload(Payload):
    endpoint: Endpoint


class OffQuery(Payload):
    """What a signed address carries. `what` = reader: stop following the reader instead."""

    user: Id
    kind: NotificationKind
    reader: Id | None = None
    signature: Annotated[PlainText, Field(min_length=1, max_length=100)]
    what: Annotated[str, Field(pattern="^(kind|reader)$")] = "kind"
