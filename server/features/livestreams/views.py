"""What the livestreams' doors answer beyond the snapshot."""

from __future__ import annotations

from realtime.livestreams.snapshots import LivestreamView
from server.http.pagination import Page


class LivestreamPage(Page[LivestreamView]):
    """What goes on first, most viewers first; then what is to come, the next first; then what is over, the newest first."""


class NewestLivestreamPage(Page[LivestreamView]):
    """Newest first."""
