"""From a declared route to an aiohttp handler: authenticate, parse, run, render, always in this order."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel

from config import limits
from config.errors import Forbidden, NotFound, Unauthenticated
from config.fields import Payload
from config.ids import new_id
from realtime.commands import Caller
from server.http.authentication import read_bearer_token, with_origin
from server.http.idempotency import check_key, hash_request
from server.http.parsing import check_content_type, client_address, parse_json, parse_payload, parse_query, read_body
from server.http.problems import MEDIA_TYPE
from server.http.routes import Access, Answer, Body, Call, Handled, Idempotency, Route
from server.services import SERVICES, Services

__all__ = ["MEDIA_TYPE", "mount"]


def mount(app: web.Application, routes: Iterable[Route]) -> None:
    """Add every declared route to the application."""
    for route in routes:
        app.router.add_route(route.method, route.full_path, _make_handler(route))
        if route.method == "GET":
            app.router.add_route("HEAD", route.full_path, _make_handler(route))


def _make_handler(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        ip_address = client_address(request, services.settings.server.trusted_proxies)
        user_agent = _read_user_agent(request)
        caller = await _authenticate(services, request, route, ip_address, user_agent)
        _check_access(route, caller)
        call: Call[Any, Any] = Call(
            services=services,
            request=request,
            ids=_parse_ids(route, request),
            query=_read_query(route, request),
            payload=await _read_payload(route, request),
            resource_id=new_id(),
            ip_address=ip_address,
            user_agent=user_agent,
            optional_caller=caller,
        )
        if route.rate_limit is not None:
            services.rate_limiter.check(route.rate_limit, ip_address)
        return _render(route, await _run(route, call))

    functools.update_wrapper(handle, route.handler)
    return handle


async def _authenticate(
    services: Services, request: web.Request, route: Route, ip_address: str | None, user_agent: str | None
) -> Caller | None:
    if route.access is Access.PUBLIC:
        return None
    token = read_bearer_token(request.headers.get("Authorization"))
    if token is None:
        if route.access is Access.LOGGED_IN:
            raise Unauthenticated
        return None
    proof = await services.authenticator.authenticate(token)
    structlog.contextvars.bind_contextvars(user_id=str(proof.caller.user_id))
    return with_origin(proof.caller, ip_address=ip_address, user_agent=user_agent)


def _check_access(route: Route, caller: Caller | None) -> None:
    if route.roles and (caller is None or caller.role not in route.roles):
        raise Forbidden
    if route.permission is not None and (caller is None or route.permission not in caller.permissions):
        raise Forbidden


def _parse_ids(route: Route, request: web.Request) -> dict[str, UUID]:
    """Raises NotFound for what is no id: nothing can be there."""
    ids = {}
    for name in route.parameters:
        text = request.match_info[name]
        if name.endswith("_id"):
            try:
                ids[name] = UUID(text)
            except ValueError:
                raise NotFound from None
            if len(text) != 36:
                raise NotFound
        elif "\x00" in text or len(text) > limits.PATH_TEXT_LENGTH or any("\ud800" <= c <= "\udfff" for c in text):
            raise NotFound
    return ids


def _read_query(route: Route, request: web.Request) -> BaseModel | None:
    # Who calls us back may add to the address what they like.
    if route.query is None and route.body is not Body.RAW:
        parse_query(Payload, request)
    return None if route.query is None else parse_query(route.query, request)


async def _read_payload(route: Route, request: web.Request) -> BaseModel | None:
    if route.payload is None or route.body is not Body.JSON:
        return None
    check_content_type(request, Body.JSON.value)
    return parse_payload(route.payload, parse_json(await read_body(request, limit=route.body_limit)))


async def _run(route: Route, call: Call[Any, Any]) -> Handled:
    if route.idempotency is Idempotency.NONE or call.optional_caller is None:
        return await route.handler(call)
    is_required = route.idempotency is Idempotency.REQUIRED
    key = check_key(call.request.headers.get("Idempotency-Key"), is_required=is_required)
    if key is None:
        return await route.handler(call)

    async def run(resource_id: UUID) -> BaseModel | Answer | None:
        handled = await route.handler(_with_resource(call, resource_id))
        assert not isinstance(handled, web.StreamResponse), "an answer that is recorded is a model"
        return handled

    return await call.services.answering.answer_once(
        user_id=call.optional_caller.user_id,
        key=key,
        request_hash=hash_request(route.method, call.request.path, call.payload),
        status=route.status,
        run=run,
    )


def _with_resource(call: Call[Any, Any], resource_id: UUID) -> Call[Any, Any]:
    return Call(
        services=call.services,
        request=call.request,
        payload=call.payload,
        query=call.query,
        ids=call.ids,
        resource_id=resource_id,
        ip_address=call.ip_address,
        user_agent=call.user_agent,
        optional_caller=call.optional_caller,
    )


def _render(route: Route, handled: Handled) -> web.StreamResponse:
    if isinstance(handled, web.StreamResponse):
        return handled
    answer = handled if isinstance(handled, Answer) else Answer(handled)
    status = answer.status or route.status
    if answer.body is None:
        response = web.Response(status=204 if status == 200 else status)
    else:
        body = answer.body.model_dump_json().encode()
        response = web.Response(status=status, body=body, content_type="application/json", charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(answer.headers)
    return response


def _read_user_agent(request: web.Request) -> str | None:
    text = request.headers.get("User-Agent")
    if text is None:
        return None
    return "".join(c for c in text if c.isprintable() and not "\ud800" <= c <= "\udfff")[: limits.USER_AGENT_LENGTH]
