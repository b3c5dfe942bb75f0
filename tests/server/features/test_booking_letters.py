"""What the letters about bookings say, to each in their own time zone; and that the calendar file goes with them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from config.clock import MovableClock
from config.ids import new_id
from server.features.consultations.booking_jobs import BookingLetters
from server.mail.calendar_files import CalendarEntry, write_calendar
from server.mail.letters import Letter
from tests.server.test_mail import Mailbox, mailbox  # noqa: F401  (the fixture)
from tests.support.bookings import book, booked, next_quarter, offer_times, prepare
from tests.support.servers import Server, StartServer


@pytest.fixture
async def berlin_and_new_york(start_server: StartServer) -> Server:
    # Ten days before the clocks of Berlin change, while those of New York have changed already.
    return await start_server(clock=MovableClock(datetime(2026, 3, 20, 12, 0, tzinfo=UTC)))


async def test_each_reads_the_time_on_their_own_clock_and_on_the_others(berlin_and_new_york: Server) -> None:
    scene = await prepare(berlin_and_new_york)
    await offer_times(scene.reader, time_zone="America/New_York")
    assert (await scene.client.patch("/me", {"time_zone": "Europe/Berlin"})).status == 200
    reply = await book(scene.client, scene.reader, next_quarter(scene))
    own = await berlin_and_new_york.letter_saying(scene.client.email, "is booked")
    assert "  Friday, 20 March 2026, 14:00 (Europe/Berlin, UTC+01:00), for 30 minutes" in own["text"]
    assert f"For {scene.reader.user['display_name']}: Friday, 20 March 2026, 09:00 (America/New_York, UTC-04:00)" in own["text"]
    assert "3.99 USD a minute" in own["text"]
    assert own["links"][0].endswith(f"/room/{reply.body['id']}")
    theirs = await berlin_and_new_york.letter_saying(scene.reader.email, "is booked")
    assert "  Friday, 20 March 2026, 09:00 (America/New_York, UTC-04:00), for 30 minutes" in theirs["text"]
    assert "14:00" in theirs["subject"] or "09:00" in theirs["subject"]


async def test_the_letter_brings_a_calendar_file(
    start_server: StartServer,
    mailbox: tuple[Mailbox, int],  # noqa: F811
) -> None:
    box, port = mailbox
    mail = {"smtp_url": f"smtp://127.0.0.1:{port}", "sender": "Site <site@example.com>"}
    server = await start_server({"mail": mail, "server": {"public_url": "https://example.com/"}}, clock=MovableClock())
    scene = await booked(server)
    async with asyncio.timeout(20):
        while True:
            letter = await box.letters.get()
            if letter["To"] == scene.client.email and letter["Subject"].startswith("Booked"):
                break
    (file,) = letter.iter_attachments()
    assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "consultation.ics")
    content = file.get_content()
    assert "DTSTART:20260105T130000Z" in content
    assert f"URL:https://example.com/room/{scene.id}" in content
    body = letter.get_body()
    assert body is not None
    assert "is booked" in body.get_content()


class Pigeonhole:
    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        self.letters.append(letter)


async def test_no_letter_goes_out_that_is_not_true_any_more(berlin_and_new_york: Server) -> None:
    server = berlin_and_new_york
    scene = await booked(server)
    post = Pigeonhole()
    letters = BookingLetters(server.database, server.clock, post, server.settings, server.url)
    job: dict[str, Any] = {"consultation_id": scene.id, "user_id": scene.client.id, "occasion": "reminder", "note": None}
    await letters.send(job)
    assert [letter.subject for letter in post.letters] == [
        f"Soon: Chat with {scene.reader.user['display_name']}, 20 March, 13:00"
    ]
    scene.clock.advance(3600)
    await letters.send(job)
    assert len(post.letters) == 1, "its time has come"
    scene.clock.advance(-3600)
    await scene.client.post(f"/consultations/{scene.id}/cancel", {})
    await letters.send(job)
    await letters.send(job | {"occasion": "booked"})
    assert len(post.letters) == 1, "it was cancelled"
    await letters.send(job | {"occasion": "over"})
    assert len(post.letters) == 2
    admin = await server.make_admin()
    await admin.patch(f"/admin/users/{scene.client.id}", {"status": "banned", "reason": "spam"})
    await letters.send(job | {"occasion": "over"})
    assert len(post.letters) == 2, "nobody writes to who is shut out"


def test_a_calendar_file_escapes_and_folds() -> None:
    entry = CalendarEntry(
        id=new_id(),
        title="Chat with Zoë; Ñandú, \\o/ " + "ü" * 60 + "\nX-EVIL:1",
        starts_at=datetime(2026, 3, 29, 0, 45, tzinfo=UTC),
        minutes=45,
        url="https://example.com/room/1",
        version=3,
        written_at=datetime(2026, 3, 1, tzinfo=UTC),
        is_cancelled=False,
    )
    text = write_calendar(entry)
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "").split("\r\n")
    (summary,) = [line for line in unfolded if line.startswith("SUMMARY")]
    assert summary.startswith("SUMMARY:Chat with Zoë\\; Ñandú\\, \\\\o/ üü")
    assert not any(line.startswith("X-EVIL") for line in unfolded)
    assert {"DTSTART:20260329T004500Z", "DTEND:20260329T013000Z", "SEQUENCE:3"} <= set(unfolded)
