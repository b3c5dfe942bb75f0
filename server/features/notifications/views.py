"""What the doors of notifications answer."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from config.fields import View
from realtime.notifications.kinds import KINDS, NotificationKind, default_preference
from realtime.notifications.views import NotificationView
from server.http.pagination import Page
from storage.notifications import Preference


class NotificationPage(Page[NotificationView]):
    """The newest first. `unread_count` is of all of them, 100 = that many or more."""

    unread_count: int


class ReadState(View):
    unread_count: int


class NotificationPreference(View):
    """Whether a kind is told in the pages, and by push to the browsers that asked for it."""

    kind: NotificationKind
    in_page: bool
    by_push: bool


class NotificationPreferences(View):
    items: list[NotificationPreference]


class PushKey(View):
    """The server's public key (RFC 8292), for `applicationServerKey`: base64url of the uncompressed point."""

    key: str


class PushSubscriptionView(View):
    id: UUID


def render_preferences(chosen: Mapping[str, Preference]) -> NotificationPreferences:
    """Every kind; what nobody chose is as it comes."""
    items = []
    for kind in KINDS:
        preference = chosen.get(kind, default_preference(kind))
        items.append(NotificationPreference(kind=kind, in_page=preference.in_page, by_push=preference.by_push))
    return NotificationPreferences(items=items)
