"""Whatever has become due by itself is carried out before anything else touches a consultation."""

from __future__ import annotations

from realtime.consultations.bookings import begin_if_due
from realtime.consultations.clock import Moment
from realtime.consultations.endings import end_if_due
from storage.consultations import ConsultationParts
from storage.transaction import Transaction


async def carry_out_due(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """A booking begins when its time has come; a live consultation ends at the deadline that has passed."""
    return await end_if_due(tx, await begin_if_due(tx, parts, moment), moment)
