"""Statements that only the demonstration needs: readers whose profiles are complete from the start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class DemoProfile:
    """Rates in minor units a minute; None where the reader does not offer that type."""

    headline: str
    bio: str
    specialties: tuple[str, ...]
    languages: tuple[str, ...]
    experience_years: int
    chat_rate_minor: int | None
    call_rate_minor: int | None
    video_rate_minor: int | None
    chosen_status: str = "offline"


async def complete_demo_reader(tx: Transaction, *, user_id: UUID, profile: DemoProfile, now: datetime) -> None:
    """Fill in a fresh reader's profile and verify it."""
    await tx.execute(
        "UPDATE readers SET headline = $2, bio = $3, specialties = $4, languages = $5, experience_years = $6,"
        " chat_rate_minor = $7, call_rate_minor = $8, video_rate_minor = $9, chosen_status = $11,"
        " verification = 'verified', verified_at = $10, updated_at = $10 WHERE user_id = $1",
        user_id,
        profile.headline,
        profile.bio,
        list(profile.specialties),
        list(profile.languages),
        profile.experience_years,
        profile.chat_rate_minor,
        profile.call_rate_minor,
        profile.video_rate_minor,
        now,
        profile.chosen_status,
    )


async def insert_demo_availability(
    tx: Transaction, *, user_id: UUID, days: tuple[int, ...], hours: tuple[int, int], now: datetime
) -> None:
    """Weekly windows; `days` from 0 = Sunday, `hours` in the reader's own time zone."""
    await tx.execute(
        "INSERT INTO availability (reader_id, day_of_week, start_time, end_time, is_recurring, created_at)"
        " SELECT $1, day, make_time($3, 0, 0), make_time($4, 0, 0), true, $5 FROM unnest($2::int[]) AS day"
        " ON CONFLICT DO NOTHING",
        user_id,
        list(days),
        hours[0],
        hours[1],
        now,
    )
