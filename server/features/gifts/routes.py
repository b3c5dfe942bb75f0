"""The gifts' doors, all together."""

from __future__ import annotations

from server.features.gifts.kind_routes import KIND_ROUTES

ROUTES = (*KIND_ROUTES,)
