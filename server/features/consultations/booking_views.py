"""What the doors of booked consultations answer beyond the snapshot."""

from __future__ import annotations

from config.fields import Instant, View
from realtime.consultations.snapshots import ConsultationView
from server.http.pagination import Page


class BookingPage(Page[ConsultationView]):
    """What is booked and has not begun, the next one first."""


class ReaderTimes(View):
    """`times`: the instants at which a consultation of `minutes` may start, in order, from `from_at` up to before `until_at`;
    none of them where the reader does not offer `type`. `time_zone` is the reader's. `no_show_minutes`: for how many minutes
    a client pays who books now and does not come; `wait_seconds`: how long the one waits for the other.
    """

    time_zone: str
    minutes: int
    from_at: Instant
    until_at: Instant
    bookable_until_at: Instant
    no_show_minutes: int
    wait_seconds: float
    times: list[Instant]
