"""What a line of a livestream's chat looks like from outside, gifts' lines too, and the history that whoever joins is given."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from config import limits
from config.fields import Instant, View
from realtime.consultations.snapshots import upload_url
from storage.livestream_messages import (
    LineGift,
    LineSpeaker,
    LivestreamLine,
    list_deleted_lines,
    list_lines,
    list_newest_lines,
)
from storage.transaction import Connection

Badge = Literal["reader", "moderator", "admin"]


class SpeakerView(View):
    """A person, as everybody in a livestream sees them."""

    id: UUID
    display_name: str
    avatar_url: str | None


class GiftView(View):
    """A gift as everybody sees it, with how its kind looks."""

    id: UUID
    sender: SpeakerView
    gift_kind_id: UUID
    name: str
    image_url: str
    animation_url: str | None
    quantity: int
    amount_minor: int
    currency: str
    message: str


class LivestreamMessageView(View):
    """`content` is plain text, whatever it looks like: what somebody wrote, or what they wrote with a gift. It is empty where
    `is_deleted`.
    """

    id: UUID
    seq: int
    kind: Literal["text", "gift"]
    sender: SpeakerView
    badges: list[Badge]
    content: str
    gift: GiftView | None
    is_deleted: bool
    created_at: Instant


def render_speaker(*, id: UUID, display_name: str, avatar_upload_id: UUID | None) -> SpeakerView:
    return SpeakerView(id=id, display_name=display_name, avatar_url=upload_url(avatar_upload_id))


def render_badges(speaker: LineSpeaker) -> list[Badge]:
    badges: list[Badge] = []
    if speaker.is_reader:
        badges.append("reader")
    if speaker.is_moderator:
        badges.append("moderator")
    if speaker.role == "admin":
        badges.append("admin")
    return badges


def _render_gift(gift: LineGift, *, sender: SpeakerView, message: str) -> GiftView:
    return GiftView(
        id=gift.id,
        sender=sender,
        gift_kind_id=gift.gift_kind_id,
        name=gift.kind_name,
        image_url=gift.image_url,
        animation_url=gift.animation_url,
        quantity=gift.quantity,
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        message=message,
    )


def render_line(line: LivestreamLine) -> LivestreamMessageView:
    speaker = line.speaker
    sender = render_speaker(id=speaker.id, display_name=speaker.display_name, avatar_upload_id=speaker.avatar_upload_id)
    return LivestreamMessageView(
        id=line.id,
        seq=line.seq,
        kind="text" if line.kind == "text" else "gift",
        sender=sender,
        badges=render_badges(speaker),
        content=line.content,
        gift=None if line.gift is None else _render_gift(line.gift, sender=sender, message=line.content),
        is_deleted=line.is_deleted,
        created_at=line.created_at,
    )


async def list_last_messages(db: Connection, livestream_id: UUID, *, after_seq: int | None = None) -> list[LivestreamMessageView]:
    """The last hundred lines for who joins. For who comes back, those after `after_seq` (more may follow over HTTP), and
    before them those of the hundred up to it that have been deleted: perhaps while they were away.
    """
    if after_seq is None:
        lines = await list_newest_lines(db, livestream_id, limit=limits.LIVESTREAM_HISTORY)
    else:
        lines = await list_deleted_lines(db, livestream_id, up_to_seq=after_seq, limit=limits.LIVESTREAM_HISTORY)
        lines += await list_lines(db, livestream_id, after_seq=after_seq, limit=limits.ROOM_MESSAGES_PAGE)
    return [render_line(line) for line in lines]
