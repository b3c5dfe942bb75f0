"""Field types of every payload: strict, bounded, and free of what the database cannot store."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, Strict

from config import limits

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII)


class Payload(BaseModel):
    """What comes in through a door: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """What goes out through a door."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_plain_text(value: str) -> str:
    """Refuse what Postgres cannot store as text: NUL and lone surrogates."""
    if "\x00" in value:
        raise ValueError("must not contain the null character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("must be valid Unicode") from None
    return value


def _check_not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _parse_id(value: object) -> object:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or len(value) != 36:
        raise ValueError("must be a UUID")
    return value


def _to_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must carry a time zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond the calendar") from None


def _check_is_instant(value: object) -> object:
    # A number, also one in a string, would be read as seconds since 1970.
    if not isinstance(value, datetime) and not (isinstance(value, str) and _RFC_3339.match(value)):
        raise ValueError("must be a time such as 2026-03-29T15:00:00Z")
    return value


def render_instant(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-01-05T12:00:00.000Z`."""
    in_utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return in_utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


PlainText = Annotated[str, Strict(), AfterValidator(check_plain_text)]
NonBlank = AfterValidator(_check_not_blank)
Id = Annotated[UUID, BeforeValidator(_parse_id)]
Nonce = Annotated[PlainText, Field(min_length=1, max_length=limits.NONCE_LENGTH)]
Reason = Annotated[PlainText, Field(min_length=1, max_length=limits.REASON_LENGTH), NonBlank]
AmountMinor = Annotated[int, Strict(), Field(ge=1, le=limits.AMOUNT_MAXIMUM_MINOR)]
Flag = Annotated[bool, Strict()]
WholeNumber = Annotated[int, Strict()]
Instant = Annotated[
    datetime,
    BeforeValidator(_check_is_instant),
    AfterValidator(_to_utc),
    PlainSerializer(render_instant, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time"}),
]
# Left out of what is sent when it is not for the one who gets it.
Withheld: Any = Field(default=None, exclude_if=lambda value: value is None)
JsonObject = dict[str, Any]
