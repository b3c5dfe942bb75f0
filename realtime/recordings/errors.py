"""What can stand in the way of a recording. The consultation itself goes on in every case."""

from __future__ import annotations

from config.errors import AppError


class RecordingUnavailable(AppError):
    code, status, title, retryable = "recording.unavailable", 503, "Recording is not possible right now", True


class RecordingFull(AppError):
    code, status, title, retryable = (
        "recording.full",
        503,
        "As many consultations as this server can record are being recorded",
        True,
    )


class RecordingDisabled(AppError):
    code, status, title = "recording.disabled", 409, "Consultations are not recorded here"


class RecordingUnderWay(AppError):
    code, status, title = "recording.under_way", 409, "There is a recording, or somebody has asked for one"


class RecordingNotAsked(AppError):
    code, status, title = "recording.not_asked", 409, "The other side has not asked for a recording"


class RecordingNotAgreed(AppError):
    code, status, title = "recording.not_agreed", 409, "There is no recording that both have agreed to"


class RecordingExpired(AppError):
    code, status, title = "recording.expired", 410, "This recording was deleted when the time it was kept for was over"
