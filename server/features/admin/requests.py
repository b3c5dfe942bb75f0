"""What the back office's doors accept."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AfterValidator, BeforeValidator, Field

from config import limits
from config.errors import invalid
from config.fields import AmountMinor, Id, Payload, PlainText, Reason, check_plain_text
from realtime.consultations.snapshots import ConsultationStatus
from server.http.pagination import PageQuery

_SETTING_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")
_NESTING_MAXIMUM = 20

UserStatus = Literal["active", "suspended", "pending", "banned"]


class UsersQuery(PageQuery):
    """`q`: beginnings of names or of parts of the address, or an id. `verified` is about readers."""

    q: Annotated[PlainText, Field(max_length=limits.SEARCH_LENGTH)] = ""
    role: Literal["client", "reader", "admin"] | None = None
    status: UserStatus | None = None
    verified: bool | None = None


class UserPatch(Payload):
    status: Literal["active", "suspended", "banned"]
    reason: Reason


class ReasonPayload(Payload):
    reason: Reason


class RefundPayload(Payload):
    amount_minor: AmountMinor
    reason: Reason


class ConsultationsOfAllQuery(PageQuery):
    """`status` may be given several times."""

    status: list[ConsultationStatus] = Field(default=[], max_length=7)
    user_id: Id | None = None


class ReviewsQuery(PageQuery):
    status: Literal["published", "hidden"] | None = None


class ReviewModeration(Payload):
    status: Literal["published", "hidden"]
    reason: Reason | None = None


_Name = Annotated[PlainText, Field(min_length=1, max_length=100)]


class AuditQuery(PageQuery):
    actor_id: Id | None = None
    action: _Name | None = None
    entity_type: _Name | None = None
    entity_id: _Name | None = None


class SecurityEventsQuery(PageQuery):
    user_id: Id | None = None
    type: _Name | None = None


class TransfersQuery(PageQuery):
    type: (
        Literal[
            "add_funds",
            "session_charge",
            "gift_purchase",
            "refund",
            "payout",
            "purchase",
            "chargeback",
            "promotion",
            "adjustment",
        ]
        | None
    ) = None
    state: Literal["pending", "posted", "voided"] | None = None
    reference_id: Id | None = None
    user_id: Id | None = None


def _check_value(value: Any) -> Any:
    """Refuse what jsonb cannot hold: NUL, infinity, numbers past 64 bits; and what is nested or long beyond reason."""
    _check_part(value, depth=0)
    try:
        encoded = orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        raise ValueError("holds a number that is too large") from None
    if len(encoded) > limits.SETTING_BYTES:
        raise ValueError(f"must be at most {limits.SETTING_BYTES} bytes of JSON")
    return value


def _check_part(value: Any, *, depth: int) -> None:
    if depth > _NESTING_MAXIMUM:
        raise ValueError(f"must not be nested more than {_NESTING_MAXIMUM} times")
    if isinstance(value, str):
        check_plain_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("holds a number that is too large")
    elif isinstance(value, dict):
        for key, part in value.items():
            check_plain_text(key)
            _check_part(part, depth=depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check_part(part, depth=depth + 1)


class SettingPayload(Payload):
    """`value` is any JSON; a description that is left out stays as it was."""

    value: Annotated[Any, BeforeValidator(_check_value)]
    description: Annotated[PlainText, Field(max_length=limits.REASON_LENGTH), AfterValidator(str.strip)] | None = None


def check_setting_key(key: str) -> str:
    """Raises Unprocessable."""
    if len(key) > limits.SETTING_KEY_LENGTH or not _SETTING_KEY.match(key):
        raise invalid([("key", "must be lower-case letters, digits, dots, dashes and underscores")])
    return key


def id_in(text: str) -> UUID | None:
    """The id that a search asks for, if it asks for one."""
    try:
        return UUID(text.strip()) if len(text.strip()) == 36 else None
    except ValueError:
        return None
