"""Who is told of livestreams: the rooms of the live protocol."""

from __future__ import annotations

from uuid import UUID

# Who watches the list of livestreams.
LIVESTREAMS_AUDIENCE = "livestreams"


def livestream_audience(livestream_id: UUID) -> str:
    """The room of everybody who has joined a livestream, its reader included."""
    return f"livestream:{livestream_id}"
