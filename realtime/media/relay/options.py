"""What the relay's process is started with; the server passes it on as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from config.media_settings import RecordingSettings


class NetworkOptions(BaseModel):
    """`addresses`: of this machine to receive media at, empty = all but loopback. `public_address`: told instead of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    addresses: tuple[str, ...] = ()
    public_address: str | None = None
    port_minimum: int = 0
    port_maximum: int = 0
    log_level: str = "info"


class RelayOptions(NetworkOptions):
    rooms_maximum: int


def relay_options(settings: RecordingSettings, *, log_level: str) -> RelayOptions:
    first, last = settings.port_range
    return RelayOptions(
        addresses=settings.addresses,
        public_address=settings.public_address,
        port_minimum=first,
        port_maximum=last,
        rooms_maximum=settings.maximum,
        log_level=log_level,
    )
