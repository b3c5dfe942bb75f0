"""Makes up for what other nodes could not be told: who was banned a moment ago is in no room of this one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from config import limits
from config.clock import Clock
from realtime.livestreams.audiences import livestream_audience
from storage.database import Database
from storage.livestream_moderation import list_new_bans


class BanKeeper:
    """One per server process. `take_out` takes a person's connections of this process out of a room."""

    def __init__(self, *, database: Database, clock: Clock, take_out: Callable[[UUID, str], Awaitable[None]]) -> None:
        self._database = database
        self._clock = clock
        self._take_out = take_out

    async def run_round(self) -> None:
        now = self._clock.now()
        since = now - timedelta(seconds=limits.LIVESTREAM_BANS_CHECKED_SECONDS)
        async with self._database.connection() as connection:
            banned = await list_new_bans(connection, since=since, now=now)
        for livestream_id, user_id in banned:
            await self._take_out(user_id, livestream_audience(livestream_id))
