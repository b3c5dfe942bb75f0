"""The recordings' doors: participants only, and whoever plays or keeps a file is in the audit log."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from aiohttp import web

from config import limits
from config.errors import NotFound, Unauthenticated, Unprocessable
from realtime.commands import Caller
from realtime.consultations.access import access_consultation
from realtime.recordings.errors import RecordingExpired
from realtime.recordings.folders import CONTENT_TYPE
from realtime.recordings.views import file_url, render_recording
from server.features.recordings.links import sign_url
from server.features.recordings.ranges import RangeNotSatisfiable, read_span
from server.features.recordings.streaming import StoredFile, identify, send_file
from server.features.recordings.views import FileQuery, ListedRecordingView, PlayableFileView, RecordingList
from server.http.authentication import AccountSuspended, LoginRevoked
from server.http.routes import Access, Call, Route
from storage.audit import insert_audit_row_once
from storage.recordings import Recording, find_recording, list_recordings


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
    caller = await identify(call, file_url(consultation_id, recording_id, side, part))
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
    begun_at = recording.started_at or recording.asked_at
    filename = f"recording-{begun_at:%Y-%m-%d-%H%M}-{file.side}-{file.part}.webm"
    stored = StoredFile(file.file_key, file.byte_size, etag=f'"{recording.id}.{side}.{part}"', filename=filename)
    span = read_span(call.request, size=stored.byte_size, etag=stored.etag)
    if call.request.method != "HEAD":
        await _note_access(call, caller, recording)
    return await send_file(call, stored, span, is_download=bool(call.query.download))


def _read_place(call: Call[Any, Any]) -> tuple[str, int]:
    side, part = call.path_text("side"), call.path_text("part")
    if side not in ("client", "reader") or re.fullmatch(r"[1-9][0-9]{0,5}", part) is None:
        raise NotFound
    return side, int(part)


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
