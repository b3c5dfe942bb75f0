"""The doors of livestreams' recordings: watching again, and what their readers decide about it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from config import limits
from config.errors import Forbidden, NotFound, Unauthenticated
from config.fields import Flag, Instant, Payload, View
from realtime.commands import Caller
from realtime.consultations.clock import Moment
from realtime.livestreams.errors import LivestreamBanned
from realtime.livestreams.recording_errors import LivestreamNotRecorded, LivestreamRecordingUnderWay
from realtime.livestreams.recordings import access_recording, hide_before_deletion, publish_recording
from realtime.livestreams.replays import access_replay
from realtime.livestreams.retention import LivestreamRetention
from realtime.livestreams.snapshots import LivestreamView, render_livestream
from realtime.recordings.errors import RecordingExpired
from realtime.recordings.folders import CONTENT_TYPE
from server.features.recordings.links import sign_url
from server.features.recordings.ranges import RangeNotSatisfiable, read_span
from server.features.recordings.streaming import StoredFile, identify_by_pass, read_pass, send_file
from server.features.recordings.views import FileQuery
from server.http.authentication import AccountSuspended, LoginRevoked
from server.http.routes import BASE, Access, Call, Route
from storage.livestream_files import LivestreamFile, find_livestream_file, list_livestream_files
from storage.livestreams import LivestreamParts
from storage.transaction import Transaction

# Whose pass is no login's: it holds for what is published.
NOBODY = UUID(int=0)


class ReplayFileView(View):
    """`url` needs no token until `links_expire_at`. It is shown from `started_at` on, for so many `seconds`."""

    part: int
    url: str
    bytes: int
    seconds: float
    started_at: Instant
    has_video: bool


class ReplayView(View):
    """The files in the order in which they were taken; between two of them there was nothing to see. What was said and given
    then is at `messages_url`, each with its `created_at`.
    """

    livestream: LivestreamView
    files: list[ReplayFileView]
    links_expire_at: Instant
    messages_url: str


class PublishRecording(Payload):
    is_published: Flag


def _file_url(livestream_id: UUID, part: int) -> str:
    return f"{BASE}/livestreams/{livestream_id}/replay/{part}"


def _moment(call: Call[Any, Any]) -> Moment:
    return Moment(call.clock.now(), call.settings)


def _render(call: Call[Any, Any], parts: LivestreamParts) -> LivestreamView:
    return render_livestream(parts, currency=call.settings.billing.currency)


async def get_replay(call: Call[None, None]) -> ReplayView:
    livestream_id, now = call.ids["livestream_id"], call.clock.now()
    async with call.database.connection() as db:
        parts = await access_replay(db, livestream_id, call.optional_caller, now=now)
        files = await list_livestream_files(db, livestream_id, limit=limits.LIVESTREAM_FILES)
    # Long enough to watch all of it once, and to go back in it.
    valid_for = timedelta(seconds=limits.RECORDING_URL_SECONDS, milliseconds=sum(file.duration_ms for file in files))
    return ReplayView(
        livestream=_render(call, parts),
        files=[_render_file(call, livestream_id, file, valid_for) for file in files],
        links_expire_at=now + valid_for,
        messages_url=f"{BASE}/livestreams/{livestream_id}/messages",
    )


def _render_file(call: Call[None, None], livestream_id: UUID, file: LivestreamFile, valid_for: timedelta) -> ReplayFileView:
    caller = call.optional_caller
    url = sign_url(
        call.services.link_secret,
        _file_url(livestream_id, file.part),
        user_id=NOBODY if caller is None else caller.user_id,
        login_id=NOBODY if caller is None else caller.login_id,
        now=call.clock.now(),
        valid_for=valid_for,
    )
    return ReplayFileView(
        part=file.part,
        url=url,
        bytes=file.byte_size,
        seconds=file.duration_ms / 1000,
        started_at=file.started_at,
        has_video=file.has_video,
    )


async def get_replay_file(call: Call[None, FileQuery]) -> web.StreamResponse:
    """Streams it, to whoever is shown the replay at this instant; a pass is as good as a token."""
    livestream_id, text = call.ids["livestream_id"], call.path_text("part")
    if re.fullmatch(r"[1-9][0-9]{0,8}", text) is None:
        raise NotFound
    part = int(text)
    caller = await _identify(call, _file_url(livestream_id, part))
    async with call.database.connection() as db:
        await access_replay(db, livestream_id, caller, now=call.clock.now())
        file = await find_livestream_file(db, livestream_id, part)
    if file is None:
        raise NotFound
    stored = StoredFile(
        file.file_key,
        file.byte_size,
        etag=f'"{livestream_id}.{part}"',
        filename=f"livestream-{file.started_at:%Y-%m-%d-%H%M}-{part}.webm",
    )
    span = read_span(call.request, size=stored.byte_size, etag=stored.etag)
    return await send_file(call, stored, span, is_download=bool(call.query.download))


async def _identify(call: Call[None, FileQuery], url: str) -> Caller | None:
    """None for the pass of somebody who was not logged in. Raises Unauthenticated, LoginRevoked or AccountSuspended."""
    if call.optional_caller is not None:
        return call.caller
    granted = read_pass(call, url)
    return None if granted.user_id == NOBODY else await identify_by_pass(call, granted)


async def change_recording(call: Call[PublishRecording, None]) -> LivestreamView:
    moment = _moment(call)

    async def publish(tx: Transaction) -> LivestreamParts:
        parts = await access_recording(tx, call.ids["livestream_id"], call.caller)
        return await publish_recording(tx, parts, call.caller, is_published=call.payload.is_published, moment=moment)

    return _render(call, await call.database.transact(publish))


async def delete_recording(call: Call[None, None]) -> None:
    """Hidden first, then deleted; said twice, it is deleted once."""
    moment, livestream_id, files = _moment(call), call.ids["livestream_id"], call.services.files
    assert files is not None, "this process was started without a file store"

    async def hide(tx: Transaction) -> None:
        await hide_before_deletion(tx, await access_recording(tx, livestream_id, call.caller), call.caller, moment)

    await call.database.transact(hide)
    retention = LivestreamRetention(settings=call.settings, database=call.database, clock=call.clock, files=files)
    await retention.delete(livestream_id)


ROUTES = (
    Route(
        method="GET",
        path="/livestreams/{livestream_id}/replay",
        handler=get_replay,
        summary="A livestream that is over, to watch again",
        tag="livestreams",
        answer=ReplayView,
        access=Access.OPTIONAL,
        errors=(NotFound, LivestreamBanned, RecordingExpired),
        description="For everybody once its reader has published it; until then for the reader, and for admins who keep order.",
    ),
    Route(
        method="GET",
        path="/livestreams/{livestream_id}/replay/{part}",
        handler=get_replay_file,
        summary="One file of a replay, whole or a range of its bytes",
        tag="livestreams",
        access=Access.OPTIONAL,
        query=FileQuery,
        errors=(
            NotFound,
            Unauthenticated,
            LoginRevoked,
            AccountSuspended,
            LivestreamBanned,
            RecordingExpired,
            RangeNotSatisfiable,
        ),
        media_types=(CONTENT_TYPE,),
        description="WebM, as it was sent. Without a token the pass is needed that the replay gives out in `url`.",
    ),
    Route(
        method="PATCH",
        path="/livestreams/{livestream_id}/recording",
        handler=change_recording,
        summary="Let everybody watch a livestream again, or nobody",
        tag="livestreams",
        payload=PublishRecording,
        answer=LivestreamView,
        errors=(NotFound, Forbidden, LivestreamNotRecorded),
    ),
    Route(
        method="DELETE",
        path="/livestreams/{livestream_id}/recording",
        handler=delete_recording,
        summary="Delete the recording of a livestream that is over",
        tag="livestreams",
        errors=(NotFound, LivestreamNotRecorded, LivestreamRecordingUnderWay),
    ),
)
