"""Which letters a booked consultation causes, and to whom: jobs of the same transaction. What they say is in `server`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from storage.consultations import Consultation
from storage.jobs import enqueue_job
from storage.transaction import Transaction

SEND_BOOKING_LETTER = "send_booking_letter"
Occasion = Literal["booked", "reminder", "over"]


async def post_letters(
    tx: Transaction, consultation: Consultation, occasion: Occasion, *, to: Iterable[UUID], note: str | None = None
) -> None:
    """`note`: what the one who cancelled wrote."""
    for user_id in to:
        job = {"consultation_id": str(consultation.id), "user_id": str(user_id), "occasion": occasion, "note": note}
        await enqueue_job(tx, SEND_BOOKING_LETTER, job)


async def post_letters_of_end(tx: Transaction, consultation: Consultation, *, note: str | None) -> None:
    """A booking did not take place: whoever cancelled it knows that; everybody else is told."""
    both = {"client": consultation.client_id, "reader": consultation.reader_id}
    both.pop({"withdrawn": "client", "declined": "reader"}.get(consultation.end_reason or "", ""), None)
    await post_letters(tx, consultation, "over", to=both.values(), note=note)
