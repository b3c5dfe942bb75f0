"""The gifts' doors, all together."""

from __future__ import annotations

from server.features.gifts.kind_routes import KIND_ROUTES
from server.features.gifts.receipt_routes import RECEIPT_ROUTES

ROUTES = (*KIND_ROUTES, *RECEIPT_ROUTES)
