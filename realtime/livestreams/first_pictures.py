"""What the first picture of a livestream sets off, in the transaction in which it is written down. Followers are told here."""

from __future__ import annotations

from realtime.consultations.clock import Moment
from realtime.notifications.jobs import followers_event_job, followers_job
from storage.livestreams import LivestreamParts
from storage.transaction import Transaction


async def tell_first_picture(tx: Transaction, parts: LivestreamParts, moment: Moment) -> None:
    """Called once for each livestream, with its row locked: from now on there is something to see."""
    await followers_job(tx, "reader_live", parts.livestream.reader_id, parts.livestream.id)
    await followers_event_job(tx, "started", parts.livestream.id)
