"""What a livestream looks like from outside."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.consultations.snapshots import ParticipantView, render_person, upload_url
from storage.livestreams import LivestreamParts

LivestreamStatus = Literal["scheduled", "live", "ended", "cancelled"]
LivestreamEndReason = Literal[
    "reader_ended", "publisher_lost", "pause_ran_out", "ended_by_admin", "reader_suspended", "cancelled", "never_started"
]
LivestreamPauseReason = Literal["connection", "private"]
LivestreamRecordingState = Literal["recording", "storing", "stored", "failed", "expired"]


class GiftGoalView(View):
    """What the reader collects gifts for, and how far it has come. Money in minor units."""

    title: str
    goal_minor: int
    reached_minor: int


class LivestreamRecordingView(View):
    state: LivestreamRecordingState
    is_published: bool
    seconds: float


class LivestreamView(View):
    """The snapshot. `media_id` is where its media are now, null while nothing can be seen; another id means other media.

    `version` goes up by one with each change of state, not with viewers, messages and gifts. While `is_paused` viewers wait:
    for the publisher's connection, or for the reader's private consultation, until `pause_until_at`.
    """

    id: UUID
    reader: ParticipantView
    title: str
    description: str
    category: str
    cover_url: str | None
    status: LivestreamStatus
    end_reason: LivestreamEndReason | None
    scheduled_at: Instant | None
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    is_paused: bool
    pause_reason: LivestreamPauseReason | None
    pause_until_at: Instant | None
    media_id: UUID | None
    viewer_count: int
    peak: int
    slow_mode_seconds: int
    is_followers_only: bool
    gift_goal: GiftGoalView | None
    currency: str
    gifts_minor: int
    last_seq: int
    version: int
    is_recorded: bool
    recording: LivestreamRecordingView | None


def render_livestream(parts: LivestreamParts, *, currency: str) -> LivestreamView:
    """The snapshot; everybody sees the same."""
    row = parts.livestream
    return LivestreamView(
        id=row.id,
        reader=render_person(parts.reader),
        title=row.title,
        description=row.description,
        category=row.category,
        cover_url=upload_url(row.cover_upload_id),
        status=row.status,
        end_reason=row.end_reason,
        scheduled_at=row.scheduled_at,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        is_paused=row.is_paused,
        pause_reason=row.pause_reason,
        pause_until_at=row.pause_until_at,
        media_id=row.media_id,
        viewer_count=row.viewer_count,
        peak=row.peak,
        slow_mode_seconds=row.slow_mode_seconds,
        is_followers_only=row.is_followers_only,
        gift_goal=_render_goal(parts),
        currency=currency,
        gifts_minor=parts.gifts_minor,
        last_seq=parts.last_seq,
        version=row.version,
        is_recorded=row.is_recorded,
        recording=_render_recording(parts),
    )


def _render_goal(parts: LivestreamParts) -> GiftGoalView | None:
    row = parts.livestream
    if row.gift_goal_minor is None or row.gift_goal_title is None:
        return None
    return GiftGoalView(title=row.gift_goal_title, goal_minor=row.gift_goal_minor, reached_minor=parts.gifts_minor)


def _render_recording(parts: LivestreamParts) -> LivestreamRecordingView | None:
    row = parts.livestream
    if row.recording_state is None:
        return None
    seconds = parts.recording_ms / 1000
    return LivestreamRecordingView(state=row.recording_state, is_published=row.is_published, seconds=seconds)
