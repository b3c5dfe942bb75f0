"""The consultations' doors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiohttp import web

from config import limits
from config.errors import NotFound, SpendingLimitReached, Unprocessable, WalletBalanceTooLow
from realtime.consultations.access import access_consultation
from realtime.consultations.bookings import BookingDraft, book_consultation
from realtime.consultations.clock import Moment
from realtime.consultations.errors import (
    ClientBusy,
    ClientTimeTaken,
    ClientTooManyBookings,
    ReaderBusy,
    ReaderOffline,
    ReaderTimeNotOffered,
    ReaderTimeTaken,
    ReaderTypeNotOffered,
    ReaderUnverified,
)
from realtime.consultations.requests import RequestDraft, request_consultation
from realtime.consultations.snapshots import ConsultationView, render_consultation, render_message, viewer_of
from server.features.consultations.booking_routes import BOOKING_ROUTES
from server.features.consultations.requests import (
    ConsultationPayload,
    ConsultationsQuery,
    MessagesQuery,
    TranscriptQuery,
)
from server.features.consultations.statements import list_statement
from server.features.consultations.transcripts import write_json, write_text
from server.features.consultations.views import ConsultationPage, MessagePage, Statement, render_statement
from server.http.pagination import make_page
from server.http.routes import Call, Idempotency, Route
from server.serving import LISTENING
from storage.consultations import ConsultationParts, list_parts
from storage.gift_receipts import list_gifts_of_consultation
from storage.messages import list_messages
from storage.transaction import Transaction


def render_for(call: Call[Any, Any], parts: ConsultationParts) -> ConsultationView:
    """The snapshot as the caller may see it."""
    return render_consultation(parts, viewer=viewer_of(parts.consultation, call.caller.user_id), now=call.clock.now())


async def ask_for_consultation(call: Call[ConsultationPayload, None]) -> ConsultationView:
    """Rings like the live command, or books. With an Idempotency-Key every retry is the same request, also after a crash."""
    caller, payload = call.caller, call.payload
    nonce = f"http:{call.resource_id}" if "Idempotency-Key" in call.request.headers else None
    moment = Moment(call.clock.now(), call.settings)

    async def ask(tx: Transaction) -> ConsultationParts:
        if payload.scheduled_at is None:
            draft = RequestDraft(payload.reader_id, payload.type, nonce)
            return await request_consultation(tx, client_id=caller.user_id, role=caller.role, draft=draft, moment=moment)
        minutes = payload.minutes or call.settings.consultations.booking_minutes
        booking = BookingDraft(payload.reader_id, payload.type, payload.scheduled_at, minutes, nonce)
        return await book_consultation(tx, client_id=caller.user_id, role=caller.role, draft=booking, moment=moment)

    return render_for(call, await call.database.transact(ask))


async def list_consultations(call: Call[None, ConsultationsQuery]) -> ConsultationPage:
    query = call.query
    after = query.after(UUID)
    async with call.database.connection() as db:
        found = await list_parts(
            db,
            participant_id=call.caller.user_id,
            statuses=query.status,
            before_id=None if after is None else after[0],
            limit=query.limit + 1,
        )
    page = make_page(
        found, limit=query.limit, render=lambda parts: render_for(call, parts), key=lambda parts: (parts.consultation.id,)
    )
    return ConsultationPage(items=page.items, next_cursor=page.next_cursor)


async def get_consultation(call: Call[None, None]) -> ConsultationView:
    return render_for(call, await _access(call))


async def _access(call: Call[Any, Any]) -> ConsultationParts:
    async with call.database.connection() as db:
        return await access_consultation(db, call.ids["consultation_id"], user_id=call.caller.user_id)


async def get_messages(call: Call[None, MessagesQuery]) -> MessagePage:
    query = call.query
    async with call.database.connection() as db:
        parts = await access_consultation(db, call.ids["consultation_id"], user_id=call.caller.user_id)
        found = await list_messages(db, parts.consultation.id, after_seq=query.from_seq, limit=query.limit + 1)
    shown = found[: query.limit]
    next_cursor = str(shown[-1].seq) if len(found) > query.limit else None
    return MessagePage(items=[render_message(message) for message in shown], next_cursor=next_cursor)


async def get_statement(call: Call[None, None]) -> Statement:
    now = call.clock.now()
    async with call.database.snapshot(timeout_seconds=limits.STATEMENT_TIMEOUT_SECONDS) as db:
        parts = await access_consultation(db, call.ids["consultation_id"], user_id=call.caller.user_id)
        viewer = viewer_of(parts.consultation, call.caller.user_id)
        lines = await list_statement(db, parts, viewer=viewer, now=now)
        gifts = await list_gifts_of_consultation(db, parts.consultation.id, limit=limits.STATEMENT_GIFTS)
    gifts_minor = parts.consultation.gifts_minor
    return render_statement(render_for(call, parts), lines, gifts, gifts_minor=gifts_minor, viewer=viewer)


async def download_transcript(call: Call[None, TranscriptQuery]) -> web.StreamResponse:
    parts = await _access(call)
    c = parts.consultation
    site_url = (call.settings.server.public_url or call.request.app[LISTENING].url).rstrip("/")
    format = call.query.format
    content_type = "application/json" if format == "json" else "text/plain"
    filename = f"consultation-{c.created_at:%Y-%m-%d}-{c.id}.{format}"
    response = web.StreamResponse(
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
    )
    response.content_type, response.charset = content_type, "utf-8"
    await response.prepare(call.request)
    if call.request.method != "HEAD":
        if format == "json":
            pieces = write_json(call.database, render_for(call, parts), site_url=site_url)
        else:
            pieces = write_text(call.database, parts, site_url=site_url)
        async for piece in pieces:
            await response.write(piece)
    await response.write_eof()
    return response


ROUTES = (
    Route(
        method="POST",
        path="/consultations",
        handler=ask_for_consultation,
        summary="Ask a reader for a consultation: it rings at once, or is booked for a time",
        tag="consultations",
        payload=ConsultationPayload,
        answer=ConsultationView,
        status=201,
        roles=frozenset({"client"}),
        idempotency=Idempotency.OPTIONAL,
        errors=(
            NotFound,
            ReaderBusy,
            ReaderOffline,
            ReaderUnverified,
            ReaderTypeNotOffered,
            ReaderTimeNotOffered,
            ReaderTimeTaken,
            ClientTimeTaken,
            ClientTooManyBookings,
            ClientBusy,
            WalletBalanceTooLow,
            SpendingLimitReached,
        ),
        description=(
            "With `scheduled_at` (a time of `GET /readers/{reader_id}/times`) it is booked: `scheduled`, confirmed at once, rates"
            " and rules frozen. It begins by itself at its time and waits for who is missing; the clock starts when both are in."
        ),
    ),
    Route(
        method="GET",
        path="/consultations",
        handler=list_consultations,
        summary="The own consultations, newest first",
        tag="consultations",
        query=ConsultationsQuery,
        answer=ConsultationPage,
        errors=(Unprocessable,),
    ),
    Route(
        method="GET",
        path="/consultations/{consultation_id}",
        handler=get_consultation,
        summary="A consultation's snapshot",
        tag="consultations",
        answer=ConsultationView,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/consultations/{consultation_id}/messages",
        handler=get_messages,
        summary="A consultation's messages in order",
        tag="consultations",
        query=MessagesQuery,
        answer=MessagePage,
        errors=(NotFound, Unprocessable),
    ),
    Route(
        method="GET",
        path="/consultations/{consultation_id}/statement",
        handler=get_statement,
        summary="What a consultation cost and why: each charge, pause and refund",
        tag="consultations",
        answer=Statement,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/consultations/{consultation_id}/transcript",
        handler=download_transcript,
        summary="A consultation's messages as a file",
        tag="consultations",
        query=TranscriptQuery,
        errors=(NotFound, Unprocessable),
        media_types=("text/plain", "application/json"),
    ),
    *BOOKING_ROUTES,
)
