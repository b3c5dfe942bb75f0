"""Writing and changing a review. The reader's rating and the consultation's version move in the same transaction."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from config.errors import Forbidden, NotFound
from realtime.consultations.access import access_consultation_locked
from realtime.consultations.clock import Moment, save_change
from realtime.consultations.errors import ConsultationUnpaid, ReviewExists
from server.features.reviews.errors import ConsultationNotEnded
from server.features.reviews.requests import ReviewPatch, ReviewPayload
from storage.consultations import Consultation, ConsultationParts, ConsultationReview
from storage.reviews import Review, change_rating, insert_review, lock_review_of, update_review
from storage.transaction import Transaction


async def write_review(
    tx: Transaction, *, consultation_id: UUID, review_id: UUID, client_id: UUID, payload: ReviewPayload, moment: Moment
) -> Review:
    """Once, by the client, after it ended with something paid and not refunded in full.

    Raises NotFound, Forbidden, ConsultationNotEnded, ConsultationUnpaid, ReviewExists.
    """
    parts = await access_consultation_locked(tx, consultation_id, user_id=client_id)
    check_may_review(parts.consultation, client_id)
    is_new = await insert_review(
        tx,
        review_id=review_id,
        consultation_id=consultation_id,
        client_id=client_id,
        reader_id=parts.consultation.reader_id,
        rating=payload.rating,
        comment=payload.comment,
        now=moment.now,
    )
    if not is_new:
        raise ReviewExists
    await change_rating(tx, parts.consultation.reader_id, count=1, sum=payload.rating)
    return await _tell(tx, parts, moment)


async def change_review(tx: Transaction, *, consultation_id: UUID, client_id: UUID, patch: ReviewPatch, moment: Moment) -> Review:
    """Raises NotFound, Forbidden, ConsultationUnpaid."""
    parts = await access_consultation_locked(tx, consultation_id, user_id=client_id)
    check_may_review(parts.consultation, client_id)
    review = await lock_review_of(tx, consultation_id)
    if review is None:
        raise NotFound("This consultation has not been reviewed")
    rating = review.rating if patch.rating is None else patch.rating
    comment = patch.comment if "comment" in patch.model_fields_set else review.comment
    await update_review(tx, review.id, rating=rating, comment=comment, now=moment.now)
    if review.status == "published":
        await change_rating(tx, review.reader_id, count=0, sum=rating - review.rating)
    return await _tell(tx, parts, moment)


def check_may_review(consultation: Consultation, user_id: UUID) -> None:
    """Raises Forbidden, ConsultationNotEnded or ConsultationUnpaid."""
    if user_id != consultation.client_id:
        raise Forbidden("Only the client can review a consultation")
    if consultation.ended_at is None:
        raise ConsultationNotEnded
    if consultation.started_at is None or consultation.total_cost_minor == 0:
        raise ConsultationUnpaid


async def _tell(tx: Transaction, parts: ConsultationParts, moment: Moment) -> Review:
    """Both sides get the snapshot with the review as it is now."""
    review = await lock_review_of(tx, parts.consultation.id)
    assert review is not None
    shown = ConsultationReview(review.id, review.rating, review.comment, review.created_at, review.updated_at)
    reviewed = replace(parts, review=shown)
    await save_change(tx, reviewed, reviewed.consultation, "changed", moment)
    return review
