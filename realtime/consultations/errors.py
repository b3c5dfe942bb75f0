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


class ConsultationHasNoMedia(AppError):
    code, status, title = "consultation.no_media", 409, "This consultation goes on by chat; there are no media in it"


class ModeNotAvailable(AppError):
    code, status, title = "consultation.mode_not_available", 409, "That is more than what was asked for"


class RateNotAgreed(AppError):
    code, status, title = "consultation.rate_not_agreed", 409, "The client has to agree to the higher price first"


class TooManySignals(AppError):
    code, status, title, retryable = "limit.rate", 429, "Too many signals wait for the other side; slow down", True


class ReaderTimeTaken(AppError):
    code, status, title = "reader.time_taken", 409, "Somebody else has booked this time"


class ReaderTimeNotOffered(AppError):
    code, status, title = "reader.time_not_offered", 409, "The reader does not offer this time"


class ClientTimeTaken(AppError):
    code, status, title = "client.time_taken", 409, "You have booked another consultation at this time"


class ClientTooManyBookings(AppError):
    code, status, title = "client.too_many_bookings", 409, "You have as many booked consultations as one person may have"


class ConsultationNotScheduled(AppError):
    code, status, title = "consultation.not_scheduled", 409, "This booking has begun, or is over"


class ConsultationTooEarly(AppError):
    code, status, title, retryable = "consultation.too_early", 409, "The waiting room is not open yet", True


class ConsultationUnpaid(AppError):
    code, status, title = "consultation.unpaid", 409, "Only a consultation with something paid can be reviewed"


class ReviewExists(AppError):
    code, status, title = "review.exists", 409, "This consultation has been reviewed already"
