"""Who gave most in a livestream."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from config import limits
from config.fields import View
from realtime.livestreams.messages import SpeakerView, render_speaker
from storage.gift_writes import Giver, read_given
from storage.transaction import Connection


class TopSenderView(View):
    """Money in minor units."""

    user: SpeakerView
    total_minor: int


def render_top_senders(givers: Iterable[Giver]) -> list[TopSenderView]:
    """In the order in which they come."""
    return [
        TopSenderView(
            user=render_speaker(id=giver.id, display_name=giver.display_name, avatar_upload_id=giver.avatar_upload_id),
            total_minor=giver.total_minor,
        )
        for giver in givers
    ]


async def list_top_senders(db: Connection, livestream_id: UUID) -> list[TopSenderView]:
    """The most generous first; gifts of this livestream only."""
    given = await read_given(db, [livestream_id], limit=limits.TOP_SENDERS)
    return render_top_senders(given[livestream_id].givers) if livestream_id in given else []
