"""The directory of readers: filtered, searched, sorted, by pages; and what there is to filter by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from config import limits
from storage.readers import COLUMNS, CONSULTATION_TYPES, Reader, is_followed, reader_of
from storage.readers_status import effective_status, waiting_count
from storage.transaction import Connection


@dataclass(frozen=True, slots=True)
class DirectoryFilters:
    """None = everything. `type`: readers who offer it; `max_rate_minor` is about that type, or the cheapest of all.

    `words` must each begin some word of the profile. `followed_by`: readers whom this person follows.
    """

    status: str | None = None
    specialty: str | None = None
    language: str | None = None
    type: str | None = None
    max_rate_minor: int | None = None
    words: Sequence[str] = ()
    followed_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    value: str
    count: int


class _Arguments:
    """Numbers the parameters of a statement that is put together from parts."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def place(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


_LISTED = "r.verification = 'verified' AND u.status = 'active'"


async def list_directory(
    db: Connection,
    filters: DirectoryFilters,
    *,
    sort: str,
    after: tuple[Any, ...] | None,
    limit: int,
    now: datetime,
    viewer_id: UUID | None = None,
) -> list[Reader]:
    """Listed readers in the order of `sort` (`recommended`, `rating`, `rate`, `newest`).

    `after` is the sort key (see `sort_key`) of the last reader of the page before.
    """
    arguments = _Arguments()
    status = effective_status(reader="r", now=arguments.place(now))
    rate = _rate_column(filters.type)
    conditions = [_LISTED, *_filter(filters, rate, arguments)]
    shown = (
        f"SELECT {COLUMNS}, {rate} AS sort_rate_minor, {status} AS status FROM readers AS r"
        f" JOIN users AS u ON u.id = r.user_id WHERE {' AND '.join(conditions)}"
    )
    outer = []
    if sort == "recommended" or filters.status is not None:
        # What the status is, is worked out once for each reader and not again for the order.
        shown += " OFFSET 0"
    if filters.status is not None:
        outer.append(f"status = {arguments.place(filters.status)}")
    if after is not None:
        outer.append(_after(sort, after, arguments))
    where = f" WHERE {' AND '.join(outer)}" if outer else ""
    followed = is_followed(viewer=arguments.place(viewer_id), reader="shown.id")
    rows = await db.fetch(
        f"SELECT *, {waiting_count(reader='shown', key='id')} AS waiting_count, {followed} AS is_followed"
        f" FROM ({shown}) AS shown{where}"
        f" ORDER BY {_ORDERS[sort]} LIMIT {arguments.place(limit)}",
        *arguments.values,
    )
    return [reader_of(row) for row in rows]


def sort_key(sort: str, *, type: str | None) -> Callable[[Reader], tuple[Any, ...]]:
    """What a page that ends with a reader goes on after."""
    if sort == "recommended":
        return lambda reader: (
            int(reader.status == "online"),
            reader.rating_score_milli,
            reader.experience_years,
            reader.id,
        )
    if sort == "rating":
        return lambda reader: (reader.rating_average_milli, reader.rating_count, reader.id)
    if sort == "rate":
        return lambda reader: (reader.lowest_rate_minor if type is None else reader.rates.get(type), reader.id)
    return lambda reader: (reader.verified_at, reader.id)


def key_kinds(sort: str) -> tuple[type, ...]:
    """The kinds of the parts of `sort_key`."""
    return {
        "recommended": (int, int, int, UUID),
        "rating": (int, int, UUID),
        "rate": (int, UUID),
        "newest": (datetime, UUID),
    }[sort]


# Online first, then the Bayesian rating, then experience; ties by id everywhere, so that no page repeats or skips one.
_ORDERS = {
    "recommended": "(status = 'online')::integer DESC, rating_score_milli DESC, experience_years DESC, id DESC",
    "rating": "rating_average_milli DESC, rating_count DESC, id DESC",
    "rate": "sort_rate_minor, id DESC",
    "newest": "verified_at DESC, id DESC",
}
_DESCENDING = {
    "recommended": "(status = 'online')::integer, rating_score_milli, experience_years, id",
    "rating": "rating_average_milli, rating_count, id",
    "newest": "verified_at, id",
}


def _rate_column(type: str | None) -> str:
    assert type is None or type in CONSULTATION_TYPES
    return "r.lowest_rate_minor" if type is None else f"r.{type}_rate_minor"


def _filter(filters: DirectoryFilters, rate: str, arguments: _Arguments) -> list[str]:
    conditions = []
    if filters.specialty is not None:
        conditions.append(f"r.specialties @> ARRAY[{arguments.place(filters.specialty)}::text]")
    if filters.language is not None:
        # Who speaks pt-BR speaks pt: basic filtering of RFC 4647, section 3.3.1.
        tag = f"{arguments.place(filters.language)}::text"
        variety = f"EXISTS (SELECT 1 FROM unnest(r.languages) AS spoken WHERE starts_with(spoken, {tag} || '-'))"
        conditions.append(f"(r.languages @> ARRAY[{tag}] OR {variety})")
    if filters.type is not None:
        conditions.append(f"{rate} IS NOT NULL")
    if filters.max_rate_minor is not None:
        conditions.append(f"{rate} <= {arguments.place(filters.max_rate_minor)}::bigint")
    if filters.followed_by is not None:
        follower = f"{arguments.place(filters.followed_by)}::uuid"
        conditions.append(f"EXISTS (SELECT 1 FROM follows AS f WHERE f.follower_id = {follower} AND f.reader_id = r.user_id)")
    if filters.words:
        conditions.append(f"r.search @@ prefix_query({arguments.place(list(filters.words))}::text[])")
    return conditions


def _after(sort: str, after: tuple[Any, ...], arguments: _Arguments) -> str:
    if sort != "rate":
        places = [arguments.place(part) + ("::bigint" if isinstance(part, int) else "") for part in after]
        return f"({_DESCENDING[sort]}) < ({', '.join(places)})"
    # Ascending, and readers who offer nothing come last.
    rate, reader_id = after
    below = f"id < {arguments.place(reader_id)}"
    if rate is None:
        return f"sort_rate_minor IS NULL AND {below}"
    place = arguments.place(rate) + "::bigint"
    return f"(sort_rate_minor > {place} OR (sort_rate_minor = {place} AND {below}) OR sort_rate_minor IS NULL)"


async def count_specialties(db: Connection) -> list[Facet]:
    """What listed readers are good at, the most common first."""
    return await _count_values(db, "specialties")


async def count_languages(db: Connection) -> list[Facet]:
    return await _count_values(db, "languages")


async def _count_values(db: Connection, column: str) -> list[Facet]:
    rows = await db.fetch(
        f"SELECT value, count(*) AS count FROM readers AS r JOIN users AS u ON u.id = r.user_id"
        f" CROSS JOIN unnest(r.{column}) AS value WHERE {_LISTED} GROUP BY value ORDER BY count DESC, value LIMIT $1",
        limits.FACET_VALUES,
    )
    return [Facet(**row) for row in rows]
