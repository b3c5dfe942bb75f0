"""Letters leave by SMTP when it is set, again when it fails, and never twice without need."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.servers import Server, StartServer


class Mailbox:
    """A real SMTP server's handler; it can be told to refuse."""

    def __init__(self) -> None:
        self.letters: asyncio.Queue[EmailMessage] = asyncio.Queue()
        self.refusals = 0
        self.attempts = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.attempts += 1
        if self.refusals > 0:
            self.refusals -= 1
            return "451 try again later"
        content = cast(bytes, envelope.content)
        letter = email.message_from_bytes(content, policy=email.policy.default)
        await self.letters.put(cast(EmailMessage, letter))
        return "250 kept"


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    listener = socket.create_server(("127.0.0.1", 0))
    smtp_server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox, hostname="localhost"), sock=listener)
    yield mailbox, listener.getsockname()[1]
    smtp_server.close()
    await smtp_server.wait_closed()


async def start(start_server: StartServer, port: int) -> Server:
    mail: dict[str, Any] = {"smtp_url": f"smtp://127.0.0.1:{port}", "sender": "Site <site@example.com>"}
    return await start_server({"mail": mail, "server": {"public_url": "https://example.com/"}}, demo=True)


async def test_a_letter_goes_out_by_smtp_and_its_link_works(start_server: StartServer, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    server = await start(start_server, port)
    person = await server.register(display_name="Zoë")
    letter = await asyncio.wait_for(box.letters.get(), 10)
    assert letter["To"] == person.email
    assert letter["From"] == "Site <site@example.com>"
    text = letter.get_content()
    link = next(line for line in text.splitlines() if line.startswith("https://"))
    assert link.startswith("https://example.com/verify-email?token=")
    reply = await person.post("/auth/verify-email", {"token": link.partition("token=")[2]})
    assert reply.status == 204


async def test_letters_that_really_leave_are_shown_to_nobody(start_server: StartServer, mailbox: tuple[Mailbox, int]) -> None:
    server = await start(start_server, mailbox[1])
    assert (await (await server.visitor()).get("/dev/mail.json", root=True)).status == 404


async def test_a_letter_that_is_refused_is_sent_again(
    start_server: StartServer, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.limits.JOB_RETRY_SECONDS", (0, 0, 0))
    monkeypatch.setattr("config.limits.JOB_POLL_SECONDS", 0.05)
    box, port = mailbox
    box.refusals = 2
    server = await start(start_server, port)
    person = await server.register()
    letter = await asyncio.wait_for(box.letters.get(), 10)
    assert letter["To"] == person.email
    assert box.attempts == 3


async def test_registering_does_not_wait_for_a_mail_server_that_is_away(start_server: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    server = await start(start_server, port)
    person = await server.register()
    assert (await person.get("/me")).status == 200
