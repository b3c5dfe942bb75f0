"""What the doors of waiting in line answer."""

from __future__ import annotations

from config.fields import Instant, View
from realtime.queue.snapshots import QueueEntryView, QueuePlaceView


class OwnQueue(View):
    """The lines that the caller waits in, the oldest first; and the places that were lost within the last hour, the newest
    first, for who was not there when it happened. `at` is the server's time of the answer.
    """

    items: list[QueueEntryView]
    lost: list[QueueEntryView]
    at: Instant


class ReaderQueue(View):
    """Who waits for the caller, in order."""

    items: list[QueuePlaceView]
    at: Instant
