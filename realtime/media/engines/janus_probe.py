"""Asks each Janus for what a livestream needs, and for what nobody should get; for `doctor`."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from config import limits
from config.media_settings import LivestreamsSettings
from realtime.media.engines.janus_client import VIDEO_ROOM, JanusClient, JanusRefused, JanusUnreachable, explain

_TESTED_VERSION = 1102
_NO_SUCH_PLUGIN = 460
_UNAUTHORIZED_ROOM = 433
_MISSING_ELEMENT = 429


@dataclass(frozen=True, slots=True)
class JanusFinding:
    """What became of one address of SOULSEER_LIVESTREAMS__JANUS_URLS, in one line without secrets."""

    url: str
    is_well: bool
    text: str


class _Unwell(Exception):
    """What is wrong, as the operator reads it."""


async def probe_janus(settings: LivestreamsSettings, *, seconds: float = limits.JANUS_PROBE_SECONDS) -> Sequence[JanusFinding]:
    """A finding for each address, in their order; all are asked at once. What is made there is removed again."""
    return await asyncio.gather(*(_probe(url, settings, seconds) for url in settings.janus_urls))


async def _probe(url: str, settings: LivestreamsSettings, seconds: float) -> JanusFinding:
    api_secret, admin_key = settings.janus_secrets
    client = JanusClient(url, api_secret=api_secret, on_session=lambda _is_same: None)
    client.start()
    try:
        async with asyncio.timeout(seconds):
            return JanusFinding(url, True, await _examine(client, admin_key))
    except TimeoutError as error:
        return JanusFinding(url, False, explain(error))
    except _Unwell as problem:
        return JanusFinding(url, False, str(problem))
    except (JanusUnreachable, JanusRefused) as error:
        return JanusFinding(url, False, explain(error))
    finally:
        await client.close()


async def _examine(client: JanusClient, admin_key: str) -> str:
    info = await client.ask_info()
    if not info.get("api_secret"):
        raise _Unwell("takes commands from anybody; set its api_secret, and SOULSEER_LIVESTREAMS__JANUS_API_SECRET")
    if VIDEO_ROOM not in info.get("plugins", {}):
        raise _Unwell("has no VideoRoom plugin")
    if info["version"] < _TESTED_VERSION:
        raise _Unwell(f"is version {info['version_string']}; 1.1.2 or later is needed")
    if info.get("full-trickle"):
        raise _Unwell("keeps its candidates back; set full_trickle to false")
    await _make_room(client, admin_key)
    reclaim = (
        "" if info.get("reclaim-session-timeout") else "; without reclaim_session_timeout a moment's loss ends what it carries"
    )
    return f"gives rooms, version {info['version_string']}{reclaim}"


async def _make_room(client: JanusClient, admin_key: str) -> None:
    handle = await client.attach(lambda _message: None)
    room: dict[str, Any] = {"room": secrets.randbelow(2**48 - 1) + 1, "secret": secrets.token_hex(16), "is_private": True}
    with suppress(JanusRefused):
        await handle.ask("create", **room, admin_key=secrets.token_hex(16))
        await handle.ask("destroy", **room)
        raise _Unwell("lets anybody make rooms; set admin_key in its VideoRoom, and SOULSEER_LIVESTREAMS__JANUS_ADMIN_KEY")
    try:
        await handle.ask("create", **room, admin_key=admin_key)
    except JanusRefused as refused:
        if refused.code in (_UNAUTHORIZED_ROOM, _MISSING_ELEMENT):
            raise _Unwell("makes no rooms for us; its admin_key must be SOULSEER_LIVESTREAMS__JANUS_ADMIN_KEY") from refused
        raise
    await handle.ask("destroy", **room)
