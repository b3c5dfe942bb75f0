"""The kinds of notifications: how each is told unless somebody chose otherwise, and for how long its news is any good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from storage.notifications import Preference

NotificationKind = Literal["reader_online", "reader_live", "livestream_coming", "queue_turn"]
KINDS: tuple[NotificationKind, ...] = get_args(NotificationKind)


@dataclass(frozen=True, slots=True)
class PushRules:
    """For how long a push service keeps what it could not deliver, and whether it may wake a sleeping device (RFC 8030)."""

    ttl_seconds: int
    is_urgent: bool


PUSH_RULES: dict[str, PushRules] = {
    "reader_online": PushRules(ttl_seconds=1800, is_urgent=False),
    "reader_live": PushRules(ttl_seconds=3600, is_urgent=True),
    "livestream_coming": PushRules(ttl_seconds=3600, is_urgent=False),
    "queue_turn": PushRules(ttl_seconds=120, is_urgent=True),
}


def default_preference(kind: str) -> Preference:
    """Everything is told by every way: pushes come only to browsers that asked for them."""
    assert kind in KINDS
    return Preference(kind, in_page=True, by_push=True)
