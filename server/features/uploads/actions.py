"""Keeping an image: checked, written to the file store, then recorded."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from config import limits
from config.errors import RateLimited, invalid
from server.features.uploads.errors import UploadImageTooLarge, UploadNotAnImage
from server.features.uploads.images import Image, recognise_image
from storage.accounts import Account, find_account
from storage.database import Database
from storage.files import FileStore
from storage.transaction import Connection, Transaction
from storage.uploads import Upload, count_uploads, find_upload, insert_upload, set_avatar


def check_image(content: bytes) -> Image:
    """Raises UploadNotAnImage or UploadImageTooLarge."""
    image = recognise_image(content)
    if image is None:
        raise UploadNotAnImage
    too_long = max(image.width, image.height) > limits.IMAGE_SIDE_MAXIMUM
    if too_long or image.width * image.height > limits.IMAGE_PIXELS_MAXIMUM:
        raise UploadImageTooLarge
    return image


async def check_upload_allowance(db: Connection, owner_id: UUID, *, now: datetime) -> None:
    """Raises RateLimited past a day's number of uploads."""
    if await count_uploads(db, owner_id, since=now - timedelta(days=1)) >= limits.UPLOADS_PER_DAY:
        raise RateLimited(retry_after_seconds=3600)


async def keep_image(database: Database, files: FileStore, *, owner_id: UUID, content: bytes, now: datetime) -> Upload:
    """The file first and its row after it, so that no row points at nothing; a row that fails takes the file along."""
    image = check_image(content)
    upload_id = make_upload_id(now)
    upload = Upload(
        id=upload_id,
        owner_id=owner_id,
        content_type=image.content_type,
        byte_size=len(content),
        width=image.width,
        height=image.height,
        file_key=f"uploads/{upload_id.hex[-2:]}/{upload_id}",
        created_at=now,
    )
    await files.put(upload.file_key, content, content_type=image.content_type)
    try:
        await database.transact(lambda tx: insert_upload(tx, upload))
    except BaseException:
        await files.delete(upload.file_key)
        raise
    return upload


def make_upload_id(now: datetime) -> UUID:
    """A UUIDv7 whose 74 free bits are all random: whoever knows the address of an image may see it, nobody guesses one."""
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    free = secrets.randbits(74)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (free >> 62) << 64 | 0b10 << 62 | free & (2**62 - 1))


async def change_avatar(tx: Transaction, *, user_id: UUID, upload_id: UUID | None, now: datetime) -> Account:
    """Show one of the own uploads, or nothing. Raises Unprocessable for anybody else's."""
    if upload_id is not None:
        upload = await find_upload(tx, upload_id)
        if upload is None or upload.owner_id != user_id:
            raise invalid([("upload_id", "there is no such upload of yours")])
    await set_avatar(tx, user_id, upload_id, now=now)
    account = await find_account(tx, user_id)
    assert account is not None, "whoever calls has an account"
    return account
