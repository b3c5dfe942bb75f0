"""One consultation as an iCalendar file (RFC 5545), to put into one's own calendar or take out of it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """`version` rises with each change, so that calendars know the newer one."""

    id: UUID
    title: str
    starts_at: datetime
    minutes: int
    url: str
    version: int
    written_at: datetime
    is_cancelled: bool


def write_calendar(entry: CalendarEntry) -> str:
    """RFC 5545 with the METHOD of RFC 5546: PUBLISH, or CANCEL for one that will not take place."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//SoulSeer//Consultations//EN",
        f"METHOD:{'CANCEL' if entry.is_cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{entry.id}@soulseer",
        f"SEQUENCE:{entry.version}",
        f"DTSTAMP:{_utc(entry.written_at)}",
        f"DTSTART:{_utc(entry.starts_at)}",
        f"DTEND:{_utc(entry.starts_at + timedelta(minutes=entry.minutes))}",
        f"SUMMARY:{_escape(entry.title)}",
        f"URL:{entry.url}",
        f"STATUS:{'CANCELLED' if entry.is_cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(_fold(line) + "\r\n" for line in lines)


def _utc(instant: datetime) -> str:
    """Section 3.3.5, form 2."""
    return instant.strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    """Section 3.3.11; control characters have no place in a text."""
    text = re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")
    return "".join(character for character in text if character.isprintable())


def _fold(line: str) -> str:
    """Section 3.1: no line is longer than 75 octets; a longer one goes on in the next, behind a space."""
    folded, octets = "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > 75:
            folded, octets = folded + "\r\n ", 1
        folded, octets = folded + character, octets + size
    return folded
