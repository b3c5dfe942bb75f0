"""Pages of lists by keyset: a cursor says where the last page ended, so that pages stay right while rows come and go."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import Field

from config import limits
from config.errors import invalid
from config.fields import Payload, PlainText, View

ItemT = TypeVar("ItemT")
RowT = TypeVar("RowT")
_CHECK_BYTES = 6


class Page(View, Generic[ItemT]):
    """One page; `next_cursor` is null on the last one."""

    items: list[ItemT]
    next_cursor: str | None


class PageQuery(Payload):
    """The query parameters of every list."""

    limit: Annotated[int, Field(ge=1, le=limits.PAGE_SIZE_MAXIMUM)] = limits.PAGE_SIZE
    cursor: Annotated[PlainText, Field(min_length=1, max_length=limits.CURSOR_LENGTH)] | None = None

    def after(self, *kinds: type) -> tuple[Any, ...] | None:
        """The sort key that the last page ended with, each part of the given kind; None for the first page.

        Raises Unprocessable for a cursor that this list did not hand out.
        """
        return None if self.cursor is None else decode_cursor(self.cursor, kinds)


def encode_cursor(*key: UUID | datetime | int | str | None) -> str:
    # The database driver's ids are a class of their own, which orjson does not know.
    body = orjson.dumps([_encode_part(part) for part in key])
    return base64.urlsafe_b64encode(_check(body) + body).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: Sequence[type]) -> tuple[Any, ...]:
    """Raises Unprocessable."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        parts = orjson.loads(body)
        if check != _check(body) or len(parts) != len(kinds):
            raise ValueError
        return tuple(_restore(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, AttributeError):
        raise invalid([("cursor", "is not a cursor of this list")]) from None


def make_page(
    rows: Sequence[RowT],
    *,
    limit: int,
    render: Callable[[RowT], ItemT],
    key: Callable[[RowT], tuple[UUID | datetime | int | str | None, ...]],
) -> Page[ItemT]:
    """A page of at most `limit` from up to `limit + 1` rows: the one too many says that there is a next page."""
    shown = rows[:limit]
    next_cursor = encode_cursor(*key(shown[-1])) if len(rows) > limit else None
    return Page(items=[render(row) for row in shown], next_cursor=next_cursor)


def _encode_part(part: UUID | datetime | int | str | None) -> int | str | None:
    if isinstance(part, datetime):
        return part.isoformat()
    return str(part) if isinstance(part, UUID) else part


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK_BYTES]


def _restore(part: Any, kind: type) -> Any:
    if part is None:
        return None
    if kind is UUID:
        return UUID(part)
    if kind is datetime:
        instant = datetime.fromisoformat(part)
        if instant.tzinfo is None:
            raise ValueError
        return instant
    is_storable = abs(part) < 2**63 if isinstance(part, int) else "\x00" not in part
    if type(part) is not kind or not is_storable:
        raise ValueError
    return part
