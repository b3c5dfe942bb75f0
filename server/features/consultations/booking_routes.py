"""The doors of booked consultations: free times, coming ones, giving one up, its calendar file."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from config.errors import Forbidden, NotFound, Unprocessable
from realtime.consultations.access import access_consultation, access_consultation_locked
from realtime.consultations.bookings import cancel_before_start
from realtime.consultations.clock import Moment
from realtime.consultations.deadlines import carry_out_due
from realtime.consultations.errors import ConsultationNotRequested, ConsultationNotScheduled
from realtime.consultations.snapshots import ConsultationView, render_consultation, viewer_of
from server.features.consultations.booking_requests import CancellationPayload, TimesQuery
from server.features.consultations.booking_views import BookingPage, ReaderTimes
from server.features.consultations.bookings import find_reader_times
from server.http.pagination import PageQuery, make_page
from server.http.routes import Access, Call, Route
from server.mail.calendar_files import CalendarEntry, write_calendar
from server.serving import LISTENING
from storage.consultations import ConsultationParts, list_booked_parts
from storage.transaction import Transaction


def _render(call: Call[Any, Any], parts: ConsultationParts) -> ConsultationView:
    return render_consultation(parts, viewer=viewer_of(parts.consultation, call.caller.user_id), now=call.clock.now())


async def get_reader_times(call: Call[None, TimesQuery]) -> ReaderTimes:
    async with call.database.connection() as db:
        return await find_reader_times(
            db,
            call.ids["reader_id"],
            call.query,
            caller=call.optional_caller,
            settings=call.settings,
            now=call.clock.now(),
        )


async def list_bookings(call: Call[None, PageQuery]) -> BookingPage:
    query = call.query
    after = query.after(datetime, UUID)
    async with call.database.connection() as db:
        found = await list_booked_parts(
            db, call.caller.user_id, after=None if after is None else (after[0], after[1]), limit=query.limit + 1
        )
    page = make_page(
        found,
        limit=query.limit,
        render=lambda parts: _render(call, parts),
        key=lambda parts: (parts.consultation.scheduled_at, parts.consultation.id),
    )
    return BookingPage(items=page.items, next_cursor=page.next_cursor)


async def cancel_consultation(call: Call[CancellationPayload, None]) -> ConsultationView:
    moment, user_id, reason = Moment(call.clock.now(), call.settings), call.caller.user_id, call.payload.reason

    async def cancel(tx: Transaction) -> ConsultationParts:
        parts = await access_consultation_locked(tx, call.ids["consultation_id"], user_id=user_id)
        parts = await carry_out_due(tx, parts, moment)
        return await cancel_before_start(tx, parts, user_id=user_id, reason=reason, moment=moment)

    return _render(call, await call.database.transact(cancel))


async def download_calendar(call: Call[None, None]) -> web.StreamResponse:
    async with call.database.connection() as db:
        parts = await access_consultation(db, call.ids["consultation_id"], user_id=call.caller.user_id)
    c = parts.consultation
    if c.scheduled_at is None:
        raise NotFound("This consultation was not booked for a time")
    other = parts.reader if call.caller.user_id == c.client_id else parts.client
    site_url = (call.settings.server.public_url or call.request.app[LISTENING].url).rstrip("/")
    entry = CalendarEntry(
        id=c.id,
        title=f"{c.type.title()} with {other.display_name}",
        starts_at=c.scheduled_at,
        minutes=c.scheduled_minutes or 0,
        url=f"{site_url}/room/{c.id}",
        version=c.version,
        written_at=call.clock.now(),
        is_cancelled=c.end_reason is not None and c.started_at is None,
    )
    headers = {"Content-Disposition": f'attachment; filename="consultation-{c.id}.ics"', "Cache-Control": "no-store"}
    return web.Response(text=write_calendar(entry), content_type="text/calendar", charset="utf-8", headers=headers)


BOOKING_ROUTES = (
    Route(
        method="GET",
        path="/readers/{reader_id}/times",
        handler=get_reader_times,
        summary="When a reader can be booked: availability less what is taken",
        tag="consultations",
        query=TimesQuery,
        answer=ReaderTimes,
        access=Access.OPTIONAL,
        errors=(NotFound, Unprocessable),
        description="Times that a client who is logged in has booked with somebody else are left out as well.",
    ),
    Route(
        method="GET",
        path="/me/bookings",
        handler=list_bookings,
        summary="The own booked consultations that have not begun, on either side, the next one first",
        tag="consultations",
        query=PageQuery,
        answer=BookingPage,
        errors=(Unprocessable,),
    ),
    Route(
        method="POST",
        path="/consultations/{consultation_id}/cancel",
        handler=cancel_consultation,
        summary="Give a booking up before its time, or take a request back; nothing is charged",
        tag="consultations",
        payload=CancellationPayload,
        answer=ConsultationView,
        errors=(NotFound, Forbidden, ConsultationNotScheduled, ConsultationNotRequested),
    ),
    Route(
        method="GET",
        path="/consultations/{consultation_id}/calendar",
        handler=download_calendar,
        summary="A booked consultation as a calendar file (RFC 5545)",
        tag="consultations",
        errors=(NotFound,),
        media_types=("text/calendar",),
    ),
)
