"""The back office's doors, all together."""

from __future__ import annotations

from server.features.admin.consultation_routes import CONSULTATION_ROUTES
from server.features.admin.livestream_routes import LIVESTREAM_ROUTES
from server.features.admin.people_routes import PEOPLE_ROUTES
from server.features.admin.record_routes import RECORD_ROUTES

ROUTES = (*RECORD_ROUTES, *PEOPLE_ROUTES, *CONSULTATION_ROUTES, *LIVESTREAM_ROUTES)
