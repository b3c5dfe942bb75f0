"""What the consultations' doors accept."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config import limits
from config.fields import Id, Instant, Payload
from realtime.consultations.snapshots import ConsultationStatus, ConsultationType
from server.features.consultations.booking_requests import BookedMinutes
from server.http.pagination import PageQuery


class ConsultationPayload(Payload):
    """Without `scheduled_at` it rings at once. `minutes`: how long a booking keeps the reader free; the time may be longer."""

    reader_id: Id
    type: ConsultationType
    scheduled_at: Instant | None = None
    minutes: BookedMinutes | None = None

    @model_validator(mode="after")
    def _books_a_time(self) -> Self:
        if self.minutes is not None and self.scheduled_at is None:
            raise ValueError("minutes belong to a booking: scheduled_at is missing")
        return self


class ConsultationsQuery(PageQuery):
    """`status` may be given several times."""

    status: list[ConsultationStatus] = Field(default=[], max_length=7)


class MessagesQuery(Payload):
    """Messages with a higher `seq` than `after_seq`; `cursor`, where it is given, goes on where the page before ended."""

    after_seq: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=limits.ROOM_MESSAGES_PAGE)] = limits.PAGE_SIZE_MAXIMUM
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")] | None = None

    @property
    def from_seq(self) -> int:
        return self.after_seq if self.cursor is None else int(self.cursor)


class TranscriptQuery(Payload):
    format: Literal["txt", "json"] = "txt"
