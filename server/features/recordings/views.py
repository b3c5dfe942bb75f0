"""What the doors of recordings answer and accept."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from config.fields import Id, Instant, Payload, PlainText, View
from realtime.recordings.views import RecordingState, Side, StopReason


class PlayableFileView(View):
    """`url` needs the token; `play_url` and `download_url` need none until `links_expire_at`: for `<video>` and links."""

    side: Side
    part: int
    url: str
    play_url: str
    download_url: str
    links_expire_at: Instant
    bytes: int
    seconds: float
    offset_seconds: float
    has_video: bool


class ListedRecordingView(View):
    """A recording as in the snapshot, its files with addresses to play them."""

    id: UUID
    state: RecordingState
    asked_by: UUID
    asked_at: Instant
    kept_days: int
    agreed_at: Instant | None
    started_at: Instant | None
    stopped_at: Instant | None
    stopped_by: UUID | None
    stop_reason: StopReason | None
    expires_at: Instant | None
    files: list[PlayableFileView]


class RecordingList(View):
    """All of a consultation's, the newest first."""

    items: list[ListedRecordingView]
    next_cursor: None = None


class FileQuery(Payload):
    """`download=1` has a browser keep the file. The others are a pass from the list, for who sends no token."""

    download: Annotated[int, Field(ge=0, le=1)] = 0
    user: Id | None = None
    login: Id | None = None
    expires: Annotated[int, Field(ge=0, le=2**40)] | None = None
    signature: Annotated[PlainText, Field(max_length=64)] | None = None
