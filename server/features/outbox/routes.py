"""The outbox's doors: a page and the same as JSON. They are added only with `--demo` and without SMTP."""

from __future__ import annotations

import html
from typing import Annotated

from aiohttp import web
from pydantic import Field

from config import limits
from config.errors import NotFound
from config.fields import Payload, PlainText, render_instant
from server.http.routes import Access, Call, Route
from server.mail.outbox import OutboxLetter, OutboxPage


class OutboxQuery(Payload):
    to: Annotated[PlainText, Field(max_length=limits.EMAIL_LENGTH)] | None = None


async def get_outbox(call: Call[None, OutboxQuery]) -> OutboxPage:
    return OutboxPage(items=await list_letters(call))


async def show_outbox(call: Call[None, OutboxQuery]) -> web.Response:
    letters = await list_letters(call)
    return web.Response(text=render_outbox(letters), content_type="text/html", headers={"Cache-Control": "no-store"})


async def list_letters(call: Call[None, OutboxQuery]) -> list[OutboxLetter]:
    if call.services.outbox is None:
        raise NotFound
    return await call.services.outbox.list_letters(call.query.to)


def render_outbox(letters: list[OutboxLetter]) -> str:
    """Plain HTML, so that it works under a policy that allows no inline script or style."""
    shown = [
        f"<section><h2>{html.escape(letter.subject)}</h2><p>to {html.escape(letter.to)}, {render_instant(letter.created_at)}</p>"
        f"<pre>{html.escape(letter.text)}</pre>"
        + "".join(f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>' for link in letter.links)
        + "</section><hr>"
        for letter in letters
    ]
    body = "".join(shown) or "<p>No letters yet. Register, or ask for a new password, and look again.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Outbox</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><h1>Outbox</h1><p>Letters of this demonstration, newest first. None of them left this machine.</p>"
        f"{body}</body></html>"
    )


ROUTES = (
    Route(
        method="GET",
        base="",
        path="/dev/mail.json",
        handler=get_outbox,
        summary="The letters of this demonstration, newest first",
        tag="demonstration",
        query=OutboxQuery,
        answer=OutboxPage,
        access=Access.PUBLIC,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        base="",
        path="/dev/mail",
        handler=show_outbox,
        summary="The same as a page",
        tag="demonstration",
        query=OutboxQuery,
        media_types=("text/html",),
        access=Access.PUBLIC,
        errors=(NotFound,),
    ),
)
