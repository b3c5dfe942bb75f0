"""What the back office's doors to people and reviews answer."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.consultations.snapshots import upload_url
from server.features.admin.requests import UserStatus
from server.features.readers.views import Verification
from server.http.pagination import Page
from storage.back_office import Person, PersonFigures
from storage.reviews import Review


class NamedPerson(View):
    id: UUID
    display_name: str


class AdminReaderPart(View):
    headline: str | None
    verification: Verification
    verification_reason: str | None
    verified_at: Instant | None
    rating_average: float | None
    rating_count: int


class AdminUser(View):
    """`is_verified` and `reader` are null for who is no reader."""

    id: UUID
    email: str
    username: str | None
    display_name: str
    role: Literal["client", "reader", "admin"]
    status: UserStatus
    status_reason: str | None
    avatar_url: str | None
    is_email_verified: bool
    email_verified_at: Instant | None
    is_verified: bool | None
    reader: AdminReaderPart | None
    time_zone: str
    is_demonstration: bool
    created_at: Instant
    updated_at: Instant


class AdminUserPage(Page[AdminUser]):
    """Newest first."""


class AdminUserDetail(AdminUser):
    """With the person's money and what they do right now."""

    currency: str
    wallet_balance_minor: int | None
    wallet_held_minor: int | None
    earnings_balance_minor: int | None
    consultations_count: int
    live_consultation_id: UUID | None
    open_logins_count: int
    last_used_at: Instant | None


class AdminReview(View):
    id: UUID
    consultation_id: UUID
    client: NamedPerson
    reader: NamedPerson
    rating: int
    comment: str | None
    status: Literal["published", "hidden"]
    created_at: Instant
    updated_at: Instant


class AdminReviewPage(Page[AdminReview]):
    """Newest first."""


def render_user(person: Person) -> AdminUser:
    return AdminUser(**_user(person))


def render_user_detail(person: Person, figures: PersonFigures, *, currency: str) -> AdminUserDetail:
    return AdminUserDetail(
        **_user(person),
        currency=currency,
        wallet_balance_minor=figures.wallet_minor,
        wallet_held_minor=figures.held_minor,
        earnings_balance_minor=figures.earnings_minor,
        consultations_count=figures.consultations,
        live_consultation_id=figures.live_consultation_id,
        open_logins_count=figures.open_logins,
        last_used_at=figures.last_used_at,
    )


def _user(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "username": person.username,
        "display_name": person.display_name,
        "role": person.role,
        "status": person.status,
        "status_reason": person.status_reason,
        "avatar_url": upload_url(person.avatar_upload_id),
        "is_email_verified": person.email_verified_at is not None,
        "email_verified_at": person.email_verified_at,
        "is_verified": None if person.verification is None else person.verification == "verified",
        "reader": _reader_part(person),
        "time_zone": person.time_zone,
        "is_demonstration": person.is_demonstration,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
    }


def _reader_part(person: Person) -> AdminReaderPart | None:
    if person.verification is None or person.rating_count is None or person.rating_sum is None:
        return None
    return AdminReaderPart(
        headline=person.headline,
        verification=person.verification,
        verification_reason=person.verification_reason,
        verified_at=person.verified_at,
        rating_average=round(person.rating_sum / person.rating_count, 2) if person.rating_count else None,
        rating_count=person.rating_count,
    )


def name_person(user_id: UUID | None, display_name: str | None) -> NamedPerson | None:
    return None if user_id is None or display_name is None else NamedPerson(id=user_id, display_name=display_name)


def render_review(review: Review) -> AdminReview:
    return AdminReview(
        id=review.id,
        consultation_id=review.consultation_id,
        client=NamedPerson(id=review.client_id, display_name=review.client_name),
        reader=NamedPerson(id=review.reader_id, display_name=review.reader_name),
        rating=review.rating,
        comment=review.comment,
        status=review.status,
        created_at=review.created_at,
        updated_at=review.updated_at,
    )
