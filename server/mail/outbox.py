"""The outbox: letters as files under the data folder, for installations without SMTP and for trying the product out."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import orjson

from config import limits
from config.clock import Clock
from config.fields import Instant, View, render_instant
from config.ids import new_id
from server.mail.letters import Letter

_NAME = re.compile(r"[0-9a-f-]{36}\.json\Z")


class OutboxLetter(View):
    to: str
    subject: str
    text: str
    links: list[str]
    token: str | None
    created_at: Instant


class OutboxPage(View):
    items: list[OutboxLetter]


class Outbox:
    """Keeps the newest letters only."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        content = {
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "links": letter.links,
            "token": letter.token,
            "created_at": render_instant(self._clock.now()),
        }
        await asyncio.to_thread(self._write, content)

    async def list_letters(self, to: str | None) -> list[OutboxLetter]:
        """Newest first."""
        return await asyncio.to_thread(self._read, to.strip().lower() if to else None)

    def _write(self, content: dict[str, Any]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / f"{new_id()}.json"
        unfinished = file.with_suffix(".tmp")
        unfinished.write_bytes(orjson.dumps(content))
        unfinished.rename(file)
        for old in self._files()[limits.OUTBOX_LETTERS :]:
            old.unlink(missing_ok=True)

    def _read(self, to: str | None) -> list[OutboxLetter]:
        letters = []
        for file in self._files():
            try:
                letter = OutboxLetter.model_validate_json(file.read_bytes())
            except (OSError, ValueError):
                continue
            if to is None or letter.to == to:
                letters.append(letter)
        return letters

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted((file for file in self._folder.iterdir() if _NAME.match(file.name)), reverse=True)
