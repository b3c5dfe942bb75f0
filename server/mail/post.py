"""Sending letters by SMTP, and what else can stand in its place."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from config import limits
from config.errors import StartupError
from server.mail.letters import Letter


class Post(Protocol):
    """Raises an exception when the letter did not go out; the job is then tried again."""

    async def send(self, letter: Letter) -> None: ...


class SmtpPost:
    """`url`: smtp://user:password@host:587 (STARTTLS where the server offers it) or smtps://… (TLS from the start)."""

    def __init__(self, url: str, *, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise StartupError("SOULSEER_MAIL__SMTP_URL: must look like smtp://user:password@host:587 or smtps://host")
        self._host = parts.hostname
        self._uses_tls = parts.scheme == "smtps"
        try:
            self._port = parts.port or (465 if self._uses_tls else 587)
        except ValueError:
            raise StartupError("SOULSEER_MAIL__SMTP_URL: the port is not a number") from None
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def send(self, letter: Letter) -> None:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Message-ID"] = make_msgid(domain=self._host)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        if letter.calendar is not None:
            message.add_attachment(
                letter.calendar.encode(), maintype="text", subtype="calendar", filename="consultation.ics", cte="base64"
            )
        await aiosmtplib.send(
            message,
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            use_tls=self._uses_tls,
            timeout=limits.MAIL_TIMEOUT_SECONDS,
        )
