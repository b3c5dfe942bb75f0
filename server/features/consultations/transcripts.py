"""A consultation's messages as a file to keep, written page by page, so that no length of it fills the memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import orjson

from config import limits
from config.fields import render_instant
from realtime.consultations.snapshots import ConsultationView, render_message
from storage.consultations import ConsultationParts
from storage.database import Database
from storage.messages import Message, list_messages


async def iterate_messages(database: Database, consultation_id: UUID) -> AsyncIterator[list[Message]]:
    """Pages of messages up to the newest; no connection is held between two pages."""
    after_seq = 0
    while True:
        async with database.connection() as db:
            page = await list_messages(db, consultation_id, after_seq=after_seq, limit=limits.ROOM_MESSAGES_PAGE)
        if not page:
            return
        yield page
        after_seq = page[-1].seq


async def write_text(database: Database, parts: ConsultationParts, *, site_url: str) -> AsyncIterator[bytes]:
    """Plain text in UTF-8; images as links."""
    c = parts.consultation
    names = {c.client_id: parts.client.display_name, c.reader_id: parts.reader.display_name}
    began_at = c.started_at or c.requested_at or c.created_at
    heading = f"{names[c.client_id]} and {names[c.reader_id]}, {c.type}, {render_instant(began_at)}"
    yield f"{heading}\n{'-' * len(heading)}\n\n".encode()
    async for page in iterate_messages(database, c.id):
        lines = []
        for message in page:
            view = render_message(message)
            said = f"[image] {site_url}{view.upload_url}" if view.upload_url is not None else message.content
            said = said.replace("\n", "\n    ")
            lines.append(f"[{render_instant(message.created_at)}] {names.get(message.sender_id, 'System')}: {said}\n")
        yield "".join(lines).encode()


async def write_json(database: Database, view: ConsultationView, *, site_url: str) -> AsyncIterator[bytes]:
    """`{"consultation": …, "messages": […]}`; an image's `upload_url` is absolute."""
    yield b'{"consultation":' + view.model_dump_json().encode() + b',"messages":['
    separator = b""
    async for page in iterate_messages(database, view.id):
        for message in page:
            body = render_message(message).model_dump(mode="json")
            if body["upload_url"] is not None:
                body["upload_url"] = site_url + body["upload_url"]
            yield separator + orjson.dumps(body)
            separator = b","
    yield b"]}"
