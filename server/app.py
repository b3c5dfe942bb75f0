"""The composition root: reads the settings, starts the parts in order, and stops them in the reverse order."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from config import limits
from config.clock import Clock, SystemClock
from config.settings import Settings
from realtime.livestreams.hosting import MakeEngine
from realtime.media.engines.choice import make_engine
from server.http import dispatch, documents, health
from server.http.metrics import Metrics
from server.http.middlewares import make_header_writer, make_observer, make_problem_renderer
from server.http.pages import Pages
from server.live import close_live_connections, start_live
from server.livestreams import MAKE_ENGINE
from server.parts import (
    CLOCK,
    METRICS,
    SETTINGS,
    start_database,
    start_demo,
    start_guide,
    start_jobs,
    start_services,
    start_upkeep,
)
from server.payments import start_payment_sweeps, start_payments
from server.routes import routes_of

DIST_FOLDER = Path(__file__).resolve().parent.parent / "static" / "dist"


def build_app(settings: Settings, *, clock: Clock | None = None, make_engine: MakeEngine = make_engine) -> web.Application:
    """The whole product as one application; nothing runs until it is started."""
    metrics = Metrics()
    pages = Pages(DIST_FOLDER)
    app = web.Application(
        middlewares=[make_observer(metrics), make_problem_renderer(pages.find_page)],
        client_max_size=limits.HTTP_BODY_BYTES,
    )
    app[SETTINGS] = settings
    app[CLOCK] = clock or SystemClock()
    app[METRICS] = metrics
    app[MAKE_ENGINE] = make_engine
    app.on_response_prepare.append(make_header_writer(settings))
    app.cleanup_ctx.extend(
        [
            start_database,
            start_payments,
            start_services,
            start_live,
            start_demo,
            start_payment_sweeps,
            start_upkeep,
            start_jobs,
            start_guide,
        ]
    )
    app.on_shutdown.append(close_live_connections)
    routes = routes_of(settings)
    dispatch.mount(app, routes)
    documents.mount(app, routes, settings)
    health.mount(app)
    pages.mount(app)
    return app
