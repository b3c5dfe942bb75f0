"""A turn as a request for a consultation meets it: whom the reader is kept for, and that the request uses the turn."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from realtime.consultations.clock import Moment
from realtime.consultations.errors import ReaderBusy
from realtime.queue.lines import change_line
from realtime.queue.turns import Line
from storage.consultations import Consultation
from storage.transaction import Transaction


def check_turn(line: Line | None, client_id: UUID) -> None:
    """Raises ReaderBusy while the reader is kept for somebody else; the line must be settled, its reader's row locked."""
    reserved = None if line is None else line.reserved
    if reserved is not None and reserved.entry.client_id != client_id:
        raise ReaderBusy("The reader is kept for somebody who waited in line")


async def use_turn(tx: Transaction, line: Line | None, consultation: Consultation, moment: Moment) -> None:
    """The request was made by whose turn it is, if there is a turn: what becomes of it decides what becomes of the place."""
    reserved = None if line is None else line.reserved
    if line is None or reserved is None:
        return
    used = replace(reserved, entry=replace(reserved.entry, consultation_id=consultation.id))
    places = [used if place is reserved else place for place in line.places]
    await change_line(tx, line, places, moment)
