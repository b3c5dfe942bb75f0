"""Byte ranges (RFC 9110, section 14): one range, which is what players ask for; anything else is answered with the whole."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from config.errors import AppError


class RangeNotSatisfiable(AppError):
    code, status, title = "request.range_not_satisfiable", 416, "The file does not reach that far"


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `begin` up to and not including `end`."""

    begin: int
    end: int
    is_partial: bool


def read_span(request: web.Request, *, size: int, etag: str) -> Span:
    """Raises RangeNotSatisfiable for what begins behind the end of the file."""
    whole = Span(0, size, is_partial=False)
    if request.method == "HEAD" or request.headers.get("If-Range", etag) != etag:
        return whole
    try:
        wanted = request.http_range
    except ValueError:
        return whole
    if wanted.start is None and wanted.stop is None:
        return whole
    if wanted.start is not None and wanted.start < 0:
        return Span(max(0, size + wanted.start), size, is_partial=True)
    begin = wanted.start or 0
    if begin >= size:
        raise RangeNotSatisfiable
    return Span(begin, size if wanted.stop is None else min(size, wanted.stop), is_partial=True)
