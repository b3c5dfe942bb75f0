"""What the letters about booked consultations say: to each in their own time zone, what it costs, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.money import format_minor
from server.mail.calendar_files import CalendarEntry, write_calendar
from server.mail.letters import Letter
from storage.consultations import Consultation


@dataclass(frozen=True, slots=True)
class BookingLetterFacts:
    """Who is written to, about which booking with whom, and where the site is."""

    to: str
    zone: ZoneInfo
    is_client: bool
    other_name: str
    other_zone: ZoneInfo
    consultation: Consultation
    wait_minutes: int
    room_minutes: int
    site: str
    url: str
    now: datetime

    @property
    def link(self) -> str:
        return f"{self.url}/room/{self.consultation.id}"

    @property
    def title(self) -> str:
        return f"{self.consultation.type.title()} with {' '.join(self.other_name.split())}"

    @property
    def scheduled_at(self) -> datetime:
        assert self.consultation.scheduled_at is not None
        return self.consultation.scheduled_at


def compose_booked(facts: BookingLetterFacts) -> Letter:
    text = (
        f"{facts.title} is booked.\n\n{_when(facts)}\n\n{_price(facts)}\n\n"
        f"The waiting room opens {facts.room_minutes} minutes before:\n\n{facts.link}\n\n"
        f"If you cannot come, cancel before it begins; that costs nothing:\n\n{facts.url}/consultations\n"
    )
    return _letter(facts, f"Booked: {facts.title}, {_short(facts)}", text, (facts.link, f"{facts.url}/consultations"))


def compose_reminder(facts: BookingLetterFacts) -> Letter:
    text = (
        f"{facts.title} begins soon.\n\n{_when(facts)}\n\n{_price(facts)}\n\n"
        f"The waiting room opens {facts.room_minutes} minutes before:\n\n{facts.link}\n"
    )
    return _letter(facts, f"Soon: {facts.title}, {_short(facts)}", text, (facts.link,))


def compose_over(facts: BookingLetterFacts, note: str | None) -> Letter:
    """It did not take place: why, and what it cost, which is nothing unless a fee was agreed and is owed."""
    c = facts.consultation
    what = _reason(facts)
    said = f'\n\nThe reason given: "{note}"' if note else ""
    link = f"{facts.url}/consultations/{c.id}"
    text = f"{what}{said}\n\nIt was booked for:\n\n{_when(facts)}\n\n{_cost(facts)}\n\n{link}\n"
    return _letter(facts, f"Did not take place: {facts.title}, {_short(facts)}", text, (link,))


def _letter(facts: BookingLetterFacts, subject: str, text: str, links: tuple[str, ...]) -> Letter:
    c = facts.consultation
    entry = CalendarEntry(
        id=c.id,
        title=facts.title,
        starts_at=facts.scheduled_at,
        minutes=c.scheduled_minutes or 0,
        url=facts.link,
        version=c.version,
        written_at=facts.now,
        is_cancelled=c.end_reason is not None,
    )
    return Letter(facts.to, subject, text, links, calendar=write_calendar(entry))


def _when(facts: BookingLetterFacts) -> str:
    own = f"  {describe_instant(facts.scheduled_at, facts.zone)}, for {facts.consultation.scheduled_minutes} minutes"
    if facts.scheduled_at.astimezone(facts.zone).utcoffset() == facts.scheduled_at.astimezone(facts.other_zone).utcoffset():
        return own
    return f"{own}\n  For {facts.other_name}: {describe_instant(facts.scheduled_at, facts.other_zone)}"


def describe_instant(instant: datetime, zone: ZoneInfo) -> str:
    """`Monday, 5 January 2026, 15:00 (Europe/Berlin, UTC+01:00)`: unmistakable also in the hour that comes twice."""
    local = instant.astimezone(zone)
    offset = f"{local:%z}"
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M} ({zone.key}, UTC{offset[:3]}:{offset[3:5]})"


def _short(facts: BookingLetterFacts) -> str:
    local = facts.scheduled_at.astimezone(facts.zone)
    return f"{local.day} {local:%B, %H:%M}"


def _price(facts: BookingLetterFacts) -> str:
    c = facts.consultation
    rate = format_minor(c.rate_per_minute_minor, c.currency)
    if not facts.is_client:
        return f"The rate is {rate} a minute. If you are not there within {facts.wait_minutes} minutes it is called off."
    absent = f"If the reader is not there within {facts.wait_minutes} minutes it is called off and nothing is charged."
    if c.no_show_minutes:
        fee = format_minor(c.rate_per_minute_minor * c.no_show_minutes, c.currency)
        return f"{rate} a minute, from when you are both there. {absent} If you do not come, {fee} is charged."
    return f"{rate} a minute, from when you are both there. {absent}"


def _reason(facts: BookingLetterFacts) -> str:
    reason, other = facts.consultation.end_reason, facts.other_name
    own_reason = "client_no_show" if facts.is_client else "reader_no_show"
    if reason == "both_no_show":
        return f"Neither you nor {other} came, so it was called off."
    if reason == own_reason:
        return f"You did not come, so {facts.title[:1].lower()}{facts.title[1:]} was called off."
    if reason in ("client_no_show", "reader_no_show"):
        return f"{other} did not come within {facts.wait_minutes} minutes, so it was called off."
    if reason == "expired":
        return "We could not open your consultation in time. We are sorry."
    return f"{facts.title} was cancelled."


def _cost(facts: BookingLetterFacts) -> str:
    c = facts.consultation
    if c.no_show_fee_minor == 0:
        return "Nothing was charged."
    if facts.is_client:
        return f"As was agreed when you booked, {format_minor(c.no_show_fee_minor, c.currency)} was charged."
    return f"You earned {format_minor(c.earnings_minor, c.currency)} for your time."
