"""The readers' doors."""

from __future__ import annotations

from typing import Any

from config.errors import Forbidden, NotFound, Unauthenticated, Unprocessable, invalid
from realtime.calendars import find_zone, start_of_day
from realtime.consultations.snapshots import ConsultationView, render_consultation, viewer_of
from server.features.readers.profiles import (
    access_reader,
    change_own_reader,
    find_calendar,
    get_own_reader,
    list_next_availabilities,
    replace_availability,
)
from server.features.readers.requests import AvailabilityPayload, DirectoryQuery, ReaderPatch, words_of
from server.features.readers.views import (
    Availability,
    Desk,
    Facets,
    LiveConsultation,
    OwnReader,
    ReaderPage,
    ReaderProfile,
    render_availability,
    render_card,
    render_facets,
    render_own,
    render_profile,
)
from server.http.pagination import decode_cursor, encode_cursor
from server.http.routes import Access, Call, Route
from storage.consultations import find_live_parts
from storage.directory import DirectoryFilters, count_languages, count_specialties, key_kinds, list_directory, sort_key
from storage.readers import Reader, sum_reader_day
from storage.reviews import count_ratings
from storage.transaction import Connection

READERS = frozenset({"reader"})


async def list_readers(call: Call[None, DirectoryQuery]) -> ReaderPage:
    query, now = call.query, call.clock.now()
    filters = DirectoryFilters(
        status=query.status,
        specialty=query.specialty,
        language=query.language,
        type=query.type,
        max_rate_minor=query.max_rate_minor,
        words=words_of(query.q),
        followed_by=call.caller.user_id if query.followed else None,
    )
    if query.q.strip() and not filters.words:
        return ReaderPage(items=[], next_cursor=None)
    after = None if query.cursor is None else _read_cursor(query)
    viewer_id = None if call.optional_caller is None else call.optional_caller.user_id
    async with call.database.connection() as db:
        found = await list_directory(
            db, filters, sort=query.sort, after=after, limit=query.limit + 1, now=now, viewer_id=viewer_id
        )
        shown = found[: query.limit]
        available = await list_next_availabilities(db, shown, now=now)
    currency = call.settings.billing.currency
    items = [render_card(reader, currency=currency, next_available_at=available[reader.id]) for reader in shown]
    is_last = len(found) <= query.limit
    return ReaderPage(items=items, next_cursor=None if is_last else _write_cursor(query, shown[-1]))


def _list_name(query: DirectoryQuery) -> str:
    """A cursor goes on in the order that it was made for."""
    return f"{query.sort}:{query.type or ''}" if query.sort == "rate" else query.sort


def _write_cursor(query: DirectoryQuery, last: Reader) -> str:
    return encode_cursor(_list_name(query), *sort_key(query.sort, type=query.type)(last))


def _read_cursor(query: DirectoryQuery) -> tuple[Any, ...]:
    assert query.cursor is not None
    name, *key = decode_cursor(query.cursor, (str, *key_kinds(query.sort)))
    if name != _list_name(query) or key[-1] is None or (None in key and query.sort != "rate"):
        raise invalid([("cursor", "is not a cursor of this list")])
    return tuple(key)


async def get_facets(call: Call[None, None]) -> Facets:
    async with call.database.connection() as db:
        return Facets(specialties=render_facets(await count_specialties(db)), languages=render_facets(await count_languages(db)))


async def get_reader(call: Call[None, None]) -> ReaderProfile:
    now = call.clock.now()
    async with call.database.connection() as db:
        reader = await access_reader(db, call.ids["reader_id"], caller=call.optional_caller, now=now)
        return render_profile(reader, **await _profile_parts(call, db, reader))


async def get_reader_availability(call: Call[None, None]) -> Availability:
    now = call.clock.now()
    async with call.database.connection() as db:
        reader = await access_reader(db, call.ids["reader_id"], caller=call.optional_caller, now=now)
        return render_availability(reader.time_zone, *await find_calendar(db, reader, now=now))


async def get_own_profile(call: Call[None, None]) -> OwnReader:
    async with call.database.connection() as db:
        reader = await get_own_reader(db, call.caller, now=call.clock.now())
        return render_own(reader, **await _profile_parts(call, db, reader))


async def change_own_profile(call: Call[ReaderPatch, None]) -> OwnReader:
    reader = await call.database.transact(lambda tx: change_own_reader(tx, call.caller, call.payload, now=call.clock.now()))
    async with call.database.connection() as db:
        return render_own(reader, **await _profile_parts(call, db, reader))


async def _profile_parts(call: Call[Any, Any], db: Connection, reader: Reader) -> dict[str, Any]:
    available = await list_next_availabilities(db, [reader], now=call.clock.now())
    return {
        "currency": call.settings.billing.currency,
        "next_available_at": available[reader.id],
        "distribution": await count_ratings(db, reader.id),
    }


async def set_own_availability(call: Call[AvailabilityPayload, None]) -> Availability:
    now = call.clock.now()
    reader = await call.database.transact(lambda tx: replace_availability(tx, call.caller, call.payload, now=now))
    async with call.database.connection() as db:
        return render_availability(reader.time_zone, *await find_calendar(db, reader, now=now))


async def get_desk(call: Call[None, None]) -> Desk:
    now, currency = call.clock.now(), call.settings.billing.currency
    async with call.database.connection() as db:
        reader = await get_own_reader(db, call.caller, now=now)
        since = start_of_day(find_zone(reader.time_zone), now)
        day = await sum_reader_day(db, reader.id, since=since, currency=currency, now=now)
        live = await _find_live(call, db)
    return Desk(
        status="busy" if live is not None else reader.chosen_status,
        chosen_status=reader.chosen_status,
        earnings_today_minor=day.earnings_minor,
        minutes_today=round(day.connected_ms / 60_000, 1),
        consultations_today=day.consultations,
        currency=currency,
        is_verified=reader.verification == "verified",
        verification=reader.verification,
        is_email_verified=reader.is_email_verified,
        live_consultation=live,
    )


async def get_live_consultation(call: Call[None, None]) -> LiveConsultation:
    async with call.database.connection() as db:
        return LiveConsultation(consultation=await _find_live(call, db))


async def _find_live(call: Call[Any, Any], db: Connection) -> ConsultationView | None:
    parts = await find_live_parts(db, call.caller.user_id)
    if parts is None:
        return None
    return render_consultation(parts, viewer=viewer_of(parts.consultation, call.caller.user_id), now=call.clock.now())


ROUTES = (
    Route(
        method="GET",
        path="/readers",
        handler=list_readers,
        summary="The directory: verified readers, filtered, searched and sorted",
        tag="readers",
        query=DirectoryQuery,
        answer=ReaderPage,
        access=Access.OPTIONAL,
        errors=(Unprocessable, Unauthenticated),
        description=(
            "`recommended` puts those first who are online, then the better rated (an average with five imagined reviews of"
            " 4.0 beside the real ones), then the more experienced. `rating` sorts by the plain average, `rate` by the lowest"
            " rate (of `type`, where that is given), `newest` by when the reader was verified."
        ),
    ),
    Route(
        method="GET",
        path="/readers/facets",
        handler=get_facets,
        summary="Specialties and languages to filter by, with how many readers each",
        tag="readers",
        answer=Facets,
        access=Access.PUBLIC,
    ),
    Route(
        method="GET",
        path="/readers/{reader_id}",
        handler=get_reader,
        summary="A reader's public profile",
        tag="readers",
        answer=ReaderProfile,
        access=Access.OPTIONAL,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/readers/{reader_id}/availability",
        handler=get_reader_availability,
        summary="When a reader can be had: windows of the week and of single days, and the concrete spans of 14 days",
        tag="readers",
        answer=Availability,
        access=Access.OPTIONAL,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/me/reader",
        handler=get_own_profile,
        summary="The own profile as a reader",
        tag="readers",
        answer=OwnReader,
        roles=READERS,
        errors=(Forbidden,),
    ),
    Route(
        method="PATCH",
        path="/me/reader",
        handler=change_own_profile,
        summary="Change the own profile; what is left out stays as it is",
        tag="readers",
        payload=ReaderPatch,
        answer=OwnReader,
        roles=READERS,
        errors=(Forbidden,),
    ),
    Route(
        method="PUT",
        path="/me/availability",
        handler=set_own_availability,
        summary="Replace all windows of the own calendar",
        tag="readers",
        payload=AvailabilityPayload,
        answer=Availability,
        roles=READERS,
        errors=(Forbidden,),
    ),
    Route(
        method="GET",
        path="/me/desk",
        handler=get_desk,
        summary="The reader's today, with the live consultation",
        tag="readers",
        answer=Desk,
        roles=READERS,
        errors=(Forbidden,),
    ),
    Route(
        method="GET",
        path="/me/live-consultation",
        handler=get_live_consultation,
        summary="The consultation that is ringing or going on, if there is one",
        tag="consultations",
        answer=LiveConsultation,
    ),
)
