"""The live command of gifts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config import limits
from config.errors import invalid
from config.fields import Id, Nonce, Payload, PlainText, View, WholeNumber
from config.ids import new_id
from realtime.commands import Caller, Command, Live
from realtime.livestreams.messages import GiftView
from storage.gifts import GiftDraft


class SendGift(Payload):
    """In a livestream or in a consultation: one of the two ids.

    `amount_minor`: what the sender was shown that all of it costs, in minor units; where it costs another amount by now, nothing
    is paid. Left out, it is paid at whatever it costs.
    """

    livestream_id: Id | None = None
    consultation_id: Id | None = None
    gift_kind_id: Id
    quantity: Annotated[WholeNumber, Field(ge=1, le=limits.GIFT_QUANTITY)]
    message: Annotated[PlainText, Field(max_length=limits.GIFT_MESSAGE_LENGTH)] = ""
    nonce: Nonce
    amount_minor: Annotated[WholeNumber, Field(ge=1, le=limits.GIFT_QUANTITY * limits.GIFT_PRICE_MAXIMUM_MINOR)] | None = None


class GiftData(View):
    """`balance_minor`: what the sender's wallet held right after it."""

    gift: GiftView
    balance_minor: int


async def send(live: Live, caller: Caller, payload: SendGift) -> GiftData:
    """Acknowledged only once paid. The same nonce and body again gives the first answer, and nothing is paid twice."""
    if (payload.livestream_id is None) == (payload.consultation_id is None):
        raise invalid([("livestream_id", "give either a livestream_id or a consultation_id")])
    assert live.gifts is not None, "this process was started without gifts"
    draft = GiftDraft(
        id=new_id(),
        line_id=new_id(),
        sender_id=caller.user_id,
        livestream_id=payload.livestream_id,
        consultation_id=payload.consultation_id,
        gift_kind_id=payload.gift_kind_id,
        quantity=payload.quantity,
        message=payload.message.strip(),
        nonce=payload.nonce,
        amount_minor=payload.amount_minor,
    )
    sent = await live.gifts.store(draft)
    if sent.error is not None:
        raise sent.error
    assert sent.gift is not None
    assert sent.balance_minor is not None
    return GiftData(gift=sent.gift, balance_minor=sent.balance_minor)


COMMANDS = (
    Command("gift.send", SendGift, GiftData, send, "Give something, in a livestream or a consultation; acknowledged once paid"),
)
