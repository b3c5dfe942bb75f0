"""The OpenAPI 3.1 document, generated from the declared routes: what is described is what is dispatched."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from config import limits
from config.errors import (
    AppError,
    BadRequest,
    DependencyUnavailable,
    Forbidden,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    RateLimited,
    Unauthenticated,
    Unprocessable,
    UnsupportedMediaType,
    error_classes,
)
from server.http.authentication import AccessTokenExpired, AccountSuspended, LoginRevoked
from server.http.idempotency import IdempotencyKeyBusy
from server.http.problems import MEDIA_TYPE, ProblemDetails, RequestTimedOut
from server.http.routes import Access, Body, Idempotency, Route

_REF = "#/components/schemas/{model}"
_Mode = Literal["validation", "serialization"]
Json = dict[str, Any]


def describe_api(routes: Sequence[Route], *, title: str, version: str) -> Json:
    """The whole document."""
    references, schemas = _collect_schemas(routes)
    paths: dict[str, Json] = defaultdict(dict)
    for route in routes:
        paths[route.full_path][route.method.lower()] = _describe_operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{title} API", "version": version, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": dict(paths),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "refresh": {"type": "apiKey", "in": "cookie", "name": "soulseer_refresh"},
            },
        },
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "x-error-codes": list_error_codes(),
    }


def list_error_codes() -> list[Json]:
    """The catalogue of codes, which HTTP and the live protocol share."""
    return [
        {"code": error.code, "status": error.status, "title": error.title, "retryable": error.retryable}
        for error in error_classes()
    ]


def errors_of(route: Route) -> tuple[type[AppError], ...]:
    """Everything the route may answer instead of its result: its own failures, and those of how it is called."""
    found: list[type[AppError]] = [*route.errors, Overloaded, DependencyUnavailable]
    if route.body is not Body.RAW:
        found.append(Unprocessable)
    if route.access is not Access.PUBLIC:
        found += [Unauthenticated, AccessTokenExpired, LoginRevoked, AccountSuspended]
    if route.roles or route.permission is not None:
        found.append(Forbidden)
    if route.payload is not None and route.body is Body.JSON:
        found += [BadRequest, RequestTimedOut, PayloadTooLarge, UnsupportedMediaType, Unprocessable]
    if route.parameters:
        found.append(NotFound)
    if route.rate_limit is not None:
        found.append(RateLimited)
    if route.idempotency is not Idempotency.NONE:
        found += [IdempotencyKeyReused, IdempotencyKeyBusy, IdempotencyKeyMissing, Unprocessable]
    return tuple(sorted(set(found), key=lambda error: (error.status, error.code)))


def _collect_schemas(routes: Sequence[Route]) -> tuple[dict[tuple[type[BaseModel], _Mode], Json], Json]:
    wanted: dict[tuple[type[BaseModel], _Mode], None] = {(ProblemDetails, "serialization"): None}
    for route in routes:
        if route.payload is not None:
            wanted[(route.payload, "validation")] = None
        if route.query is not None:
            wanted[(route.query, "validation")] = None
        if route.answer is not None:
            wanted[(route.answer, "serialization")] = None
    references, schema = models_json_schema(list(wanted), ref_template=_REF)
    return references, schema.get("$defs", {})  # type: ignore[return-value]


def _describe_operation(route: Route, references: dict[tuple[type[BaseModel], _Mode], Json]) -> Json:
    operation: Json = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": _describe_parameters(route),
        "responses": _describe_responses(route, references),
    }
    description = _describe_in_words(route)
    if description:
        operation["description"] = description
    operation["security"] = _describe_security(route)
    body = _describe_body(route, references)
    if body is not None:
        operation["requestBody"] = body
    return operation


def _describe_in_words(route: Route) -> str:
    parts = [route.description] if route.description else []
    if route.roles:
        parts.append("For " + " and ".join(f"{role}s" for role in sorted(route.roles)) + ".")
    if route.permission is not None:
        parts.append(f"Needs the permission `{route.permission}`.")
    return " ".join(parts)


def _describe_security(route: Route) -> list[Json]:
    if route.access is Access.LOGGED_IN:
        return [{"bearer": []}]
    if route.access is Access.OPTIONAL:
        return [{}, {"bearer": []}]
    return [{"refresh": []}] if route.path == "/auth/refresh" else []


def _describe_parameters(route: Route) -> list[Json]:
    parameters: list[Json] = []
    for name in route.parameters:
        schema: Json = {"type": "string", "minLength": 1, "maxLength": limits.PATH_TEXT_LENGTH}
        if name.endswith("_id"):
            schema = {"type": "string", "format": "uuid"}
        parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    if route.query is not None:
        parameters += _describe_query(route.query)
    if route.idempotency is not Idempotency.NONE:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": route.idempotency is Idempotency.REQUIRED,
                "description": "The same key and body gives the first answer again and does nothing twice.",
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": limits.IDEMPOTENCY_KEY_LENGTH,
                    "pattern": "^[!-~]([ -~]*[!-~])?$",
                },
            }
        )
    return parameters


def _describe_query(model: type[BaseModel]) -> list[Json]:
    schema = model.model_json_schema(ref_template=_REF)
    parameters = []
    for name, found in schema.get("properties", {}).items():
        described = _without_null(found)
        parameter: Json = {"name": name, "in": "query", "required": name in schema.get("required", [])}
        if "description" in described:
            parameter["description"] = described.pop("description")
        parameters.append({**parameter, "schema": described})
    return parameters


def _without_null(schema: Json) -> Json:
    """A query parameter is given or it is not; it is never null."""
    plain = copy.deepcopy(schema)
    choices = [choice for choice in plain.pop("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        plain.update(choices[0])
    elif choices:
        plain["anyOf"] = choices
    if plain.get("default", "") is None:
        del plain["default"]
    plain.pop("title", None)
    return plain


def _describe_body(route: Route, references: dict[tuple[type[BaseModel], _Mode], Json]) -> Json | None:
    if route.body is Body.MULTIPART:
        schema: Json = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
        return {"required": True, "content": {Body.MULTIPART.value: {"schema": schema}}}
    if route.body is Body.RAW:
        return {"required": True, "content": {"application/json": {"schema": {}}}}
    if route.payload is None:
        return None
    return {"required": True, "content": {Body.JSON.value: {"schema": references[(route.payload, "validation")]}}}


def _describe_responses(route: Route, references: dict[tuple[type[BaseModel], _Mode], Json]) -> Json:
    success: Json = {"description": route.summary}
    if route.answer is not None:
        success["content"] = {"application/json": {"schema": references[(route.answer, "serialization")]}}
    if route.media_types:
        success["content"] = {media_type: {"schema": {"type": "string"}} for media_type in route.media_types}
    responses: Json = {str(route.status): success}
    by_status: dict[int, list[type[AppError]]] = defaultdict(list)
    for error in errors_of(route):
        by_status[error.status].append(error)
    for status, errors in sorted(by_status.items()):
        responses[str(status)] = _describe_problem(errors)
    return responses


def _describe_problem(errors: Sequence[type[AppError]]) -> Json:
    codes = sorted({error.code for error in errors})
    schema = {"allOf": [{"$ref": _REF.format(model="ProblemDetails")}, {"properties": {"code": {"enum": codes}}}]}
    described: Json = {
        "description": "; ".join(f"`{error.code}`: {error.title}" for error in errors),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
    if any(error.status in (423, 429, 503) for error in errors):
        described["headers"] = {
            "Retry-After": {"description": "Seconds to wait", "required": True, "schema": {"type": "integer", "minimum": 1}}
        }
    return described


_DESCRIPTION = (
    "JSON in snake_case. Money is integer minor units in fields ending `_minor`, beside `currency`. Times are RFC 3339 in UTC in"
    " fields ending `_at`. Ids are UUIDs. Errors are RFC 9457 problems whose `code` is stable. Lists are answered as"
    " `{items, next_cursor}`; give `next_cursor` back as `cursor` for the next page."
)
