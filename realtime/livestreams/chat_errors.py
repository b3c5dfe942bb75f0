"""The expected failures of livestreams' chat and of keeping order in it."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from config.errors import AppError, FieldError, RateLimited
from config.fields import render_instant


class LivestreamMuted(AppError):
    code, status, title = "livestream.muted", 403, "You may not write in this reader's livestreams"

    @classmethod
    def until(cls, until_at: datetime | None) -> LivestreamMuted:
        """`fields` says until when, for programs; None = until it is lifted."""
        if until_at is None:
            return cls()
        text = render_instant(until_at)
        return cls(f"{cls.title} until {text}", fields=[FieldError("until_at", text)])


class LivestreamFollowersOnly(AppError):
    code, status, title = "livestream.followers_only", 403, "Only who follows the reader may write here; follow them first"


class LivestreamSlowMode(AppError):
    code, status, title, retryable = "livestream.slow_mode", 429, "Slow mode is on; wait before you write again", True

    @classmethod
    def wait(cls, until_at: datetime, *, now: datetime) -> LivestreamSlowMode:
        seconds = seconds_until(until_at, now=now)
        return cls(f"Slow mode is on; write again in {seconds} seconds", retry_after_seconds=seconds)


class LivestreamTooManyModerators(AppError):
    code, status, title = "livestream.too_many_moderators", 409, "You have as many moderators as one reader may have"


def too_fast(until_at: datetime, *, now: datetime) -> RateLimited:
    seconds = seconds_until(until_at, now=now)
    return RateLimited(f"That was too fast; write again in {seconds} seconds", retry_after_seconds=seconds)


def seconds_until(instant: datetime, *, now: datetime) -> int:
    """Whole seconds, at least one."""
    return max(1, ceil((instant - now).total_seconds()))
