"""Errors as RFC 9457 problems: every failure a client can meet, whoever raised it, in one shape."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from config.errors import (
    AppError,
    BadRequest,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    Unprocessable,
    UnsupportedMediaType,
)
from config.fields import View

MEDIA_TYPE = "application/problem+json"
FIELDS_MAXIMUM = 100


class FieldProblem(View):
    """One mistake in what was sent; `path` is dotted and empty when the whole is meant."""

    path: str
    message: str


class ProblemDetails(View):
    """RFC 9457 with the stable `code` that programs act on and whether trying again can help."""

    type: str = Field(description="`about:blank#<code>`: an identifier, not a page")
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    fields: list[FieldProblem]
    instance: str | None = Field(default=None, description="Where what this is about can be found, if anywhere")


class RequestTimedOut(AppError):
    code, status, title, retryable = "request.timed_out", 408, "The request took too long to arrive", True


_BY_STATUS: dict[int, type[AppError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    408: RequestTimedOut,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
    422: Unprocessable,
}


def describe_problem(error: AppError) -> ProblemDetails:
    """The error body that HTTP answers and that a refused live connect carries as `data`."""
    return ProblemDetails(
        type=f"about:blank#{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        retryable=error.retryable,
        fields=[FieldProblem(path=field.path, message=field.message) for field in error.fields[:FIELDS_MAXIMUM]],
        instance=error.instance,
    )


def render_problem(error: AppError) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if error.retry_after_seconds is not None or error.status == 503:
        headers["Retry-After"] = str(max(1, error.retry_after_seconds or 1))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = describe_problem(error).model_dump_json(exclude_none=True).encode()
    return web.Response(status=error.status, body=body, content_type=MEDIA_TYPE, headers=headers)


def translate_http_error(error: web.HTTPException) -> AppError:
    """aiohttp's own refusals (unknown path, wrong method, too large …) in our words."""
    known = _BY_STATUS.get(error.status)
    if known is not None:
        return known()
    return BadRequest() if 400 <= error.status < 500 else AppError()
