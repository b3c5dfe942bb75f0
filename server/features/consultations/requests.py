"""What the consultations' doors accept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from config import limits
from config.fields import Id, Instant, Payload
from realtime.consultations.snapshots import ConsultationStatus, ConsultationType
from server.http.pagination import PageQuery


def _refuse_scheduling(value: Any) -> Any:
    if value is not None:
        raise ValueError("consultations cannot be scheduled yet; leave it out to ring now")
    return value


class ConsultationPayload(Payload):
    """Without `scheduled_at` it rings at once."""

    reader_id: Id
    type: ConsultationType
    scheduled_at: Annotated[Instant | None, AfterValidator(_refuse_scheduling)] = None


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
