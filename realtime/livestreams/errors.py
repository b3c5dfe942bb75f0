"""The expected failures of livestreams."""

from __future__ import annotations

from config.errors import AppError


class LivestreamEnded(AppError):
    code, status, title = "livestream.ended", 409, "This livestream is over"


class LivestreamAlreadyLive(AppError):
    code, status, title = "livestream.already_live", 409, "Another livestream of yours is live; end it first"


class LivestreamTakenOver(AppError):
    code, status, title = "livestream.taken_over", 409, "Another tab or device of yours publishes this livestream now"


class LivestreamNotLive(AppError):
    code, status, title = "livestream.not_live", 409, "This livestream is not live"


class LivestreamNotScheduled(AppError):
    code, status, title = "livestream.not_scheduled", 409, "This livestream has begun already, or is over"


class LivestreamTooMany(AppError):
    code, status, title = "livestream.too_many", 409, "Too many livestreams wait to be started; start or cancel one first"


class LivestreamBanned(AppError):
    code, status, title = "livestream.banned", 403, "You may not watch this reader's livestreams"


class LivestreamNotJoined(AppError):
    code, status, title = "livestream.not_joined", 409, "Join the livestream first"


class LivestreamMediaGone(AppError):
    code, status, title = "livestream.media_gone", 409, "These media are over; join again to be offered others"


class LivestreamUnavailable(AppError):
    code, status, title, retryable = "livestream.unavailable", 503, "Livestreams cannot be carried right now", True


class LivestreamFull(AppError):
    code, status, title, retryable = "livestream.full", 503, "There is no room for another livestream right now", True
