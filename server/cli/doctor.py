"""`doctor`: says what is configured and from where, and what of it is reachable. It changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr

from config import limits
from config.clock import SystemClock
from config.errors import StartupError
from config.settings import DELIMITER, PREFIX, Settings
from realtime.media.engines.choice import make_engine
from realtime.media.engines.interface import MediaEvent
from realtime.media.engines.janus_probe import probe_janus
from realtime.media.turn_probe import probe_relays
from server.app import DIST_FOLDER
from server.push.keys import push_contact
from server.version import VERSION
from storage.database import connect_directly
from storage.embedded import EmbeddedPostgres
from storage.migrate import find_schema, list_migrations
from storage.redis import ping_redis

_PATIENCE_SECONDS = 5.0


def examine(settings: Settings, options: argparse.Namespace) -> int:
    """Exit code 1 when something that is needed is not reachable."""
    print(f"SoulSeer {VERSION}\n\nSettings")
    from_file = dotenv_values(".env") if Path(".env").is_file() else {}
    for name, value in _list_settings(settings):
        print(f"  {name} = {value}  ({_source(name, options, from_file)})")
    print("\nParts")
    findings = asyncio.run(_look(settings))
    for name, is_well, text in findings:
        print(f"  {'ok     ' if is_well else 'MISSING'}  {name}: {text}")
    return 0 if all(is_well for _name, is_well, _text in findings) else 1


def _list_settings(section: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    for key in type(section).model_fields:
        value = getattr(section, key)
        if isinstance(value, BaseModel):
            yield from _list_settings(value, (*path, key))
        else:
            yield PREFIX + DELIMITER.join((*path, key)).upper(), _show(value)


def _show(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, SecretStr):
        return "[hidden]"
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _source(name: str, options: argparse.Namespace, from_file: dict[str, str | None]) -> str:
    if name == f"{PREFIX}DATA_DIR" and options.data_dir is not None:
        return "command line"
    if name in {key.upper() for key in os.environ}:
        return "environment"
    return ".env" if name in {key.upper() for key in from_file} else "default"


async def _look(settings: Settings) -> list[tuple[str, bool, str]]:
    return [
        await _look_at_database(settings),
        await _look_at_redis(settings),
        _look_at_payments(settings),
        await _look_at_mail(settings),
        _look_at_push(settings),
        *await _look_at_turn(settings),
        _look_at_recording(settings),
        *await _look_at_livestreams(settings),
        _look_at_pages(),
    ]


async def _look_at_database(settings: Settings) -> tuple[str, bool, str]:
    name = "database"
    if settings.database.url is not None:
        return await _look_into(name, settings.database.url.get_secret_value(), "by its URL")
    if not (settings.data_dir / "postgres" / "data").exists():
        return name, True, "bundled; it will be made at the first start"
    embedded = EmbeddedPostgres(settings.data_dir)
    try:
        return await _look_into(name, await embedded.start(), "bundled")
    except StartupError as error:
        return name, False, str(error)
    finally:
        await embedded.stop()


async def _look_into(name: str, dsn: str, kind: str) -> tuple[str, bool, str]:
    newest = list_migrations()[-1].version
    try:
        connection = await connect_directly(dsn, application="soulseer-doctor")
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return name, False, f"{kind}, not reachable ({type(error).__name__}); check SOULSEER_DATABASE__URL"
    try:
        schema = await find_schema(connection)
        if schema is None:
            return name, True, f"{kind}, reachable, empty; the first start fills it"
        found = f"Postgres {schema.server_version}, schema {schema.version} of {newest}"
        return name, schema.version <= newest, f"{kind}, reachable, {found}"
    finally:
        await connection.close()


async def _look_at_redis(settings: Settings) -> tuple[str, bool, str]:
    if settings.redis.url is None:
        return "redis", True, "not set; events are passed on in memory, so run one process only"
    is_well = await ping_redis(settings.redis.url.get_secret_value())
    return "redis", is_well, "reachable" if is_well else "not reachable; check SOULSEER_REDIS__URL"


def _look_at_payments(settings: Settings) -> tuple[str, bool, str]:
    stripe = settings.stripe
    if stripe.api_key is None:
        return "payments", True, "test mode; a stand-in on this machine takes them, no real money moves"
    if stripe.webhook_secret is None:
        return "payments", False, "SOULSEER_STRIPE__WEBHOOK_SECRET is missing"
    is_live = stripe.api_key.get_secret_value().startswith(("sk_live_", "rk_live_"))
    text = "Stripe, live" if is_live else "Stripe, test mode"
    return "payments", True, text if stripe.publishable_key else text + "; without SOULSEER_STRIPE__PUBLISHABLE_KEY no card form"


async def _look_at_mail(settings: Settings) -> tuple[str, bool, str]:
    if settings.mail.smtp_url is None:
        return "mail", True, f"no SMTP; letters stay in {settings.data_dir / 'outbox'}"
    parts = urlsplit(settings.mail.smtp_url.get_secret_value())
    port = parts.port or (465 if parts.scheme == "smtps" else 587)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            _reader, writer = await asyncio.open_connection(parts.hostname, port)
        writer.close()
    except (OSError, TimeoutError, socket.gaierror):
        return "mail", False, f"{parts.hostname} port {port} is not reachable; check SOULSEER_MAIL__SMTP_URL"
    return "mail", True, f"{parts.hostname} port {port} is reachable"


def _look_at_push(settings: Settings) -> tuple[str, bool, str]:
    if settings.push.allow_private:
        return "web push", True, "also to private addresses; for tests alone"
    is_secure = (settings.server.public_url or "").startswith("https://")
    return "web push", True, f"as {push_contact(settings)}" + ("" if is_secure else "; browsers subscribe only over https")


async def _look_at_turn(settings: Settings) -> list[tuple[str, bool, str]]:
    """A line for each address: whether it gives what a browser would ask of it, with credentials that are minted as for one."""
    if not settings.turn.urls:
        return [("turn", True, "not set; calls work only where both sides can reach each other directly")]
    findings = await probe_relays(settings.turn, now=SystemClock().now())
    return [("turn", finding.is_well, f"{finding.url} {finding.text}") for finding in findings]


def _look_at_recording(settings: Settings) -> tuple[str, bool, str]:
    """Whether what is written while people talk has room, and where media come in."""
    recording = settings.recording
    if not recording.enabled:
        return "recording", True, "switched off"
    folder = next(place for place in (settings.data_dir, *settings.data_dir.resolve().parents) if place.exists())
    free = shutil.disk_usage(folder).free
    if free < limits.RECORDING_FREE_BYTES:
        return "recording", False, f"only {free // 2**20} MiB are free under {settings.data_dir}; nothing will be recorded"
    kept = f"kept {recording.retention_days} days" if recording.retention_days else "kept until deleted"
    return (
        "recording",
        True,
        f"up to {recording.maximum} at once, {kept}, media on UDP ports {recording.ports or 'of any number'}",
    )


async def _look_at_livestreams(settings: Settings) -> list[tuple[str, bool, str]]:
    """Who carries them; a line for each Janus."""
    livestreams = settings.livestreams
    if livestreams.engine == "janus":
        findings = await probe_janus(livestreams)
        return [("livestreams", finding.is_well, f"{finding.url} {finding.text}") for finding in findings]
    problems = await _ask_engine(settings)
    if problems:
        return [("livestreams", False, problem) for problem in problems]
    ports = f"media on UDP ports {livestreams.ports or 'of any number'}"
    return [("livestreams", True, f"carried by this server, up to {livestreams.viewers_maximum} viewers, {ports}")]


async def _ask_engine(settings: Settings) -> list[str]:
    async def ignore(_event: MediaEvent) -> None:
        return None

    engine = make_engine(settings, ignore)
    try:
        return await engine.check()
    finally:
        await engine.shut_down()


def _look_at_pages() -> tuple[str, bool, str]:
    is_built = (DIST_FOLDER / "index.html").is_file()
    return "pages", is_built, "built" if is_built else "not built; run `make setup`"
