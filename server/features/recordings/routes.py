"""The recordings' doors: participants only, and whoever plays or keeps a file is in the audit log."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from aiohttp import web

from config import limits
from config.errors import AppError, DependencyUnavailable, NotFound, Unauthenticated, Unprocessable
from config.logging import get_logger
from realtime.commands import Caller
from realtime.consultations.access import access_consultation
from realtime.recordings.folders import CONTENT_TYPE
from realtime.recordings.views import file_url, render_recording
from server.features.recordings.links import Pass, is_genuine, sign_url
from server.features.recordings.ranges import RangeNotSatisfiable, Span, read_span
from server.features.recordings.views import FileQuery, ListedRecordingView, PlayableFileView, RecordingList
from server.http.authentication import AccountSuspended, LoginRevoked, with_origin
from server.http.routes import Access, Call, Route
from storage.audit import insert_audit_row_once
from storage.files import FileStore
from storage.recordings import Recording, RecordingFile, find_recording, list_recordings

log = get_logger(__name__)


class RecordingExpired(AppError):
    code, status, title = "recording.expired", 410, "This recording was deleted when the time it was kept for was over"


async def list_consultation_recordings(call: Call[None, None]) -> RecordingList:
    caller, consultation_id = call.caller, call.ids["consultation_id"]
    async with call.database.connection() as db:
        await access_consultation(db, consultation_id, user_id=caller.user_id)
        found = await list_recordings(db, consultation_id, limit=limits.RECORDINGS_PER_CONSULTATION)
    return RecordingList(items=[_render(call, recording) for recording in found])


def _render(call: Call[Any, Any], recording: Recording) -> ListedRecordingView:
    view = render_recording(recording)
    assert view is not None
    # Long enough to play the longest file once, and to go back in it.
    longest_ms = max((file.duration_ms for file in recording.files), default=0)
    valid_for = timedelta(seconds=limits.RECORDING_URL_SECONDS, milliseconds=longest_ms)
    files = []
    for file in view.files:
        play_url = sign_url(
            call.services.link_secret,
            file.url,
            user_id=call.caller.user_id,
            login_id=call.caller.login_id,
            now=call.clock.now(),
            valid_for=valid_for,
        )
        links = {"play_url": play_url, "download_url": f"{play_url}&download=1", "links_expire_at": call.clock.now() + valid_for}
        files.append(PlayableFileView(**file.model_dump(), **links))
    return ListedRecordingView(**{**dict(view), "files": files})


async def get_recording_file(call: Call[None, FileQuery]) -> web.StreamResponse:
    """Streams it. A pass is as good as a token; either way the person must be a participant."""
    consultation_id, recording_id = call.ids["consultation_id"], call.ids["recording_id"]
    side, part = _read_place(call)
    caller = await _identify(call, file_url(consultation_id, recording_id, side, part))
    async with call.database.connection() as db:
        await access_consultation(db, consultation_id, user_id=caller.user_id)
        recording = await find_recording(db, recording_id)
    if recording is None or recording.consultation_id != consultation_id:
        raise NotFound
    # Also where it has not been deleted yet.
    if recording.state == "expired" or (recording.expires_at is not None and recording.expires_at <= call.clock.now()):
        raise RecordingExpired
    file = next((file for file in recording.files if (file.side, file.part) == (side, part)), None)
    if file is None or recording.state != "stored":
        raise NotFound
    etag = f'"{recording.id}.{side}.{part}"'
    span = read_span(call.request, size=file.byte_size, etag=etag)
    response = _make_response(call, recording, file, span, etag)
    if call.request.method == "HEAD":
        await response.prepare(call.request)
        await response.write_eof()
        return response
    await _note_access(call, caller, recording)
    return await _send(call, response, file, span)


def _read_place(call: Call[Any, Any]) -> tuple[str, int]:
    side, part = call.path_text("side"), call.path_text("part")
    if side not in ("client", "reader") or re.fullmatch(r"[1-9][0-9]{0,5}", part) is None:
        raise NotFound
    return side, int(part)


async def _identify(call: Call[None, FileQuery], url: str) -> Caller:
    """Raises Unauthenticated, LoginRevoked or AccountSuspended."""
    if call.optional_caller is not None:
        return call.caller
    query = call.query
    if query.user is None or query.login is None or query.expires is None or query.signature is None:
        raise Unauthenticated
    granted = Pass(query.user, query.login, query.expires)
    if not is_genuine(call.services.link_secret, url, granted, query.signature, now=call.clock.now()):
        raise Unauthenticated("This link is not valid any more")
    caller = await call.services.authenticator.find_caller(user_id=granted.user_id, login_id=granted.login_id)
    return with_origin(caller, ip_address=call.ip_address, user_agent=call.user_agent)


def _make_response(
    call: Call[None, FileQuery], recording: Recording, file: RecordingFile, span: Span, etag: str
) -> web.StreamResponse:
    begun_at = recording.started_at or recording.asked_at
    filename = f"recording-{begun_at:%Y-%m-%d-%H%M}-{file.side}-{file.part}.webm"
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'{"attachment" if call.query.download else "inline"}; filename="{filename}"',
        "Content-Length": str(span.end - span.begin),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Type": CONTENT_TYPE,
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }
    if span.is_partial:
        headers["Content-Range"] = f"bytes {span.begin}-{span.end - 1}/{file.byte_size}"
    return web.StreamResponse(status=206 if span.is_partial else 200, headers=headers)


async def _note_access(call: Call[None, FileQuery], caller: Caller, recording: Recording) -> None:
    """Once in a quarter of an hour: a player asks for many pieces of what is played once."""
    await call.database.transact(
        lambda tx: insert_audit_row_once(
            tx,
            actor_id=caller.user_id,
            action="recording.download" if call.query.download else "recording.play",
            entity_type="recording",
            entity_id=str(recording.id),
            after={"consultation_id": str(recording.consultation_id)},
            within=timedelta(seconds=limits.RECORDING_URL_SECONDS),
            ip_address=caller.ip_address,
            user_agent=caller.user_agent,
            now=call.clock.now(),
        )
    )


async def _send(call: Call[Any, Any], response: web.StreamResponse, file: RecordingFile, span: Span) -> web.StreamResponse:
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


ROUTES = (
    Route(
        method="GET",
        path="/consultations/{consultation_id}/recordings",
        handler=list_consultation_recordings,
        summary="A consultation's recordings, with addresses to play and keep their files",
        tag="recordings",
        answer=RecordingList,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/consultations/{consultation_id}/recordings/{recording_id}/{side}/{part}",
        handler=get_recording_file,
        summary="One file of a recording, whole or a range of its bytes",
        tag="recordings",
        access=Access.OPTIONAL,
        query=FileQuery,
        errors=(NotFound, Unauthenticated, LoginRevoked, AccountSuspended, RecordingExpired, RangeNotSatisfiable, Unprocessable),
        media_types=(CONTENT_TYPE,),
        description="WebM with VP8 and Opus. Without a token the pass that the list gives out in `play_url` is needed.",
    ),
)
