"""The doors of following readers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from server.features.following import actions
from server.features.following.errors import CannotFollowOneself, FollowsTooMany
from server.features.following.views import FollowPage, FollowState, render_followed
from server.http.pagination import PageQuery, make_page
from server.http.routes import Call, Route
from storage.follows import list_followed


async def follow_reader(call: Call[None, None]) -> FollowState:
    now = call.clock.now()
    return await call.database.transact(lambda tx: actions.follow(tx, call.caller, call.ids["reader_id"], now=now))


async def unfollow_reader(call: Call[None, None]) -> FollowState:
    now = call.clock.now()
    return await call.database.transact(lambda tx: actions.unfollow(tx, call.caller, call.ids["reader_id"], now=now))


async def get_follows(call: Call[None, PageQuery]) -> FollowPage:
    query, now = call.query, call.clock.now()
    after = query.after(datetime, UUID)
    async with call.database.connection() as db:
        found = await list_followed(db, call.caller.user_id, after=_key(after), limit=query.limit + 1, now=now)
    page = make_page(found, limit=query.limit, render=render_followed, key=lambda one: (one.followed_at, one.id))
    return FollowPage(items=page.items, next_cursor=page.next_cursor)


def _key(after: tuple[datetime, UUID] | tuple[object, ...] | None) -> tuple[datetime, UUID] | None:
    if after is None:
        return None
    followed_at, reader_id = after
    assert isinstance(followed_at, datetime)
    assert isinstance(reader_id, UUID)
    return followed_at, reader_id


ROUTES = (
    Route(
        method="PUT",
        path="/readers/{reader_id}/follow",
        handler=follow_reader,
        summary="Follow a reader: be told when they come online, go live or announce a livestream",
        tag="following",
        answer=FollowState,
        errors=(NotFound, CannotFollowOneself, FollowsTooMany),
        description="Nobody but the caller sees it; the reader is only told how many follow. Following again changes nothing.",
    ),
    Route(
        method="DELETE",
        path="/readers/{reader_id}/follow",
        handler=unfollow_reader,
        summary="Do not follow a reader any more",
        tag="following",
        answer=FollowState,
        errors=(NotFound,),
    ),
    Route(
        method="GET",
        path="/me/follows",
        handler=get_follows,
        summary="The readers whom the caller follows, the newest first",
        tag="following",
        query=PageQuery,
        answer=FollowPage,
    ),
)
