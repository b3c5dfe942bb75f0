"""What the readers' doors accept."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from config import limits
from config.fields import NonBlank, Payload, PlainText, WholeNumber
from realtime.consultations.snapshots import ConsultationType
from realtime.reader_status import EffectiveStatus
from server.features.accounts.requests import TimeZone
from server.http.pagination import PageQuery
from storage.availability import Window

# The parts of BCP 47 (RFC 5646) that name a language people speak: language, script, region, variants.
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)\Z")
_CLOCK_TIME = re.compile(r"(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))(?::00)?\Z")
_WORD = re.compile(r"\w+")


def normalise_specialty(value: str) -> str:
    """Lower case and single spaces, so that one specialty has one spelling."""
    return " ".join(value.lower().split())


def normalise_language(value: str) -> str:
    """`PT-br` → `pt-BR`, the spelling that RFC 5646 section 2.1.1 recommends."""
    match = _LANGUAGE.match(value.strip().lower())
    if match is None:
        raise ValueError("must be a language tag of BCP 47, such as en or pt-BR")
    language, script, region, variants = match.groups()
    return language + (f"-{script.title()}" if script else "") + (f"-{region.upper()}" if region else "") + variants


def _without_repeats(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _parse_clock_time(value: object) -> object:
    match = _CLOCK_TIME.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a time of day such as 09:30, up to 24:00")
    hours, minutes = (int(part) for part in match.groups() if part is not None)
    return hours * 60 + minutes


def _check_is_text(value: object) -> object:
    # A number would be read as seconds since 1970.
    if not isinstance(value, str):
        raise ValueError("must be a date such as 2026-03-29")
    return value


Specialty = Annotated[PlainText, Field(min_length=1, max_length=limits.TAG_LENGTH), NonBlank, AfterValidator(normalise_specialty)]
LanguageTag = Annotated[PlainText, Field(min_length=2, max_length=limits.TAG_LENGTH), AfterValidator(normalise_language)]
Certification = Annotated[
    PlainText, Field(min_length=1, max_length=limits.CERTIFICATION_LENGTH), NonBlank, AfterValidator(str.strip)
]
MinuteOfDay = Annotated[
    int,
    BeforeValidator(_parse_clock_time, json_schema_input_type=Annotated[str, StringConstraints(pattern=r"^[0-2]\d:[0-5]\d$")]),
]


class RatePayload(Payload):
    rate_per_minute_minor: Annotated[
        WholeNumber, Field(ge=limits.RATE_PER_MINUTE_MINIMUM_MINOR, le=limits.RATE_PER_MINUTE_MAXIMUM_MINOR)
    ]


class RatesPatch(Payload):
    """null = not offered; a type that is left out stays as it is."""

    chat: RatePayload | None = None
    call: RatePayload | None = None
    video: RatePayload | None = None


class ReaderPatch(Payload):
    """What is left out stays as it is; null empties the headline and the biography."""

    headline: Annotated[PlainText, Field(max_length=limits.HEADLINE_LENGTH)] | None = None
    bio: Annotated[PlainText, Field(max_length=limits.BIOGRAPHY_LENGTH)] | None = None
    specialties: Annotated[list[Specialty], Field(max_length=limits.TAGS_COUNT), AfterValidator(_without_repeats)] | None = None
    languages: Annotated[list[LanguageTag], Field(max_length=limits.TAGS_COUNT), AfterValidator(_without_repeats)] | None = None
    experience_years: Annotated[WholeNumber, Field(ge=0, le=100)] | None = None
    certifications: (
        Annotated[list[Certification], Field(max_length=limits.CERTIFICATIONS_COUNT), AfterValidator(_without_repeats)] | None
    ) = None
    rates: RatesPatch | None = None

    def changes(self) -> dict[str, Any]:
        """By column. null counts as empty."""
        empty: dict[str, Any] = {"bio": "", "specialties": [], "languages": [], "certifications": [], "experience_years": 0}
        changes = {}
        for name in self.model_fields_set - {"rates"}:
            value = getattr(self, name)
            changes[name] = empty.get(name) if value is None else value
        if self.headline is not None:
            changes["headline"] = self.headline.strip() or None
        if self.rates is not None:
            for kind in self.rates.model_fields_set:
                rate: RatePayload | None = getattr(self.rates, kind)
                changes[f"{kind}_rate_minor"] = None if rate is None else rate.rate_per_minute_minor
        return changes


class WindowPayload(Payload):
    """Every week on a day (0 = Sunday … 6 = Saturday), or on one date; on the clock of the reader's time zone."""

    day_of_week: Annotated[WholeNumber, Field(ge=0, le=6)] | None = None
    specific_date: Annotated[date, BeforeValidator(_check_is_text)] | None = None
    start_time: MinuteOfDay
    end_time: MinuteOfDay

    @model_validator(mode="after")
    def _is_one_span_of_one_day(self) -> Self:
        if (self.day_of_week is None) == (self.specific_date is None):
            raise ValueError("needs either day_of_week or specific_date")
        if self.start_time >= self.end_time:
            raise ValueError("start_time must be before end_time")
        return self

    def window(self) -> Window:
        return Window(self.day_of_week, self.specific_date, self.start_time, self.end_time)


class AvailabilityPayload(Payload):
    """All windows there are; a date with windows of its own has only those. `time_zone` changes the own account's."""

    windows: Annotated[list[WindowPayload], Field(max_length=limits.AVAILABILITY_WINDOWS)]
    time_zone: TimeZone | None = None


class DirectoryQuery(PageQuery):
    """`type`: who offers it; `max_rate_minor` is about that type, or else the cheapest that the reader offers."""

    q: Annotated[
        PlainText, Field(max_length=limits.SEARCH_LENGTH, description="Words of the profile, or the beginnings of words")
    ] = ""
    status: EffectiveStatus | None = None
    specialty: Specialty | None = None
    language: LanguageTag | None = None
    type: ConsultationType | None = None
    max_rate_minor: Annotated[int, Field(ge=0, le=limits.AMOUNT_MAXIMUM_MINOR)] | None = None
    followed: Annotated[bool, Field(description="Only readers whom the caller follows")] = False
    sort: Literal["recommended", "rating", "rate", "newest"] = "recommended"


def words_of(text: str) -> list[str]:
    """What a search looks for: the text's words, a bounded number of them."""
    return _WORD.findall(text)[: limits.SEARCH_WORDS]
