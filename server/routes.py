"""Every declared route of the product, in the order of the documents. A feature adds its `ROUTES` here."""

from __future__ import annotations

from server.features.accounts.routes import ROUTES as ACCOUNT_ROUTES
from server.http.routes import Route

ROUTES: tuple[Route, ...] = (*ACCOUNT_ROUTES,)
