"""The doors to what was given: receipts, rankings, earnings, and giving a gift back."""

from __future__ import annotations

from datetime import timedelta

from config import limits
from config.errors import NotFound
from realtime.livestreams.access import access_livestream
from realtime.livestreams.top_senders import list_top_senders
from server.features.admin.people_routes import ADMINS
from server.features.gifts.receipt_views import (
    EarningsView,
    GiftReceiptView,
    TopSenderPage,
    render_earnings,
    render_ranking,
    render_receipt,
)
from server.features.gifts.refunds import GiftRefunded, refund_any_gift
from server.features.gifts.requests import GiftRefundPayload, TopSendersQuery
from server.features.readers.profiles import access_reader
from server.http.routes import Call, Idempotency, Route
from storage.earnings import find_earnings
from storage.gift_receipts import find_gift, list_givers_of_reader, list_recent_givers


async def get_gift(call: Call[None, None]) -> GiftReceiptView:
    caller_id = call.caller.user_id
    async with call.database.connection() as db:
        gift = await find_gift(db, call.ids["gift_id"])
    if gift is None or caller_id not in (gift.sender_id, gift.reader_id):
        raise NotFound("There is no such gift")
    return render_receipt(gift, for_sender=caller_id == gift.sender_id)


async def list_top_senders_of_livestream(call: Call[None, TopSendersQuery]) -> TopSenderPage:
    caller, livestream_id = call.caller, call.ids["livestream_id"]
    async with call.database.connection() as db:
        await access_livestream(db, livestream_id, user_id=caller.user_id, sees_everything=caller.role == "admin")
        if call.query.window == "livestream":
            return TopSenderPage(items=await list_top_senders(db, livestream_id), next_cursor=None)
        givers = await list_recent_givers(
            db,
            livestream_id,
            since=call.clock.now() - timedelta(seconds=limits.TOP_SENDERS_NOW_SECONDS),
            newest=limits.TOP_SENDERS_NOW_GIFTS,
            limit=limits.TOP_SENDERS,
        )
    return render_ranking(givers)


async def list_top_senders_of_reader(call: Call[None, None]) -> TopSenderPage:
    currency = call.settings.billing.currency
    async with call.database.connection() as db:
        reader = await access_reader(db, call.ids["reader_id"], caller=call.caller, now=call.clock.now())
        return render_ranking(await list_givers_of_reader(db, reader.id, currency=currency, limit=limits.TOP_SENDERS))


async def get_earnings(call: Call[None, None]) -> EarningsView:
    currency, hold = call.settings.billing.currency, timedelta(days=call.settings.payouts.hold_days)
    async with call.database.connection() as db:
        found = await find_earnings(db, call.caller.user_id, currency=currency, held_since=call.clock.now() - hold)
    return render_earnings(found, currency)


async def refund_gift_by_admin(call: Call[GiftRefundPayload, None]) -> GiftReceiptView:
    gift = await call.database.transact(
        lambda tx: refund_any_gift(
            tx, call.caller, call.ids["gift_id"], refund_id=call.resource_id, reason=call.payload.reason, now=call.clock.now()
        )
    )
    return render_receipt(gift, for_sender=False)


RECEIPT_ROUTES = (
    Route(
        method="GET",
        path="/gifts/{gift_id}",
        handler=get_gift,
        summary="The receipt of a gift, for who sent it and who got it",
        tag="gifts",
        answer=GiftReceiptView,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/livestreams/{livestream_id}/top-senders",
        handler=list_top_senders_of_livestream,
        summary="Who gave most in a livestream, in all of it or in the last minutes",
        tag="gifts",
        query=TopSendersQuery,
        answer=TopSenderPage,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/readers/{reader_id}/top-senders",
        handler=list_top_senders_of_reader,
        summary="Who gave most in all of a reader's livestreams",
        tag="gifts",
        answer=TopSenderPage,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/me/earnings",
        handler=get_earnings,
        summary="What the calling reader earned, and how much of it can be paid out",
        tag="wallet",
        answer=EarningsView,
        roles=frozenset({"reader"}),
    ),
    Route(
        method="POST",
        path="/admin/gifts/{gift_id}/refund",
        handler=refund_gift_by_admin,
        summary="Give a gift back, the whole of it",
        tag="admin",
        payload=GiftRefundPayload,
        answer=GiftReceiptView,
        status=201,
        roles=ADMINS,
        permission="refunds.create",
        idempotency=Idempotency.REQUIRED,
        errors=(NotFound, GiftRefunded),
    ),
)
