"""The letters about bookings, as jobs: what is true when the letter is written, and nothing that is not any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from config.clock import Clock
from config.settings import Settings
from realtime.calendars import find_zone
from realtime.consultations.letters import SEND_BOOKING_LETTER
from server.mail.booking_letters import BookingLetterFacts, compose_booked, compose_over, compose_reminder
from server.mail.letters import Letter
from server.mail.post import Post
from storage.accounts import Account, find_account
from storage.consultations import ConsultationParts, find_parts
from storage.database import Database
from storage.jobs import JobHandler


@dataclass(frozen=True, slots=True)
class BookingLetters:
    """The jobs' handlers."""

    database: Database
    clock: Clock
    post: Post
    settings: Settings
    public_url: str

    def handlers(self) -> dict[str, JobHandler]:
        return {SEND_BOOKING_LETTER: self.send}

    async def send(self, job: Mapping[str, Any]) -> None:
        """Nobody who is shut out gets one, and no reminder comes of what was cancelled or has begun meanwhile."""
        user_id = UUID(job["user_id"])
        async with self.database.connection() as db:
            parts = await find_parts(db, UUID(job["consultation_id"]))
            assert parts is not None, "consultations are never deleted"
            is_client = user_id == parts.consultation.client_id
            account = await find_account(db, user_id)
            other = await find_account(db, parts.consultation.reader_id if is_client else parts.consultation.client_id)
        assert account is not None
        assert other is not None
        if account.status != "active":
            return
        letter = self._compose(job, parts, account, other)
        if letter is not None:
            await self.post.send(letter)

    def _compose(self, job: Mapping[str, Any], parts: ConsultationParts, account: Account, other: Account) -> Letter | None:
        facts = self._facts(parts, account, other)
        if job["occasion"] == "over":
            return compose_over(facts, job["note"])
        if parts.consultation.status != "scheduled":
            return None
        if job["occasion"] == "booked":
            return compose_booked(facts)
        return compose_reminder(facts) if self.clock.now() < facts.scheduled_at else None

    def _facts(self, parts: ConsultationParts, account: Account, other: Account) -> BookingLetterFacts:
        c = parts.consultation
        assert c.scheduled_at is not None
        assert c.waiting_room_opens_at is not None
        return BookingLetterFacts(
            to=account.email,
            zone=find_zone(account.time_zone),
            is_client=account.id == c.client_id,
            other_name=other.display_name,
            other_zone=find_zone(other.time_zone),
            consultation=c,
            wait_minutes=round(self.settings.consultations.no_show_seconds / 60),
            room_minutes=round((c.scheduled_at - c.waiting_room_opens_at).total_seconds() / 60),
            site=self.settings.server.name,
            url=self.public_url,
            now=self.clock.now(),
        )
