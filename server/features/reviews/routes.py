"""The reviews' doors."""

from __future__ import annotations

from uuid import UUID

from config.errors import Forbidden, NotFound, Unprocessable
from realtime.consultations.clock import Moment
from realtime.consultations.errors import ConsultationUnpaid, ReviewExists
from server.features.readers.profiles import access_reader
from server.features.reviews.actions import change_review, write_review
from server.features.reviews.errors import ConsultationNotEnded
from server.features.reviews.requests import ReviewPatch, ReviewPayload
from server.features.reviews.views import PublicReviewPage, ReviewView, render_public_review, render_review
from server.http.pagination import PageQuery, make_page
from server.http.routes import Access, Call, Idempotency, Route
from storage.reviews import list_reader_reviews


async def list_reviews_of_reader(call: Call[None, PageQuery]) -> PublicReviewPage:
    query = call.query
    after = query.after(UUID)
    async with call.database.connection() as db:
        reader = await access_reader(db, call.ids["reader_id"], caller=call.optional_caller, now=call.clock.now())
        reviews = await list_reader_reviews(db, reader.id, before_id=None if after is None else after[0], limit=query.limit + 1)
    page = make_page(reviews, limit=query.limit, render=render_public_review, key=lambda review: (review.id,))
    return PublicReviewPage(items=page.items, next_cursor=page.next_cursor)


async def review_consultation(call: Call[ReviewPayload, None]) -> ReviewView:
    moment = Moment(call.clock.now(), call.settings)
    review = await call.database.transact(
        lambda tx: write_review(
            tx,
            consultation_id=call.ids["consultation_id"],
            review_id=call.resource_id,
            client_id=call.caller.user_id,
            payload=call.payload,
            moment=moment,
        )
    )
    return render_review(review)


async def change_own_review(call: Call[ReviewPatch, None]) -> ReviewView:
    moment = Moment(call.clock.now(), call.settings)
    review = await call.database.transact(
        lambda tx: change_review(
            tx,
            consultation_id=call.ids["consultation_id"],
            client_id=call.caller.user_id,
            patch=call.payload,
            moment=moment,
        )
    )
    return render_review(review)


ROUTES = (
    Route(
        method="GET",
        path="/readers/{reader_id}/reviews",
        handler=list_reviews_of_reader,
        summary="What clients wrote about a reader, newest first",
        tag="readers",
        query=PageQuery,
        answer=PublicReviewPage,
        access=Access.OPTIONAL,
        errors=(NotFound, Unprocessable),
    ),
    Route(
        method="POST",
        path="/consultations/{consultation_id}/review",
        handler=review_consultation,
        summary="Review a consultation: once, by its client, after it ended with something paid",
        tag="consultations",
        payload=ReviewPayload,
        answer=ReviewView,
        status=201,
        idempotency=Idempotency.OPTIONAL,
        errors=(NotFound, Forbidden, ConsultationNotEnded, ConsultationUnpaid, ReviewExists),
    ),
    Route(
        method="PATCH",
        path="/consultations/{consultation_id}/review",
        handler=change_own_review,
        summary="Change the own review; what is left out stays as it is",
        tag="consultations",
        payload=ReviewPatch,
        answer=ReviewView,
        errors=(NotFound, Forbidden, ConsultationNotEnded, ConsultationUnpaid),
    ),
)
