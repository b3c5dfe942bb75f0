"""Beginning and ceasing to follow a reader."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config import limits
from config.errors import NotFound
from realtime.commands import Caller
from server.features.following.errors import CannotFollowOneself, FollowsTooMany
from server.features.following.views import FollowState
from storage.follows import delete_follow, insert_follow
from storage.readers import find_reader
from storage.transaction import Transaction


async def follow(tx: Transaction, caller: Caller, reader_id: UUID, *, now: datetime) -> FollowState:
    """Following again changes nothing. Raises NotFound for who is no listed reader, CannotFollowOneself, FollowsTooMany."""
    reader = await find_reader(tx, reader_id, now=now)
    if reader is None or not reader.is_listed:
        raise NotFound("There is no such reader")
    if reader_id == caller.user_id:
        raise CannotFollowOneself
    if not await insert_follow(tx, follower_id=caller.user_id, reader_id=reader_id, now=now, maximum=limits.FOLLOWS_PER_USER):
        raise FollowsTooMany
    return await _get_state(tx, caller, reader_id, now=now)


async def unfollow(tx: Transaction, caller: Caller, reader_id: UUID, *, now: datetime) -> FollowState:
    """Also a reader who is not listed any more. Raises NotFound for who is no listed reader and was not followed."""
    was_followed = await delete_follow(tx, follower_id=caller.user_id, reader_id=reader_id)
    reader = await find_reader(tx, reader_id, now=now)
    if reader is None or not (reader.is_listed or was_followed):
        raise NotFound("There is no such reader")
    return await _get_state(tx, caller, reader_id, now=now)


async def _get_state(tx: Transaction, caller: Caller, reader_id: UUID, *, now: datetime) -> FollowState:
    reader = await find_reader(tx, reader_id, now=now, viewer_id=caller.user_id)
    assert reader is not None
    return FollowState(reader_id=reader_id, is_followed=bool(reader.is_followed), followers_count=reader.followers_count)
