"""Why somebody cannot follow a reader."""

from __future__ import annotations

from config.errors import AppError


class CannotFollowOneself(AppError):
    code, status, title = "follow.oneself", 409, "Nobody follows themselves"


class FollowsTooMany(AppError):
    code, status, title = "follow.too_many", 409, "You follow as many readers as anybody may"
