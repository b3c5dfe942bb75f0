"""Whether the process lives, and whether what it depends on answers."""

from __future__ import annotations

import asyncio

from aiohttp import web

from server.services import SERVICES, ReadyCheck

_PATIENCE_SECONDS = 3.0


def mount(app: web.Application) -> None:
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/metrics", _metrics)


async def _healthz(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _readyz(request: web.Request) -> web.Response:
    """503 while a part does not answer, with each part's state."""
    services = request.app[SERVICES]
    checks: dict[str, ReadyCheck] = {"database": services.database.is_reachable, **services.ready_checks}
    results = await asyncio.gather(*(_check(check) for check in checks.values()))
    states = dict(zip(checks, results, strict=True))
    is_ready = all(results)
    body = {
        "status": "ok" if is_ready else "unavailable",
        "checks": {name: "ok" if state else "unreachable" for name, state in states.items()},
    }
    return web.json_response(body, status=200 if is_ready else 503, headers={} if is_ready else {"Retry-After": "2"})


async def _check(check: ReadyCheck) -> bool:
    try:
        return await asyncio.wait_for(check(), _PATIENCE_SECONDS)
    except (TimeoutError, OSError):
        return False


async def _metrics(request: web.Request) -> web.Response:
    return request.app[SERVICES].metrics.render()
