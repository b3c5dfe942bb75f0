"""What the process of livestreams is started with; the server passes it on as JSON."""

from __future__ import annotations

from config.media_settings import LivestreamsSettings, VideoCodec
from realtime.media.relay.options import NetworkOptions


class BroadcastOptions(NetworkOptions):
    """`viewers_maximum`: in all livestreams together."""

    broadcasts_maximum: int
    viewers_maximum: int
    bitrate_kbps: int
    codec: VideoCodec


def broadcast_options(settings: LivestreamsSettings, *, log_level: str) -> BroadcastOptions:
    first, last = settings.port_range
    return BroadcastOptions(
        addresses=settings.addresses,
        public_address=settings.public_address,
        port_minimum=first,
        port_maximum=last,
        broadcasts_maximum=settings.maximum,
        viewers_maximum=settings.viewers_maximum,
        bitrate_kbps=settings.bitrate_kbps,
        codec=settings.codec,
        log_level=log_level,
    )
