"""Telling pages of notifications."""

from __future__ import annotations

from uuid import UUID

from config.fields import Instant, View
from realtime.commands import EventKind
from realtime.notifications.views import NotificationView
from storage.transaction import Event, Transaction, user_audience


class NotificationCreatedEvent(View):
    notification: NotificationView
    at: Instant


class NotificationsReadEvent(View):
    """Everything up to `up_to_id` was read (null = everything); `unread_count` is what is left, 100 = that many or more."""

    up_to_id: UUID | None
    unread_count: int
    at: Instant


def emit_read(tx: Transaction, user_id: UUID, payload: NotificationsReadEvent) -> None:
    tx.emit(Event("notification.read", user_audience(user_id), payload))


EVENTS = (
    EventKind(
        "notification.created", NotificationCreatedEvent, audience="the one it is for", when="somebody is told of something"
    ),
    EventKind(
        "notification.read",
        NotificationsReadEvent,
        audience="the one whose notifications they are",
        when="they were read on one of that person's devices",
    ),
)
