"""Telling everybody of gifts that were paid: the event with what changed in the livestream because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config import limits
from realtime.consultations.events import watchers_audience
from realtime.gifts.events import GiftSentEvent
from realtime.gifts.judging import Place
from realtime.livestreams.audiences import livestream_audience
from realtime.livestreams.messages import GiftView, LivestreamMessageView, render_badges
from realtime.livestreams.snapshots import GiftGoalView
from realtime.livestreams.top_senders import TopSenderView, render_top_senders
from storage.gift_writes import read_given
from storage.gifts import GiftFacts, GiftLivestream
from storage.transaction import Event, Transaction, user_audience


@dataclass(frozen=True, slots=True)
class Untold:
    """A gift that nobody has been told of yet. `line_id` and `seq` are of its line in the livestream's chat."""

    place: Place
    facts: GiftFacts
    view: GiftView
    created_at: datetime
    balance_minor: int
    line_id: UUID
    seq: int | None


async def tell_of_gifts(tx: Transaction, gifts: Sequence[Untold], *, now: datetime) -> None:
    """Everybody in the livestream, or both participants of the consultation, once the transaction has committed."""
    livestreams = {gift.place.id: gift.place for gift in gifts if isinstance(gift.place, GiftLivestream)}
    given = await read_given(tx, list(livestreams), limit=limits.TOP_SENDERS) if livestreams else {}
    tops = {livestream_id: render_top_senders(found.givers) for livestream_id, found in given.items()}
    goals = {
        livestream_id: _render_goal(livestreams[livestream_id], reached_minor=found.gifts_minor)
        for livestream_id, found in given.items()
    }
    for gift in gifts:
        _emit_gift(tx, gift, tops.get(gift.place.id, []), goals.get(gift.place.id), now=now)


def _render_goal(livestream: GiftLivestream, *, reached_minor: int) -> GiftGoalView | None:
    if livestream.gift_goal_title is None or livestream.gift_goal_minor is None:
        return None
    return GiftGoalView(title=livestream.gift_goal_title, goal_minor=livestream.gift_goal_minor, reached_minor=reached_minor)


def _emit_gift(
    tx: Transaction, gift: Untold, top_senders: list[TopSenderView], goal: GiftGoalView | None, *, now: datetime
) -> None:
    event = GiftSentEvent(
        livestream_id=gift.place.id if isinstance(gift.place, GiftLivestream) else None,
        consultation_id=None if isinstance(gift.place, GiftLivestream) else gift.place.id,
        gift=gift.view,
        message=_render_line(gift),
        top_senders=top_senders,
        gift_goal=goal,
        at=now,
    )
    for audience in _audiences(gift):
        tx.emit(Event("gift.sent", audience, event))


def _audiences(gift: Untold) -> tuple[str, ...]:
    if isinstance(gift.place, GiftLivestream):
        return (livestream_audience(gift.place.id),)
    return (user_audience(gift.place.client_id), user_audience(gift.place.reader_id), watchers_audience(gift.place.id))


def _render_line(gift: Untold) -> LivestreamMessageView | None:
    if gift.seq is None:
        return None
    return LivestreamMessageView(
        id=gift.line_id,
        seq=gift.seq,
        kind="gift",
        sender=gift.view.sender,
        badges=render_badges(gift.facts.sender),
        content=gift.view.message,
        gift=gift.view,
        is_deleted=False,
        created_at=gift.created_at,
    )
