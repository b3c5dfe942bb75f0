"""What the reviews' doors answer."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from config.fields import Instant, View
from server.http.pagination import Page
from storage.reviews import Review


class Reviewer(View):
    """First name and initial; who reviewed is not told to the public."""

    display_name: str


class PublicReview(View):
    id: UUID
    client: Reviewer
    rating: int
    comment: str | None
    created_at: Instant
    updated_at: Instant


class PublicReviewPage(Page[PublicReview]):
    """Newest first."""


class ReviewView(View):
    """A review as its author sees it."""

    id: UUID
    consultation_id: UUID
    reader_id: UUID
    rating: int
    comment: str | None
    status: Literal["published", "hidden"]
    created_at: Instant
    updated_at: Instant


def render_public_review(review: Review) -> PublicReview:
    return PublicReview(
        id=review.id,
        client=Reviewer(display_name=shorten_name(review.client_name)),
        rating=review.rating,
        comment=review.comment,
        created_at=review.created_at,
        updated_at=review.updated_at,
    )


def render_review(review: Review) -> ReviewView:
    return ReviewView(
        id=review.id,
        consultation_id=review.consultation_id,
        reader_id=review.reader_id,
        rating=review.rating,
        comment=review.comment,
        status=review.status,
        created_at=review.created_at,
        updated_at=review.updated_at,
    )


def shorten_name(name: str) -> str:
    """`Mara van der Berg` → `Mara B.`"""
    first, *others = name.split()
    return f"{first} {others[-1][0]}." if others else first
