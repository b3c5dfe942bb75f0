"""What the relay's process is started with; the server passes it on as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RelayOptions(BaseModel):
    """`addresses`: of this machine to receive media at, empty = all but loopback. `public_address`: told instead of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    addresses: tuple[str, ...] = ()
    public_address: str | None = None
    port_minimum: int = 0
    port_maximum: int = 0
    rooms_maximum: int
    log_level: str = "info"
