"""What the doors of booked consultations accept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config import limits
from config.fields import Instant, Payload, Reason, WholeNumber
from realtime.consultations.snapshots import ConsultationType

_QUARTERS = Field(ge=15, le=120, multiple_of=15)
BookedMinutes = Annotated[WholeNumber, _QUARTERS]


class TimesQuery(Payload):
    """From an instant (now, if it is left out), so many days of 24 hours. `type`: what for; `minutes`: how long."""

    type: ConsultationType | None = None
    minutes: Annotated[int, _QUARTERS] | None = None
    from_at: Annotated[Instant | None, Field(alias="from")] = None
    days: Annotated[int, Field(ge=1, le=limits.BOOKING_TIMES_DAYS)] = 7


class CancellationPayload(Payload):
    """`reason`: words for the other one."""

    reason: Reason | None = None
