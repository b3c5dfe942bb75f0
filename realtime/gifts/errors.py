"""The expected failures of gifts."""

from __future__ import annotations

from config.errors import AppError


class GiftKindUnknown(AppError):
    code, status, title = "gift.kind_unknown", 404, "There is no such gift on offer"
