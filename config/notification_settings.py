"""Settings of what leaves the pages: web push."""

from __future__ import annotations

from pydantic import Field

from config.sections import Section


class PushSettings(Section):
    contact: str | None = Field(
        default=None,
        pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://[^\s]+)$",
        description="Where push services reach the operator: mailto: or https:; none = SERVER__PUBLIC_URL, or MAIL__SENDER",
    )
    allow_private: bool = Field(
        default=False, description="Also send pushes to addresses within this network, without https; for tests alone"
    )
