"""The events of gifts and who gets them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.fields import Instant, View, Withheld
from realtime.commands import EventKind
from realtime.livestreams.messages import GiftView, LivestreamMessageView
from realtime.livestreams.snapshots import GiftGoalView
from realtime.livestreams.top_senders import TopSenderView
from storage.transaction import Event, Transaction, user_audience


class GiftSentEvent(View):
    """A gift was paid. In a livestream `message` is its line in the chat; in a consultation there is none."""

    livestream_id: UUID | None = Withheld
    consultation_id: UUID | None = Withheld
    gift: GiftView
    message: LivestreamMessageView | None
    top_senders: list[TopSenderView]
    gift_goal: GiftGoalView | None
    at: Instant


class EarningsChangedEvent(View):
    """What the reader's earnings account holds: held and available together."""

    balance_minor: int
    currency: str
    at: Instant


def emit_earnings_changed(tx: Transaction, *, reader_id: UUID, balance_minor: int, currency: str, now: datetime) -> None:
    payload = EarningsChangedEvent(balance_minor=balance_minor, currency=currency, at=now)
    tx.emit(Event("earnings.changed", user_audience(reader_id), payload))


EVENTS = (
    EventKind(
        "gift.sent",
        GiftSentEvent,
        "everybody in the livestream, its reader too; in a consultation both participants",
        "a gift was paid",
    ),
    EventKind("earnings.changed", EarningsChangedEvent, "the reader", "gifts were paid"),
)
