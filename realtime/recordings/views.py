"""A recording as its participants see it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from config.fields import Instant, View
from storage.recordings import Recording, RecordingFile

# Stored and expired ones are stopped; whether there are files says the rest.
RecordingState = Literal["asked", "connecting", "recording", "stopped"]
Side = Literal["client", "reader"]
StopReason = Literal["stopped", "consultation_ended", "media_ended", "not_connected", "interrupted", "disk_failed"]


class RecordingFileView(View):
    """One WebM file. A participant who was away for a moment goes on in another part; both sides' files share one time line,
    on which this one begins at `offset_seconds`."""

    side: Side
    part: int
    url: str
    bytes: int
    seconds: float
    offset_seconds: float
    has_video: bool


class RecordingView(View):
    """`asked_by` and `stopped_by` are user ids; `stopped_by` is null when it ended by itself. Files appear once they are stored.

    `kept_days`: for how long after its end it is kept, 0 = until it is deleted; past `expires_at` there are no files.
    """

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
    files: list[RecordingFileView]


def render_recording(recording: Recording | None) -> RecordingView | None:
    if recording is None:
        return None
    state = "stopped" if recording.state in ("stored", "expired") else recording.state
    return RecordingView(
        id=recording.id,
        state=state,
        asked_by=recording.asked_by,
        asked_at=recording.asked_at,
        kept_days=recording.kept_days,
        agreed_at=recording.agreed_at,
        started_at=recording.started_at,
        stopped_at=recording.stopped_at,
        stopped_by=recording.stopped_by,
        stop_reason=recording.stop_reason,
        expires_at=recording.expires_at,
        files=[render_file(recording, file) for file in recording.files if recording.state == "stored"],
    )


def render_file(recording: Recording, file: RecordingFile) -> RecordingFileView:
    return RecordingFileView(
        side=file.side,
        part=file.part,
        url=file_url(recording.consultation_id, recording.id, file.side, file.part),
        bytes=file.byte_size,
        seconds=file.duration_ms / 1000,
        offset_seconds=file.offset_ms / 1000,
        has_video=file.has_video,
    )


def file_url(consultation_id: UUID, recording_id: UUID, side: str, part: int) -> str:
    return f"/api/v1/consultations/{consultation_id}/recordings/{recording_id}/{side}/{part}"
