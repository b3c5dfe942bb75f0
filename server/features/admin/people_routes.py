"""The back office's doors to people."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from config.errors import NotFound, Unprocessable
from realtime.consultations.clock import Moment
from server.features.admin.errors import OwnAccountStatus
from server.features.admin.people import change_status, change_verification, end_consultations
from server.features.admin.requests import ReasonPayload, UserPatch, UsersQuery, id_in
from server.features.admin.views import AdminUser, AdminUserDetail, AdminUserPage, render_user, render_user_detail
from server.features.readers.requests import words_of
from server.http.pagination import make_page
from server.http.routes import Call, Route
from storage.back_office import Person, PersonFilters, find_person, get_person_figures, list_people

ADMINS = frozenset({"admin"})


async def list_users(call: Call[None, UsersQuery]) -> AdminUserPage:
    query = call.query
    after = query.after(datetime, UUID)
    user_id = id_in(query.q)
    filters = PersonFilters(
        words=() if user_id else words_of(query.q),
        user_id=user_id,
        role=query.role,
        status=query.status,
        is_verified=query.verified,
    )
    if query.q.strip() and not filters.words and user_id is None:
        return AdminUserPage(items=[], next_cursor=None)
    async with call.database.connection() as db:
        people = await list_people(db, filters, before=None if after is None else (after[0], after[1]), limit=query.limit + 1)
    page = make_page(people, limit=query.limit, render=render_user, key=lambda person: (person.created_at, person.id))
    return AdminUserPage(items=page.items, next_cursor=page.next_cursor)


async def get_user(call: Call[None, None]) -> AdminUserDetail:
    async with call.database.connection() as db:
        person = await find_person(db, call.ids["user_id"])
        if person is None:
            raise NotFound("There is no such person")
    return await _detail(call, person)


async def _detail(call: Call[Any, Any], person: Person) -> AdminUserDetail:
    currency = call.settings.billing.currency
    async with call.database.connection() as db:
        figures = await get_person_figures(db, person.id, currency=currency, now=call.clock.now())
    return render_user_detail(person, figures, currency=currency)


async def change_user(call: Call[UserPatch, None]) -> AdminUserDetail:
    user_id, payload, moment = call.ids["user_id"], call.payload, Moment(call.clock.now(), call.settings)
    person = await call.database.transact(
        lambda tx: change_status(tx, call.caller, user_id, status=payload.status, reason=payload.reason, moment=moment)
    )
    if payload.status != "active":
        await call.services.connections.close_user(user_id)
        # A request that was under way while the status changed may have rung since: nobody shut out stays in a room.
        await call.database.transact(lambda tx: end_consultations(tx, user_id, moment=moment))
    return await _detail(call, person)


async def verify_reader(call: Call[None, None]) -> AdminUser:
    return await _change_verification(call, "verified", None)


async def reject_reader(call: Call[ReasonPayload, None]) -> AdminUser:
    return await _change_verification(call, "rejected", call.payload.reason)


async def _change_verification(call: Call[Any, Any], verification: str, reason: str | None) -> AdminUser:
    person = await call.database.transact(
        lambda tx: change_verification(
            tx,
            call.caller,
            call.ids["reader_id"],
            verification=verification,
            reason=reason,
            moment=Moment(call.clock.now(), call.settings),
        )
    )
    return render_user(person)


PEOPLE_ROUTES = (
    Route(
        method="GET",
        path="/admin/users",
        handler=list_users,
        summary="People, newest first",
        tag="admin",
        query=UsersQuery,
        answer=AdminUserPage,
        roles=ADMINS,
        permission="users.read",
        errors=(Unprocessable,),
    ),
    Route(
        method="GET",
        path="/admin/users/{user_id}",
        handler=get_user,
        summary="A person with their balances and what they do right now",
        tag="admin",
        answer=AdminUserDetail,
        roles=ADMINS,
        permission="users.read",
        errors=(NotFound,),
    ),
    Route(
        method="PATCH",
        path="/admin/users/{user_id}",
        handler=change_user,
        summary="Suspend, ban or reinstate somebody",
        tag="admin",
        payload=UserPatch,
        answer=AdminUserDetail,
        roles=ADMINS,
        permission="users.change",
        errors=(NotFound, OwnAccountStatus),
        description="Suspending or banning ends the live consultation, all bookings, all logins and all live connections.",
    ),
    Route(
        method="POST",
        path="/admin/readers/{reader_id}/verify",
        handler=verify_reader,
        summary="Vouch for a reader, who appears in the directory",
        tag="admin",
        answer=AdminUser,
        roles=ADMINS,
        permission="readers.verify",
        errors=(NotFound,),
    ),
    Route(
        method="POST",
        path="/admin/readers/{reader_id}/reject",
        handler=reject_reader,
        summary="Refuse to vouch for a reader, or stop doing so",
        tag="admin",
        payload=ReasonPayload,
        answer=AdminUser,
        roles=ADMINS,
        permission="readers.verify",
        errors=(NotFound,),
    ),
)
