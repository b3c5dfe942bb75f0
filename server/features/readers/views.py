"""What the readers' doors answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.calendars import Span
from realtime.consultations.snapshots import ConsultationView, upload_url
from realtime.reader_status import ChosenStatus, EffectiveStatus
from server.http.pagination import Page
from storage.availability import Window
from storage.directory import Facet
from storage.readers import CONSULTATION_TYPES, Reader

Verification = Literal["pending", "verified", "rejected"]


class Rate(View):
    rate_per_minute_minor: int


class Rates(View):
    """null = not offered."""

    chat: Rate | None
    call: Rate | None
    video: Rate | None


class ReaderCard(View):
    """A reader in a list. `next_available_at` is the instant of the answer while a window of the calendar is open.

    `waiting_count`: how many wait in line. `is_followed`: whether the caller follows this reader, null for who is not logged in.
    `livestream_id`: the reader's livestream that goes on now.
    """

    id: UUID
    display_name: str
    avatar_url: str | None
    headline: str | None
    specialties: list[str]
    languages: list[str]
    experience_years: int
    status: EffectiveStatus
    rates: Rates
    currency: str
    rating_average: float | None
    rating_count: int
    consultations_count: int
    waiting_count: int
    followers_count: int
    is_followed: bool | None
    livestream_id: UUID | None
    next_available_at: Instant | None
    is_demonstration: bool


class ReaderPage(Page[ReaderCard]):
    """Readers in the order that was asked for."""


class ReaderProfile(ReaderCard):
    """`rating_distribution` counts the published reviews by their rating, from "1" to "5"."""

    bio: str
    certifications: list[str]
    rating_distribution: dict[str, int]
    time_zone: str
    created_at: Instant


class OwnReader(ReaderProfile):
    """The reader's own profile, listed or not. `status` is what others see, `chosen_status` what the reader chose."""

    chosen_status: ChosenStatus
    verification: Verification
    verification_reason: str | None
    is_verified: bool
    is_email_verified: bool


class FacetView(View):
    value: str
    count: int


class Facets(View):
    """What can be filtered by, with how many listed readers each; the most common first."""

    specialties: list[FacetView]
    languages: list[FacetView]


class WindowView(View):
    day_of_week: int | None
    specific_date: date | None
    start_time: str
    end_time: str


class SpanView(View):
    starts_at: Instant
    ends_at: Instant


class Availability(View):
    """The windows on the clock of `time_zone`, and the concrete spans of the next 14 days."""

    time_zone: str
    windows: list[WindowView]
    upcoming: list[SpanView]


class Desk(View):
    """The reader's today, in the reader's time zone. `status` is the chosen one, or `busy` with a live consultation."""

    status: Literal["online", "busy", "away", "invisible", "offline"]
    chosen_status: ChosenStatus
    earnings_today_minor: int
    minutes_today: float
    consultations_today: int
    currency: str
    is_verified: bool
    verification: Verification
    is_email_verified: bool
    live_consultation: ConsultationView | None


class LiveConsultation(View):
    consultation: ConsultationView | None


def render_card(reader: Reader, *, currency: str, next_available_at: datetime | None) -> ReaderCard:
    return ReaderCard(**_card(reader, currency, next_available_at))


def render_profile(
    reader: Reader, *, currency: str, next_available_at: datetime | None, distribution: Mapping[int, int]
) -> ReaderProfile:
    return ReaderProfile(**_profile(reader, currency, next_available_at, distribution))


def render_own(
    reader: Reader, *, currency: str, next_available_at: datetime | None, distribution: Mapping[int, int]
) -> OwnReader:
    return OwnReader(
        **_profile(reader, currency, next_available_at, distribution),
        chosen_status=reader.chosen_status,
        verification=reader.verification,
        verification_reason=reader.verification_reason,
        is_verified=reader.verification == "verified",
        is_email_verified=reader.is_email_verified,
    )


def _card(reader: Reader, currency: str, next_available_at: datetime | None) -> dict[str, Any]:
    average = round(reader.rating_sum / reader.rating_count, 2) if reader.rating_count else None
    return {
        "id": reader.id,
        "display_name": reader.display_name,
        "avatar_url": upload_url(reader.avatar_upload_id),
        "headline": reader.headline,
        "specialties": list(reader.specialties),
        "languages": list(reader.languages),
        "experience_years": reader.experience_years,
        "status": reader.status,
        "rates": render_rates(reader.rates),
        "currency": currency,
        "rating_average": average,
        "rating_count": reader.rating_count,
        "consultations_count": reader.consultations_count,
        "waiting_count": reader.waiting_count,
        "followers_count": reader.followers_count,
        "is_followed": reader.is_followed,
        "livestream_id": reader.livestream_id,
        "next_available_at": next_available_at,
        "is_demonstration": reader.is_demonstration,
    }


def _profile(
    reader: Reader, currency: str, next_available_at: datetime | None, distribution: Mapping[int, int]
) -> dict[str, Any]:
    return _card(reader, currency, next_available_at) | {
        "bio": reader.bio,
        "certifications": list(reader.certifications),
        "rating_distribution": {str(rating): count for rating, count in sorted(distribution.items())},
        "time_zone": reader.time_zone,
        "created_at": reader.created_at,
    }


def render_rates(rates: Mapping[str, int]) -> Rates:
    return Rates(**{kind: Rate(rate_per_minute_minor=rates[kind]) if kind in rates else None for kind in CONSULTATION_TYPES})


def render_facets(facets: Sequence[Facet]) -> list[FacetView]:
    return [FacetView(value=facet.value, count=facet.count) for facet in facets]


def render_availability(time_zone: str, windows: Sequence[Window], spans: Sequence[Span]) -> Availability:
    return Availability(
        time_zone=time_zone,
        windows=[
            WindowView(
                day_of_week=window.day_of_week,
                specific_date=window.specific_date,
                start_time=_clock_time(window.start_minute),
                end_time=_clock_time(window.end_minute),
            )
            for window in windows
        ],
        upcoming=[SpanView(starts_at=span.starts_at, ends_at=span.ends_at) for span in spans],
    )


def _clock_time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
