"""The doors of notifications."""

from __future__ import annotations

from uuid import UUID

from config import limits
from realtime.notifications.events import NotificationsReadEvent, emit_read
from realtime.notifications.views import render_notification
from server.features.notifications.off_page import ROUTES as OFF_ROUTES
from server.features.notifications.push_routes import ROUTES as PUSH_ROUTES
from server.features.notifications.requests import PreferencesPayload, ReadPayload
from server.features.notifications.views import (
    NotificationPage,
    NotificationPreferences,
    ReadState,
    render_preferences,
)
from server.http.pagination import PageQuery, make_page
from server.http.routes import Call, Route
from storage.notifications import (
    Preference,
    count_unread,
    list_notifications,
    list_preferences,
    mark_read,
    save_preferences,
)
from storage.transaction import Transaction


async def get_notifications(call: Call[None, PageQuery]) -> NotificationPage:
    query, user_id, secret = call.query, call.caller.user_id, call.services.link_secret
    after = query.after(UUID)
    async with call.database.connection() as db:
        found = await list_notifications(db, user_id, after_id=after[0] if after else None, limit=query.limit + 1)
        unread_count = await count_unread(db, user_id, maximum=limits.UNREAD_SHOWN)
    page = make_page(
        found, limit=query.limit, render=lambda one: render_notification(one, secret=secret), key=lambda one: (one.id,)
    )
    return NotificationPage(items=page.items, next_cursor=page.next_cursor, unread_count=unread_count)


async def read_notifications(call: Call[ReadPayload, None]) -> ReadState:
    user_id, up_to_id, now = call.caller.user_id, call.payload.up_to_id, call.clock.now()

    async def read(tx: Transaction) -> ReadState:
        changed = await mark_read(tx, user_id, up_to_id=up_to_id, now=now)
        unread_count = await count_unread(tx, user_id, maximum=limits.UNREAD_SHOWN)
        if changed:
            emit_read(tx, user_id, NotificationsReadEvent(up_to_id=up_to_id, unread_count=unread_count, at=now))
        return ReadState(unread_count=unread_count)

    return await call.database.transact(read)


async def get_notification_preferences(call: Call[None, None]) -> NotificationPreferences:
    async with call.database.connection() as db:
        return render_preferences(await list_preferences(db, call.caller.user_id))


async def set_notification_preferences(call: Call[PreferencesPayload, None]) -> NotificationPreferences:
    user_id, now = call.caller.user_id, call.clock.now()
    chosen = [Preference(item.kind, item.in_page, item.by_push) for item in call.payload.items]

    async def save(tx: Transaction) -> NotificationPreferences:
        await save_preferences(tx, user_id, chosen, now=now)
        return render_preferences(await list_preferences(tx, user_id))

    return await call.database.transact(save)


ROUTES = (
    Route(
        method="GET",
        path="/me/notifications",
        handler=get_notifications,
        summary="What the caller was told, the newest first, and how much of it is unread",
        tag="notifications",
        query=PageQuery,
        answer=NotificationPage,
    ),
    Route(
        method="POST",
        path="/me/notifications/read",
        handler=read_notifications,
        summary="Mark notifications as read: all, or what is not newer than one of them",
        tag="notifications",
        payload=ReadPayload,
        answer=ReadState,
    ),
    Route(
        method="GET",
        path="/me/notification-preferences",
        handler=get_notification_preferences,
        summary="What the caller wants to be told of, and how",
        tag="notifications",
        answer=NotificationPreferences,
    ),
    Route(
        method="PUT",
        path="/me/notification-preferences",
        handler=set_notification_preferences,
        summary="Choose what to be told of; kinds that are left out stay as they are",
        tag="notifications",
        payload=PreferencesPayload,
        answer=NotificationPreferences,
    ),
    *PUSH_ROUTES,
    *OFF_ROUTES,
)
