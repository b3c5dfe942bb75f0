"""The back office's doors to livestreams."""

from __future__ import annotations

from uuid import UUID

from config.errors import NotFound, Unprocessable
from realtime.consultations.clock import Moment
from realtime.livestreams.errors import LivestreamNotLive
from realtime.livestreams.snapshots import LivestreamView, render_livestream
from server.features.admin.livestreams import end_any_livestream
from server.features.admin.people_routes import ADMINS
from server.features.admin.requests import ReasonPayload
from server.features.livestreams.requests import LivestreamsQuery
from server.features.livestreams.views import NewestLivestreamPage
from server.http.pagination import make_page
from server.http.routes import Call, Route
from storage.livestream_lists import list_all_livestreams


async def list_livestreams_of_all(call: Call[None, LivestreamsQuery]) -> NewestLivestreamPage:
    query = call.query
    after = query.after(UUID)
    async with call.database.connection() as db:
        found = await list_all_livestreams(
            db,
            statuses=query.status,
            reader_id=query.reader_id,
            before_id=None if after is None else after[0],
            limit=query.limit + 1,
        )
    currency = call.settings.billing.currency
    page = make_page(
        found,
        limit=query.limit,
        render=lambda parts: render_livestream(parts, currency=currency),
        key=lambda parts: (parts.livestream.id,),
    )
    return NewestLivestreamPage(items=page.items, next_cursor=page.next_cursor)


async def end_livestream_of_any(call: Call[ReasonPayload, None]) -> LivestreamView:
    moment = Moment(call.clock.now(), call.settings)
    parts = await call.database.transact(
        lambda tx: end_any_livestream(tx, call.caller, call.ids["livestream_id"], reason=call.payload.reason, moment=moment)
    )
    live = call.services.live
    if live is not None and live.livestreams is not None:
        live.livestreams.wake()
    return render_livestream(parts, currency=call.settings.billing.currency)


LIVESTREAM_ROUTES = (
    Route(
        method="GET",
        path="/admin/livestreams",
        handler=list_livestreams_of_all,
        summary="Everybody's livestreams, newest first",
        tag="admin",
        query=LivestreamsQuery,
        answer=NewestLivestreamPage,
        roles=ADMINS,
        permission="livestreams.read",
        errors=(Unprocessable,),
    ),
    Route(
        method="POST",
        path="/admin/livestreams/{livestream_id}/end",
        handler=end_livestream_of_any,
        summary="End a livestream that goes on; its reader and who watches are told",
        tag="admin",
        payload=ReasonPayload,
        answer=LivestreamView,
        roles=ADMINS,
        permission="livestreams.end",
        errors=(NotFound, LivestreamNotLive),
    ),
)
