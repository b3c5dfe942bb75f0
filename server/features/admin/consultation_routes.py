"""The back office's doors to consultations and their reviews."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from config import limits
from config.errors import NotFound, Unprocessable
from realtime.consultations.clock import Moment
from realtime.consultations.errors import ConsultationNotInProgress
from realtime.consultations.snapshots import ConsultationView, render_consultation
from server.features.admin.consultations import end_consultation, refund_consultation
from server.features.admin.errors import ConsultationRefundTooLarge
from server.features.admin.moderation import moderate_review
from server.features.admin.people_routes import ADMINS
from server.features.admin.requests import (
    ConsultationsOfAllQuery,
    ReasonPayload,
    RefundPayload,
    ReviewModeration,
    ReviewsQuery,
)
from server.features.admin.views import AdminReview, AdminReviewPage, render_review
from server.features.consultations.statements import list_statement
from server.features.consultations.views import ConsultationPage, Statement, render_statement
from server.http.pagination import make_page
from server.http.routes import Call, Idempotency, Route
from storage.consultations import ConsultationParts, find_parts, list_parts
from storage.gift_receipts import list_gifts_of_consultation
from storage.reviews import list_reviews


def _render(call: Call[Any, Any], parts: ConsultationParts) -> ConsultationView:
    return render_consultation(parts, viewer="admin", now=call.clock.now())


async def list_all_consultations(call: Call[None, ConsultationsOfAllQuery]) -> ConsultationPage:
    query = call.query
    after = query.after(UUID)
    async with call.database.connection() as db:
        found = await list_parts(
            db,
            participant_id=query.user_id,
            statuses=query.status,
            before_id=None if after is None else after[0],
            limit=query.limit + 1,
        )
    page = make_page(
        found, limit=query.limit, render=lambda parts: _render(call, parts), key=lambda parts: (parts.consultation.id,)
    )
    return ConsultationPage(items=page.items, next_cursor=page.next_cursor)


async def get_any_consultation(call: Call[None, None]) -> ConsultationView:
    async with call.database.connection() as db:
        parts = await find_parts(db, call.ids["consultation_id"])
    if parts is None:
        raise NotFound("There is no such consultation")
    return _render(call, parts)


async def get_any_statement(call: Call[None, None]) -> Statement:
    async with call.database.snapshot(timeout_seconds=limits.STATEMENT_TIMEOUT_SECONDS) as db:
        parts = await find_parts(db, call.ids["consultation_id"])
        if parts is None:
            raise NotFound("There is no such consultation")
        lines = await list_statement(db, parts, viewer="admin", now=call.clock.now())
        gifts = await list_gifts_of_consultation(db, parts.consultation.id, limit=limits.STATEMENT_GIFTS)
    gifts_minor = parts.consultation.gifts_minor
    return render_statement(_render(call, parts), lines, gifts, gifts_minor=gifts_minor, viewer="admin")


async def end_any_consultation(call: Call[ReasonPayload, None]) -> ConsultationView:
    moment = Moment(call.clock.now(), call.settings)
    parts = await call.database.transact(
        lambda tx: end_consultation(tx, call.caller, call.ids["consultation_id"], reason=call.payload.reason, moment=moment)
    )
    return _render(call, parts)


async def refund_any_consultation(call: Call[RefundPayload, None]) -> ConsultationView:
    moment = Moment(call.clock.now(), call.settings)
    parts = await call.database.transact(
        lambda tx: refund_consultation(
            tx,
            call.caller,
            call.ids["consultation_id"],
            refund_id=call.resource_id,
            amount_minor=call.payload.amount_minor,
            reason=call.payload.reason,
            moment=moment,
        )
    )
    return _render(call, parts)


async def list_all_reviews(call: Call[None, ReviewsQuery]) -> AdminReviewPage:
    query = call.query
    after = query.after(UUID)
    async with call.database.connection() as db:
        found = await list_reviews(db, status=query.status, before_id=None if after is None else after[0], limit=query.limit + 1)
    page = make_page(found, limit=query.limit, render=render_review, key=lambda review: (review.id,))
    return AdminReviewPage(items=page.items, next_cursor=page.next_cursor)


async def change_any_review(call: Call[ReviewModeration, None]) -> AdminReview:
    review = await call.database.transact(
        lambda tx: moderate_review(tx, call.caller, call.ids["review_id"], call.payload, now=call.clock.now())
    )
    return render_review(review)


CONSULTATION_ROUTES = (
    Route(
        method="GET",
        path="/admin/consultations",
        handler=list_all_consultations,
        summary="Everybody's consultations, newest first",
        tag="admin",
        query=ConsultationsOfAllQuery,
        answer=ConsultationPage,
        roles=ADMINS,
        permission="consultations.read",
        errors=(Unprocessable,),
    ),
    Route(
        method="GET",
        path="/admin/consultations/{consultation_id}",
        handler=get_any_consultation,
        summary="Anybody's consultation",
        tag="admin",
        answer=ConsultationView,
        roles=ADMINS,
        permission="consultations.read",
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/admin/consultations/{consultation_id}/statement",
        handler=get_any_statement,
        summary="What anybody's consultation cost and why",
        tag="admin",
        answer=Statement,
        roles=ADMINS,
        permission="consultations.read",
        errors=(NotFound,),
    ),
    Route(
        method="POST",
        path="/admin/consultations/{consultation_id}/end",
        handler=end_any_consultation,
        summary="End a live consultation; the client gets the unused time back",
        tag="admin",
        payload=ReasonPayload,
        answer=ConsultationView,
        roles=ADMINS,
        permission="consultations.end",
        errors=(NotFound, ConsultationNotInProgress),
    ),
    Route(
        method="POST",
        path="/admin/consultations/{consultation_id}/refund",
        handler=refund_any_consultation,
        summary="Give money of a consultation back to the client's wallet",
        tag="admin",
        payload=RefundPayload,
        answer=ConsultationView,
        roles=ADMINS,
        permission="refunds.create",
        idempotency=Idempotency.REQUIRED,
        errors=(NotFound, ConsultationRefundTooLarge),
        description="Never more than was charged. The reader keeps the agreed share of what is left.",
    ),
    Route(
        method="GET",
        path="/admin/reviews",
        handler=list_all_reviews,
        summary="Everybody's reviews, newest first",
        tag="admin",
        query=ReviewsQuery,
        answer=AdminReviewPage,
        roles=ADMINS,
        permission="reviews.moderate",
        errors=(Unprocessable,),
    ),
    Route(
        method="PATCH",
        path="/admin/reviews/{review_id}",
        handler=change_any_review,
        summary="Hide a review, or publish it again",
        tag="admin",
        payload=ReviewModeration,
        answer=AdminReview,
        roles=ADMINS,
        permission="reviews.moderate",
        errors=(NotFound,),
    ),
)
