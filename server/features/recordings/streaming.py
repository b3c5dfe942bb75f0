"""Giving out recorded files: who asks, by token or by the pass in the address, and the bytes that they want."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from config.errors import DependencyUnavailable, NotFound, Unauthenticated
from config.logging import get_logger
from realtime.commands import Caller
from realtime.recordings.folders import CONTENT_TYPE
from server.features.recordings.links import Pass, is_genuine
from server.features.recordings.ranges import Span
from server.features.recordings.views import FileQuery
from server.http.authentication import with_origin
from server.http.routes import Call
from storage.files import FileStore

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFile:
    file_key: str
    byte_size: int
    etag: str
    filename: str


def read_pass(call: Call[None, FileQuery], url: str) -> Pass:
    """The genuine pass in the query. Raises Unauthenticated."""
    query = call.query
    if query.user is None or query.login is None or query.expires is None or query.signature is None:
        raise Unauthenticated
    granted = Pass(query.user, query.login, query.expires)
    if not is_genuine(call.services.link_secret, url, granted, query.signature, now=call.clock.now()):
        raise Unauthenticated("This link is not valid any more")
    return granted


async def identify(call: Call[None, FileQuery], url: str) -> Caller:
    """Raises Unauthenticated, LoginRevoked or AccountSuspended."""
    if call.optional_caller is not None:
        return call.caller
    return await identify_by_pass(call, read_pass(call, url))


async def identify_by_pass(call: Call[None, FileQuery], granted: Pass) -> Caller:
    """Raises LoginRevoked or AccountSuspended."""
    caller = await call.services.authenticator.find_caller(user_id=granted.user_id, login_id=granted.login_id)
    return with_origin(caller, ip_address=call.ip_address, user_agent=call.user_agent)


async def send_file(call: Call[Any, Any], file: StoredFile, span: Span, *, is_download: bool) -> web.StreamResponse:
    """Only the head where that is what was asked for. Raises NotFound."""
    response = _make_response(file, span, is_download=is_download)
    if call.request.method == "HEAD":
        await response.prepare(call.request)
        await response.write_eof()
        return response
    files = call.services.files
    assert isinstance(files, FileStore), "this process was started without a file store"
    pieces = await files.stream(file.file_key, begin=span.begin, end=span.end)
    if pieces is None:
        raise NotFound
    await response.prepare(call.request)
    try:
        async for piece in pieces:
            await response.write(piece)
    except DependencyUnavailable:
        # Too late for another answer: the connection ends, and the player sees that something is missing.
        log.warning("recording.cut_short")
        if call.request.transport is not None:
            call.request.transport.close()
        return response
    await response.write_eof()
    return response


def _make_response(file: StoredFile, span: Span, *, is_download: bool) -> web.StreamResponse:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'{"attachment" if is_download else "inline"}; filename="{file.filename}"',
        "Content-Length": str(span.end - span.begin),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Type": CONTENT_TYPE,
        "ETag": file.etag,
        "X-Content-Type-Options": "nosniff",
    }
    if span.is_partial:
        headers["Content-Range"] = f"bytes {span.begin}-{span.end - 1}/{file.byte_size}"
    return web.StreamResponse(status=206 if span.is_partial else 200, headers=headers)
