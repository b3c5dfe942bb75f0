"""Which engine carries this installation's livestreams."""

from __future__ import annotations

from config.settings import Settings
from realtime.media.broadcast.options import broadcast_options
from realtime.media.engines.embedded import EmbeddedEngine
from realtime.media.engines.interface import MediaEngine, OnMediaEvent
from realtime.media.engines.janus import JanusEngine


def make_engine(settings: Settings, on_event: OnMediaEvent) -> MediaEngine:
    """Starts nothing by itself; `shut_down` is the caller's to say."""
    if settings.livestreams.engine == "janus":
        return JanusEngine(settings.livestreams, on_event, log_level=settings.server.log_level)
    return EmbeddedEngine(broadcast_options(settings.livestreams, log_level=settings.server.log_level), on_event)
