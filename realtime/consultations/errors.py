"""The expected failures of consultations."""

from __future__ import annotations

from config.errors import AppError


class ReaderBusy(AppError):
    code, status, title, retryable = "reader.busy", 409, "The reader is with somebody else right now", True


class ReaderOffline(AppError):
    code, status, title, retryable = "reader.offline", 409, "The reader is not available right now", True


class ReaderUnverified(AppError):
    code, status, title = "reader.unverified", 409, "This reader has not been verified yet"


class ReaderTypeNotOffered(AppError):
    code, status, title = "reader.type_not_offered", 409, "The reader does not offer this kind of consultation"


class ClientBusy(AppError):
    code, status, title = "client.busy", 409, "You already have a consultation going on"


class ConsultationNotRequested(AppError):
    code, status, title = "consultation.not_requested", 409, "This consultation is not ringing any more"


class ConsultationNotInProgress(AppError):
    code, status, title = "consultation.not_in_progress", 409, "This consultation is not going on"


class ConsultationClockStopped(AppError):
    code, status, title = "consultation.clock_stopped", 409, "The clock stands until the wallet is topped up"


class ConsultationNotJoined(AppError):
    code, status, title, retryable = "consultation.not_joined", 409, "Join the consultation again to go on", True


class ConsultationUnpaid(AppError):
    code, status, title = "consultation.unpaid", 409, "Only a consultation with something paid can be reviewed"


class ReviewExists(AppError):
    code, status, title = "review.exists", 409, "This consultation has been reviewed already"
