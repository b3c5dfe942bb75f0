"""Who gave most in a livestream."""

from __future__ import annotations

from uuid import UUID

from config.fields import View
from realtime.livestreams.messages import SpeakerView
from storage.transaction import Connection


class TopSenderView(View):
    """Money in minor units, gifts of this livestream only."""

    user: SpeakerView
    total_minor: int


async def list_top_senders(db: Connection, livestream_id: UUID) -> list[TopSenderView]:
    """The most generous first."""
    return []
