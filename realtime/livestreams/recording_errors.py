"""The expected failures of livestreams' recordings."""

from __future__ import annotations

from config.errors import AppError


class LivestreamNotRecorded(AppError):
    code, status, title = "livestream.not_recorded", 409, "There is no recording of this livestream"


class LivestreamRecordingUnderWay(AppError):
    code, status, title, retryable = (
        "livestream.recording_under_way",
        409,
        "It is still being recorded or stored",
        True,
    )
