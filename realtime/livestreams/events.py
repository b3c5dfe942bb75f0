"""The events of a livestream's state, and of how many watch."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.commands import EventKind
from realtime.livestreams.audiences import LIVESTREAMS_AUDIENCE, livestream_audience
from realtime.livestreams.snapshots import LivestreamView, render_livestream
from storage.livestream_viewers import ViewerCount
from storage.livestreams import LivestreamParts
from storage.transaction import Event, Transaction

LivestreamChange = Literal["started", "ended", "paused", "resumed", "changed"]


class LivestreamStateEvent(View):
    """Every event named `livestream.` and a `LivestreamChange`."""

    livestream_id: UUID
    version: int
    livestream: LivestreamView
    at: Instant


class LivestreamViewersChangedEvent(View):
    livestream_id: UUID
    viewer_count: int
    peak: int
    at: Instant


def describe_change(parts: LivestreamParts, *, currency: str, now: datetime) -> LivestreamStateEvent:
    row = parts.livestream
    snapshot = render_livestream(parts, currency=currency)
    return LivestreamStateEvent(livestream_id=row.id, version=row.version, livestream=snapshot, at=now)


def is_announced(parts: LivestreamParts) -> bool:
    """Whether who watches the list may hear of it: it has begun, or it has a time and its reader is listed."""
    row = parts.livestream
    return row.started_at is not None or (row.scheduled_at is not None and parts.is_reader_listed)


def emit_livestream(
    tx: Transaction, parts: LivestreamParts, change: LivestreamChange, *, currency: str, now: datetime, is_listed: bool = True
) -> LivestreamStateEvent:
    """Tell who has joined it and, where it `is_listed`, who watches the list; what was told."""
    payload = describe_change(parts, currency=currency, now=now)
    for audience in (livestream_audience(parts.livestream.id), *([LIVESTREAMS_AUDIENCE] if is_listed else [])):
        tx.emit(Event(f"livestream.{change}", audience, payload))
    return payload


def emit_viewers(tx: Transaction, count: ViewerCount, *, now: datetime) -> None:
    payload = LivestreamViewersChangedEvent(
        livestream_id=count.livestream_id, viewer_count=count.viewer_count, peak=count.peak, at=now
    )
    tx.emit(Event("livestream.viewers_changed", livestream_audience(count.livestream_id), payload))


_JOINED = "who has joined the livestream, its reader included"


def _state(change: LivestreamChange, when: str) -> EventKind:
    followers = " and, with its first picture and its end, the reader's followers" if change in ("started", "ended") else ""
    audience = f"{_JOINED}, who watches the list of livestreams{followers}"
    return EventKind(f"livestream.{change}", LivestreamStateEvent, audience, when)


EVENTS = (
    _state("started", "the reader went live"),
    _state("ended", "it is over, or was cancelled before it began"),
    _state("paused", "nothing can be seen: the publisher's connection was lost, or the reader is in a private consultation"),
    _state("resumed", "there is a picture: for the first time, or again"),
    _state("changed", "it was scheduled or described anew, or its media are at another place"),
    EventKind(
        "livestream.viewers_changed",
        LivestreamViewersChangedEvent,
        _JOINED,
        "how many people watch has changed; at most once a second",
        ("livestream_id",),
    ),
)
