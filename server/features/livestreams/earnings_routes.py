"""The door to what a livestream brought its reader: told to them alone."""

from __future__ import annotations

from config.errors import NotFound
from config.fields import View
from server.http.routes import Call, Route
from storage.livestream_earnings import find_livestream_earnings


class LivestreamEarningsView(View):
    """Gifts that were not given back. Money in minor units; `earned_minor` is the reader's part of `gifts_minor`."""

    gifts_count: int
    gifts_minor: int
    earned_minor: int
    currency: str


async def get_livestream_earnings(call: Call[None, None]) -> LivestreamEarningsView:
    async with call.database.connection() as db:
        found = await find_livestream_earnings(db, call.ids["livestream_id"], reader_id=call.caller.user_id)
    if found is None:
        raise NotFound
    return LivestreamEarningsView(
        gifts_count=found.gifts_count,
        gifts_minor=found.gifts_minor,
        earned_minor=found.earned_minor,
        currency=call.settings.billing.currency,
    )


ROUTES = (
    Route(
        method="GET",
        path="/livestreams/{livestream_id}/earnings",
        handler=get_livestream_earnings,
        summary="What the own livestream brought so far",
        tag="livestreams",
        answer=LivestreamEarningsView,
        roles=frozenset({"reader"}),
        errors=(NotFound,),
    ),
)
