"""The doors of livestreams' chat: what was said, and who may not speak or helps the reader to keep order."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.errors import Forbidden, NotFound, Unprocessable
from config.fields import View
from realtime.livestreams.errors import LivestreamBanned
from realtime.livestreams.messages import LivestreamMessageView, SpeakerView, render_line, render_speaker
from realtime.livestreams.replays import access_talk
from realtime.livestreams.sanctions import ListedSanctionView, Wanted, impose, render_listed
from server.features.consultations.requests import MessagesQuery
from server.http.pagination import Page, PageQuery, make_page
from server.http.routes import Access, Call, Route
from storage.livestream_messages import list_lines
from storage.livestream_moderation import delete_moderator, list_moderators, list_sanctions
from storage.transaction import Transaction

READERS = frozenset({"reader"})


class LivestreamMessagePage(Page[LivestreamMessageView]):
    """In order; `next_cursor` is null once nothing newer is stored."""


class SanctionPage(Page[ListedSanctionView]):
    """Those that hold, the newest first."""


class ModeratorList(View):
    """All of them, by name."""

    items: list[SpeakerView]
    next_cursor: None = None


async def get_livestream_messages(call: Call[None, MessagesQuery]) -> LivestreamMessagePage:
    query, livestream_id = call.query, call.ids["livestream_id"]
    async with call.database.connection() as db:
        await access_talk(db, livestream_id, call.optional_caller, now=call.clock.now())
        found = await list_lines(db, livestream_id, after_seq=query.from_seq, limit=query.limit + 1)
    shown = found[: query.limit]
    next_cursor = str(shown[-1].seq) if len(found) > query.limit else None
    return LivestreamMessagePage(items=[render_line(line) for line in shown], next_cursor=next_cursor)


async def list_own_sanctions(call: Call[None, PageQuery]) -> SanctionPage:
    after = call.query.after(datetime, UUID)
    async with call.database.connection() as db:
        found = await list_sanctions(
            db,
            call.caller.user_id,
            before=None if after is None else (after[0], after[1]),
            limit=call.query.limit + 1,
            now=call.clock.now(),
        )
    page = make_page(
        found,
        limit=call.query.limit,
        render=render_listed,
        key=lambda listed: (listed.sanction.created_at, listed.sanction.user_id),
    )
    return SanctionPage(items=page.items, next_cursor=page.next_cursor)


async def lift_own_sanction(call: Call[None, None]) -> None:
    """Said twice, it is lifted once."""

    async def lift(tx: Transaction) -> None:
        await impose(
            tx,
            call.caller,
            reader_id=call.caller.user_id,
            user_id=call.ids["user_id"],
            livestream_id=None,
            wanted=Wanted(None, None, ""),
            now=call.clock.now(),
        )

    await call.database.transact(lift)


async def list_own_moderators(call: Call[None, None]) -> ModeratorList:
    async with call.database.connection() as db:
        found = await list_moderators(db, call.caller.user_id)
    return ModeratorList(
        items=[
            render_speaker(id=person.id, display_name=person.display_name, avatar_upload_id=person.avatar_upload_id)
            for person in found
        ]
    )


async def remove_own_moderator(call: Call[None, None]) -> None:
    await call.database.transact(lambda tx: delete_moderator(tx, reader_id=call.caller.user_id, user_id=call.ids["user_id"]))


ROUTES = (
    Route(
        method="GET",
        path="/livestreams/{livestream_id}/messages",
        handler=get_livestream_messages,
        summary="What was said and given in a livestream, in order; of a replay each at its time",
        tag="livestreams",
        query=MessagesQuery,
        answer=LivestreamMessagePage,
        access=Access.OPTIONAL,
        errors=(NotFound, Unprocessable, LivestreamBanned),
        description="Once the livestream is over, it is there for whoever is shown the replay.",
    ),
    Route(
        method="GET",
        path="/me/livestream-sanctions",
        handler=list_own_sanctions,
        summary="Who is muted or banned in the caller's livestreams",
        tag="livestreams",
        query=PageQuery,
        answer=SanctionPage,
        roles=READERS,
        errors=(Unprocessable,),
    ),
    Route(
        method="DELETE",
        path="/me/livestream-sanctions/{user_id}",
        handler=lift_own_sanction,
        summary="Let somebody speak and watch again",
        tag="livestreams",
        status=204,
        roles=READERS,
        errors=(NotFound, Forbidden),
    ),
    Route(
        method="GET",
        path="/me/livestream-moderators",
        handler=list_own_moderators,
        summary="Who helps the caller to keep order in their livestreams",
        tag="livestreams",
        answer=ModeratorList,
        roles=READERS,
    ),
    Route(
        method="DELETE",
        path="/me/livestream-moderators/{user_id}",
        handler=remove_own_moderator,
        summary="Take that task from somebody",
        tag="livestreams",
        status=204,
        roles=READERS,
    ),
)
