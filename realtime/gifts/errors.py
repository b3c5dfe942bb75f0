"""The expected failures of gifts."""

from __future__ import annotations

from config.errors import AppError


class GiftKindUnknown(AppError):
    code, status, title = "gift.kind_unknown", 404, "There is no such gift on offer"


class GiftPriceChanged(AppError):
    code, status, title = "gift.price_changed", 409, "The price of this gift has changed; look at it once more"
