"""What whoever joins may do in a livestream's chat: told to them alone, for their page."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from config.fields import View
from realtime.livestreams.ranks import rank_of
from realtime.livestreams.sanctions import SanctionView, render_sanction
from storage.livestream_moderation import find_sanction, is_follower, list_standings
from storage.transaction import Connection

RankName = Literal["viewer", "moderator", "reader", "admin"]
_NAMES: tuple[RankName, ...] = ("viewer", "moderator", "reader", "admin")


class StandingView(View):
    """Moderators, the reader and admins keep order, over whoever stands below them. `sanction`: what holds of the caller."""

    rank: RankName
    is_following: bool
    sanction: SanctionView | None


async def describe_standing(db: Connection, reader_id: UUID, user_id: UUID, *, now: datetime) -> StandingView:
    standing = (await list_standings(db, reader_id=reader_id, user_ids=[user_id]))[user_id]
    sanction = await find_sanction(db, reader_id=reader_id, user_id=user_id)
    return StandingView(
        rank=_NAMES[rank_of(standing)],
        is_following=await is_follower(db, reader_id=reader_id, user_id=user_id),
        sanction=render_sanction(sanction) if sanction is not None and sanction.holds(now) else None,
    )
