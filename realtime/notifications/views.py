"""What a notification looks like, in lists, in events and in what is pushed."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.consultations.snapshots import ConsultationType, ParticipantView
from realtime.notifications.kinds import NotificationKind
from realtime.notifications.links import sign_off_url
from storage.notifications import Notification


class NotifiedLivestream(View):
    """`is_soon`: it begins in a moment; otherwise it was announced."""

    id: UUID
    title: str
    scheduled_at: Instant | None
    is_soon: bool


class NotifiedTurn(View):
    """The turn in a reader's line. `state`: it came (until `until_at`), or it was missed (the place is kept until then)."""

    state: Literal["came", "missed"]
    type: ConsultationType
    until_at: Instant


class NotificationData(View):
    """What was told of, as it was then."""

    reader: ParticipantView
    livestream: NotifiedLivestream | None = None
    turn: NotifiedTurn | None = None


class NotificationView(NotificationData):
    """`url` is the page to open, `off_url` a signed address that turns the kind off without a login."""

    id: UUID
    kind: NotificationKind
    url: str
    off_url: str
    created_at: Instant
    read_at: Instant | None


def render_notification(notification: Notification, *, secret: bytes) -> NotificationView:
    """`secret` signs the address that turns the kind off."""
    data = NotificationData.model_validate(notification.data)
    kind: Any = notification.kind
    return NotificationView(
        **dict(data),
        id=notification.id,
        kind=kind,
        url=f"/readers/{data.reader.id}" if data.livestream is None else f"/live/{data.livestream.id}",
        off_url=sign_off_url(secret, user_id=notification.user_id, kind=kind, reader_id=_followed(kind, data)),
        created_at=notification.created_at,
        read_at=notification.read_at,
    )


def _followed(kind: str, data: NotificationData) -> UUID | None:
    """Whom it comes from following."""
    return None if kind == "queue_turn" else data.reader.id
