"""Around every request: its id, its line in the log, its figures, its security headers, and errors as problems."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from email.utils import format_datetime

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from config import limits
from config.errors import AppError, NotFound
from config.ids import new_id
from config.logging import get_logger
from config.settings import Settings
from server.http.metrics import Metrics
from server.http.problems import render_problem, translate_http_error
from server.parts import CLOCK

log = get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PageFallback = Callable[[web.Request], web.StreamResponse | None]

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
# What a room with sound and picture uses; no frame of anybody else's gets any of it.
CALL_FEATURES = (
    "camera",
    "microphone",
    "display-capture",
    "picture-in-picture",
    "speaker-selection",
    "screen-wake-lock",
    "autoplay",
)
_SANE_REQUEST_ID = re.compile(rf"[A-Za-z0-9._-]{{1,{limits.REQUEST_ID_LENGTH}}}\Z")


def make_observer(metrics: Metrics) -> Middleware:
    """Outermost: gives the request its id and tells the log and the metrics how it went, without personal data."""

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SANE_REQUEST_ID.match(given) else str(new_id())
        request[REQUEST_ID] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 499
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            seconds = time.perf_counter() - started
            route = name_route(request, is_answered=status < 400)
            metrics.observe_request(method=request.method, route=route, status=status, seconds=seconds)
            write = log.warning if status >= 500 else log.info
            write("http.request", method=request.method, route=route, status=status, ms=round(seconds * 1000, 1))

    return observe


def make_problem_renderer(find_page: PageFallback) -> Middleware:
    """Turns whatever was raised into a problem. `find_page` may answer for a path that no route knows."""

    @web.middleware
    async def render(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except AppError as error:
            return render_problem(error)
        except web.HTTPException as error:
            return _render_http_exception(request, error, find_page)
        except (asyncio.CancelledError, ConnectionResetError):
            raise
        except Exception:
            log.exception("http.failed", route=name_route(request))
            return render_problem(AppError())

    return render


def make_header_writer(settings: Settings) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """A signal on every response about to be sent, errors and files included."""
    headers = security_headers(settings)

    async def write_headers(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request.get(REQUEST_ID, "")
        # Browsers tell our time by it, and compare that with times which this clock wrote into answers and events.
        response.headers["Date"] = format_datetime(request.app[CLOCK].now(), usegmt=True)
        response.headers.popall("Server", None)

    return write_headers


def security_headers(settings: Settings) -> dict[str, str]:
    """A policy under which only our own files run; Stripe's where its own page asks for it ("Security guide", CSP)."""
    with_stripe = settings.stripe.browser_key is not None
    stripe_script = "https://js.stripe.com https://*.js.stripe.com"
    policy = {
        "default-src": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "img-src": "'self' blob: data:" + (" https://*.stripe.com" if with_stripe else ""),
        "media-src": "'self' blob:",
        "script-src": "'self'" + (f" {stripe_script}" if with_stripe else ""),
        "connect-src": "'self'" + (" https://api.stripe.com" if with_stripe else ""),
        "frame-src": f"{stripe_script} https://hooks.stripe.com" if with_stripe else "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        # A wallet such as Google Pay opens a window from Stripe's frame and answers through it.
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups" if with_stripe else "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=(self)" for name in CALL_FEATURES) + ", geolocation=(), usb=()",
    }
    if (settings.server.public_url or "").startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def name_route(request: web.Request, *, is_answered: bool = False) -> str:
    """The route's pattern, never the path that was asked for: that may hold an address or a token. What is answered without
    a route is one of the app's pages.
    """
    resource = request.match_info.route.resource
    if resource is not None:
        return resource.canonical
    return "page" if is_answered else "unknown"


def _render_http_exception(request: web.Request, error: web.HTTPException, find_page: PageFallback) -> web.StreamResponse:
    if error.status < 400:
        return web.Response(status=error.status, headers={"Location": error.headers.get("Location", "/")})
    allowed = error.headers.get("Allow")
    if error.status == 405 and request.method == "OPTIONS":
        return web.Response(status=204, headers={"Allow": f"{allowed},OPTIONS"})
    if error.status == 404 and request.match_info.http_exception is not None:
        page = find_page(request)
        return page if page is not None else render_problem(NotFound())
    response = render_problem(translate_http_error(error))
    if allowed is not None:
        response.headers["Allow"] = allowed
    return response
