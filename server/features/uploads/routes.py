"""The uploads' doors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiohttp import web

from config import limits
from config.errors import BadRequest, NotFound, PayloadTooLarge, Unprocessable, UnsupportedMediaType
from config.fields import Id, Payload, View
from realtime.consultations.snapshots import upload_url
from server.features.accounts.views import User, render_user
from server.features.uploads.actions import change_avatar, check_upload_allowance, keep_image
from server.features.uploads.errors import UploadImageTooLarge, UploadNotAnImage
from server.features.uploads.parts import read_file_part
from server.http.problems import RequestTimedOut
from server.http.routes import Access, Body, Call, RateLimit, Route
from storage.files import FileStore
from storage.uploads import find_upload

UPLOADS = RateLimit("uploads", lambda _settings: limits.UPLOADS_PER_MINUTE, 60)


class UploadView(View):
    """`url` shows the image to whoever knows it."""

    id: UUID
    url: str
    content_type: str
    byte_size: int
    width: int
    height: int


class AvatarPayload(Payload):
    """null = no picture."""

    upload_id: Id | None


def files_of(call: Call[Any, Any]) -> FileStore:
    assert call.services.files is not None, "this process was started without a file store"
    return call.services.files


async def upload_image(call: Call[None, None]) -> UploadView:
    owner_id, now = call.caller.user_id, call.clock.now()
    async with call.database.connection() as db:
        await check_upload_allowance(db, owner_id, now=now)
    content = await read_file_part(call.request)
    upload = await keep_image(call.database, files_of(call), owner_id=owner_id, content=content, now=now)
    url = upload_url(upload.id)
    assert url is not None
    return UploadView(
        id=upload.id,
        url=url,
        content_type=upload.content_type,
        byte_size=upload.byte_size,
        width=upload.width,
        height=upload.height,
    )


async def get_upload(call: Call[None, None]) -> web.StreamResponse:
    """An upload never changes, so a browser that has it need not ask again; it can run nothing, whatever it contains."""
    async with call.database.connection() as db:
        upload = await find_upload(db, call.ids["upload_id"])
    if upload is None:
        raise NotFound
    headers = {
        "ETag": f'"{upload.id}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline",
    }
    if any(tag.value == str(upload.id) for tag in call.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    content = await files_of(call).get(upload.file_key)
    if content is None:
        raise NotFound
    return web.Response(body=content, content_type=upload.content_type, headers=headers)


async def set_avatar(call: Call[AvatarPayload, None]) -> User:
    account = await call.database.transact(
        lambda tx: change_avatar(tx, user_id=call.caller.user_id, upload_id=call.payload.upload_id, now=call.clock.now())
    )
    return render_user(account)


ROUTES = (
    Route(
        method="POST",
        path="/uploads",
        handler=upload_image,
        summary="Upload one image: PNG, JPEG, WebP or GIF of at most 5 MiB",
        tag="uploads",
        answer=UploadView,
        status=201,
        body=Body.MULTIPART,
        body_limit=limits.UPLOAD_BYTES,
        rate_limit=UPLOADS,
        errors=(
            BadRequest,
            PayloadTooLarge,
            UnsupportedMediaType,
            UploadNotAnImage,
            Unprocessable,
            UploadImageTooLarge,
            RequestTimedOut,
        ),
        description="One part called `file`. What it is is decided by its content, never by its name or declared type.",
    ),
    Route(
        method="GET",
        path="/uploads/{upload_id}",
        handler=get_upload,
        summary="An uploaded image; whoever knows the address may see it",
        tag="uploads",
        access=Access.PUBLIC,
        errors=(NotFound,),
        media_types=("image/png", "image/jpeg", "image/webp", "image/gif"),
    ),
    Route(
        method="POST",
        path="/me/avatar",
        handler=set_avatar,
        summary="Show one of the own uploads as the own picture, or none",
        tag="accounts",
        payload=AvatarPayload,
        answer=User,
    ),
)
