"""The page behind the signed address of a notification: one press, no login, and that kind is off.

Opening the address changes nothing (programs that look at links do that); a POST to it does, also the one that mail programs
send of their own accord for a one-click address (RFC 8058).
"""

from __future__ import annotations

import html
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from config.errors import NotFound, Unprocessable
from realtime.notifications.links import OFF_PATH, is_genuine_off
from server.features.notifications.requests import OffQuery
from server.http.routes import Access, Body, Call, RateLimit, Route
from storage.accounts import find_account
from storage.follows import delete_follow
from storage.notifications import Preference, save_preferences
from storage.transaction import Transaction

_OFFS = RateLimit("notification_offs", lambda _settings: 120, 60)
_KINDS = {
    "reader_online": "messages when a reader you follow comes online",
    "reader_live": "messages when a reader you follow goes live",
    "livestream_coming": "messages about coming livestreams of readers you follow",
    "queue_turn": "messages when your turn in a reader's line comes",
}


async def show_notification_off(call: Call[None, OffQuery]) -> web.Response:
    query = _check(call)
    name = await _find_reader_name(call, query)
    rows = [_form(query, "kind", f"Turn off {_KINDS[query.kind]}")]
    if name is not None:
        rows.append(_form(query, "reader", f"Stop following {name}"))
    return _page(call, "Fewer messages", "".join(rows))


async def turn_notification_off(call: Call[None, OffQuery]) -> web.Response:
    query, now = _check(call), call.clock.now()
    name = await _find_reader_name(call, query)
    await call.database.transact(lambda tx: _turn_off(tx, query, now))
    if query.what == "reader":
        said = f"You do not follow {name or 'this reader'} any more."
    else:
        said = f"You will not get {_KINDS[query.kind]} any more. You can turn them on again in your account."
    return _page(call, "Done", f"<p>{html.escape(said)}</p>")


def _check(call: Call[None, OffQuery]) -> OffQuery:
    """Raises NotFound for an address that was not given out here."""
    query = call.query
    is_genuine = is_genuine_off(
        call.services.link_secret, query.signature, user_id=query.user, kind=query.kind, reader_id=query.reader
    )
    if not is_genuine or (query.what == "reader" and query.reader is None):
        raise NotFound
    return query


async def _turn_off(tx: Transaction, query: OffQuery, now: datetime) -> None:
    account = await find_account(tx, query.user)
    if account is None:
        raise NotFound
    if query.what == "reader":
        assert query.reader is not None
        await delete_follow(tx, follower_id=query.user, reader_id=query.reader)
    else:
        await save_preferences(tx, query.user, [Preference(query.kind, in_page=False, by_push=False)], now=now)


async def _find_reader_name(call: Call[None, OffQuery], query: OffQuery) -> str | None:
    if query.reader is None:
        return None
    async with call.database.connection() as db:
        account = await find_account(db, query.reader)
    return None if account is None else account.display_name


def _form(query: OffQuery, what: str, label: str) -> str:
    values = {"user": str(query.user), "kind": query.kind}
    if query.reader is not None:
        values["reader"] = str(query.reader)
    address = f"{OFF_PATH}?{urlencode({**values, 'signature': query.signature, 'what': what})}"
    return f'<form method="post" action="{html.escape(address)}"><p><button>{html.escape(label)}</button></p></form>'


def _page(call: Call[None, OffQuery], title: str, body: str) -> web.Response:
    """Plain HTML without script; it can be read without the style sheet too."""
    site = html.escape(call.settings.server.name)
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} · {site}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/plain.css">'
        f'<meta name="robots" content="noindex"></head><body><main><h1>{title}</h1>{body}'
        f'<p><a href="/account">Everything else is in your account at {site}</a></p></main></body></html>'
    )
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


ROUTES = (
    Route(
        method="GET",
        path="/notifications/off",
        handler=show_notification_off,
        summary="The page of a notification's signed address; opening it changes nothing",
        tag="notifications",
        query=OffQuery,
        media_types=("text/html",),
        access=Access.PUBLIC,
        errors=(NotFound, Unprocessable),
        rate_limit=_OFFS,
    ),
    Route(
        method="POST",
        path="/notifications/off",
        handler=turn_notification_off,
        summary="Turn off the kind that a signed address names, or stop following its reader; no login is needed",
        tag="notifications",
        query=OffQuery,
        body=Body.RAW,
        media_types=("text/html",),
        access=Access.PUBLIC,
        errors=(NotFound, Unprocessable),
        rate_limit=_OFFS,
    ),
)
