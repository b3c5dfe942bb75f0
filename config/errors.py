"""Expected failures, each named as a fact, with the stable code that HTTP and the live protocol both answer.

A failure that belongs to one feature is declared beside that feature; only what several folders raise lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake in a payload: where (dotted path) and what."""

    path: str
    message: str


class AppError(Exception):
    """An expected failure: what happened, whether trying again can help, and the HTTP status that says so."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str | None = None,
        *,
        fields: Sequence[FieldError] = (),
        retry_after_seconds: int | None = None,
        instance: str | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = tuple(fields)
        self.retry_after_seconds = retry_after_seconds
        # RFC 9457: the URL of what this occurrence is about, where its owner can go on.
        self.instance = instance


class StartupError(Exception):
    """The server cannot start; the text is one sentence that tells the operator what to do."""


class BadRequest(AppError):
    code, status, title = "request.malformed", 400, "The request could not be read"


class IdempotencyKeyMissing(AppError):
    code, status, title = "idempotency.key_missing", 400, "An Idempotency-Key header is needed here"


class IdempotencyKeyReused(AppError):
    code, status, title = "idempotency.key_reused", 422, "This Idempotency-Key was used with another body"


class NonceReused(AppError):
    code, status, title = "nonce.reused", 422, "This nonce was used with another body"


class Unauthenticated(AppError):
    code, status, title = "auth.unauthenticated", 401, "Log in to go on"


class Forbidden(AppError):
    code, status, title = "auth.forbidden", 403, "This is not yours to do"


class NotFound(AppError):
    code, status, title = "resource.not_found", 404, "There is nothing here"


class MethodNotAllowed(AppError):
    code, status, title = "request.method_not_allowed", 405, "This method is not offered here"


class Conflict(AppError):
    code, status, title = "state.conflict", 409, "That does not fit the present state"


class PayloadTooLarge(AppError):
    code, status, title = "limit.payload_too_large", 413, "The payload is too large"


class UnsupportedMediaType(AppError):
    code, status, title = "request.unsupported_media_type", 415, "This kind of content is not accepted here"


class Unprocessable(AppError):
    code, status, title = "request.invalid", 422, "Some of what was sent is not acceptable"


class RateLimited(AppError):
    code, status, title, retryable = "limit.rate", 429, "Too many requests; wait a moment", True


class Overloaded(AppError):
    code, status, title, retryable = "server.overloaded", 503, "The server is busy; try again in a moment", True


class DependencyUnavailable(AppError):
    code, status, title, retryable = "server.dependency_unavailable", 503, "A part we rely on is not answering", True


class WalletBalanceTooLow(AppError):
    code, status, title = "wallet.balance_too_low", 402, "The wallet does not hold enough for this"


class SpendingLimitReached(AppError):
    code, status, title = "wallet.spending_limit_reached", 402, "The spending limit does not allow this"


def invalid(fields: Iterable[tuple[str, str]]) -> Unprocessable:
    """An Unprocessable with one entry for each (path, message)."""
    errors = [FieldError(path, message) for path, message in fields]
    detail = "; ".join(f"{error.path}: {error.message}" if error.path else error.message for error in errors)
    return Unprocessable(detail[:500] or None, fields=errors)


def error_classes() -> list[type[AppError]]:
    """Every concrete failure known to the process, ordered by code: the catalogue of the API documents."""
    found: dict[str, type[AppError]] = {}
    pending = list(AppError.__subclasses__())
    while pending:
        candidate = pending.pop()
        found.setdefault(candidate.code, candidate)
        pending.extend(candidate.__subclasses__())
    return [found[code] for code in sorted(found)]
