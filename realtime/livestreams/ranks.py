"""Who stands above whom in a reader's livestreams: a viewer below a moderator, below the reader, below an admin who may."""

from __future__ import annotations

from enum import IntEnum
from uuid import UUID

from config.errors import Forbidden
from storage.livestream_moderation import Standing

# The permission of admins who keep order in everybody's livestreams.
MODERATE = "livestreams.moderate"


class Rank(IntEnum):
    VIEWER = 0
    MODERATOR = 1
    READER = 2
    ADMIN = 3


def rank_of(standing: Standing) -> Rank:
    if MODERATE in standing.permissions:
        return Rank.ADMIN
    if standing.is_reader:
        return Rank.READER
    return Rank.MODERATOR if standing.is_moderator else Rank.VIEWER


def check_keeps_order(standings: dict[UUID, Standing], user_id: UUID) -> Rank:
    """Raises Forbidden for viewers."""
    standing = standings.get(user_id)
    rank = Rank.VIEWER if standing is None else rank_of(standing)
    if rank == Rank.VIEWER:
        raise Forbidden("Only the reader and who helps them keep order may do that")
    return rank


def check_above(rank: Rank, other: Standing | None) -> None:
    """Raises Forbidden unless one stands above the other."""
    if other is not None and rank_of(other) >= rank:
        raise Forbidden("They do not stand below you here")
