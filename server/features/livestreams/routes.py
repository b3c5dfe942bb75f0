"""The livestreams' doors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from config.errors import NotFound, Unprocessable
from realtime.consultations.clock import Moment
from realtime.livestreams.access import access_livestream
from realtime.livestreams.errors import LivestreamEnded, LivestreamNotScheduled, LivestreamTooMany
from realtime.livestreams.snapshots import LivestreamView, render_livestream
from server.features.livestreams.actions import cancel_own_livestream, change_livestream, create_livestream
from server.features.livestreams.requests import LivestreamDraft, LivestreamPatch, LivestreamsQuery
from server.features.livestreams.views import LivestreamPage
from server.http.pagination import make_page
from server.http.routes import Access, Call, Idempotency, Route
from storage.livestream_lists import list_livestreams
from storage.livestreams import LivestreamParts

READERS = frozenset({"reader"})


def _render(call: Call[Any, Any], parts: LivestreamParts) -> LivestreamView:
    return render_livestream(parts, currency=call.settings.billing.currency)


def _moment(call: Call[Any, Any]) -> Moment:
    return Moment(call.clock.now(), call.settings)


async def list_all_shown_livestreams(call: Call[None, LivestreamsQuery]) -> LivestreamPage:
    query, caller = call.query, call.optional_caller
    after = query.after(int, int, UUID)
    async with call.database.connection() as db:
        found = await list_livestreams(
            db,
            viewer_id=None if caller is None else caller.user_id,
            reader_id=query.reader_id,
            statuses=query.status,
            after=None if after is None else (after[0], after[1], after[2]),
            limit=query.limit + 1,
        )
    page = make_page(found, limit=query.limit, render=lambda listed: _render(call, listed.parts), key=lambda listed: listed.key)
    return LivestreamPage(items=page.items, next_cursor=page.next_cursor)


async def get_livestream(call: Call[None, None]) -> LivestreamView:
    caller = call.optional_caller
    async with call.database.connection() as db:
        parts = await access_livestream(
            db,
            call.ids["livestream_id"],
            user_id=None if caller is None else caller.user_id,
            sees_everything=caller is not None and caller.role == "admin",
        )
    return _render(call, parts)


async def schedule_livestream(call: Call[LivestreamDraft, None]) -> LivestreamView:
    moment = _moment(call)
    parts = await call.database.transact(
        lambda tx: create_livestream(tx, call.caller, call.payload, livestream_id=call.resource_id, moment=moment)
    )
    return _render(call, parts)


async def change_own_livestream(call: Call[LivestreamPatch, None]) -> LivestreamView:
    moment = _moment(call)
    parts = await call.database.transact(
        lambda tx: change_livestream(tx, call.caller, call.ids["livestream_id"], call.payload, moment=moment)
    )
    return _render(call, parts)


async def cancel_scheduled_livestream(call: Call[None, None]) -> LivestreamView:
    moment = _moment(call)
    parts = await call.database.transact(
        lambda tx: cancel_own_livestream(tx, call.caller, call.ids["livestream_id"], moment=moment)
    )
    return _render(call, parts)


ROUTES = (
    Route(
        method="GET",
        path="/livestreams",
        handler=list_all_shown_livestreams,
        summary="Livestreams: what goes on, what is to come, and what can be watched again",
        tag="livestreams",
        query=LivestreamsQuery,
        answer=LivestreamPage,
        access=Access.OPTIONAL,
        errors=(Unprocessable,),
        description="Of the caller's own also those without a time, and those that are over or were cancelled.",
    ),
    Route(
        method="POST",
        path="/livestreams",
        handler=schedule_livestream,
        summary="Make a livestream, for now or for later",
        tag="livestreams",
        payload=LivestreamDraft,
        answer=LivestreamView,
        status=201,
        roles=READERS,
        idempotency=Idempotency.OPTIONAL,
        errors=(Unprocessable, LivestreamTooMany),
    ),
    Route(
        method="GET",
        path="/livestreams/{livestream_id}",
        handler=get_livestream,
        summary="A livestream as it stands",
        tag="livestreams",
        answer=LivestreamView,
        access=Access.OPTIONAL,
        errors=(NotFound,),
    ),
    Route(
        method="PATCH",
        path="/livestreams/{livestream_id}",
        handler=change_own_livestream,
        summary="Change what is said of the own livestream; its time and whether it is recorded only before it begins",
        tag="livestreams",
        payload=LivestreamPatch,
        answer=LivestreamView,
        roles=READERS,
        errors=(NotFound, Unprocessable, LivestreamEnded, LivestreamNotScheduled),
    ),
    Route(
        method="POST",
        path="/livestreams/{livestream_id}/cancel",
        handler=cancel_scheduled_livestream,
        summary="Give up the own livestream before it begins",
        tag="livestreams",
        answer=LivestreamView,
        roles=READERS,
        errors=(NotFound, LivestreamNotScheduled),
    ),
)
