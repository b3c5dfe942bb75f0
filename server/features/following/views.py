"""What the doors of following answer."""

from __future__ import annotations

from uuid import UUID

from config.fields import Instant, View
from realtime.consultations.snapshots import upload_url
from realtime.reader_status import EffectiveStatus
from server.http.pagination import Page
from storage.follows import Followed


class FollowState(View):
    reader_id: UUID
    is_followed: bool
    followers_count: int


class FollowedReader(View):
    """A listed reader whom the caller follows."""

    id: UUID
    display_name: str
    avatar_url: str | None
    is_demonstration: bool
    headline: str | None
    status: EffectiveStatus
    followed_at: Instant


class FollowPage(Page[FollowedReader]):
    """The newest first."""


def render_followed(followed: Followed) -> FollowedReader:
    return FollowedReader.model_validate(
        {
            "id": followed.id,
            "display_name": followed.display_name,
            "avatar_url": upload_url(followed.avatar_upload_id),
            "is_demonstration": followed.is_demonstration,
            "headline": followed.headline,
            "status": followed.status,
            "followed_at": followed.followed_at,
        }
    )
