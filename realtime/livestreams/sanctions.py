"""Who may not speak or watch: a reader, who helps them and admins decide it, for all livestreams of that reader.

The rows of the reader's livestreams are locked first, so that whoever is about to join or to say something either has done so,
and is found, or finds what was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from config.errors import Forbidden, NotFound
from config.fields import Instant, View
from realtime.commands import Caller, EventKind
from realtime.livestreams.messages import SpeakerView, render_speaker
from realtime.livestreams.ranks import Rank, check_above, check_keeps_order, rank_of
from storage.audit import insert_audit_row
from storage.livestream_moderation import (
    ListedSanction,
    Sanction,
    Standing,
    delete_moderator,
    delete_sanction,
    delete_viewings,
    find_sanction,
    list_standings,
    lock_reader_livestreams,
    save_sanction,
)
from storage.transaction import Event, Transaction, user_audience

SanctionKind = Literal["muted", "banned"]


class SanctionView(View):
    """`until_at` null: until it is lifted."""

    user_id: UUID
    kind: SanctionKind
    until_at: Instant | None
    reason: str
    created_at: Instant


class ListedSanctionView(View):
    """`imposed_by`: the reader, who helped them, or an admin; what an admin decided the reader cannot lift."""

    user: SpeakerView
    kind: SanctionKind
    until_at: Instant | None
    reason: str
    imposed_by: UUID
    imposed_by_name: str
    created_at: Instant


class LivestreamSanctionedEvent(View):
    """`none`: what held was lifted. It holds in all of the reader's livestreams."""

    livestream_id: UUID
    reader_id: UUID
    kind: Literal["muted", "banned", "none"]
    until_at: Instant | None
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to hold from now on; `kind` None lifts what does. `seconds` None: until it is lifted."""

    kind: SanctionKind | None
    seconds: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Imposed:
    """`removed_from`: the livestreams that they watched until now; their connections are to leave those rooms."""

    sanction: Sanction | None
    removed_from: frozenset[UUID]


def render_sanction(sanction: Sanction) -> SanctionView:
    return SanctionView(
        user_id=sanction.user_id,
        kind="banned" if sanction.kind == "banned" else "muted",
        until_at=sanction.until_at,
        reason=sanction.reason,
        created_at=sanction.created_at,
    )


def render_listed(listed: ListedSanction) -> ListedSanctionView:
    sanction, user = listed.sanction, listed.user
    return ListedSanctionView(
        user=render_speaker(id=user.id, display_name=user.display_name, avatar_upload_id=user.avatar_upload_id),
        kind="banned" if sanction.kind == "banned" else "muted",
        until_at=sanction.until_at,
        reason=sanction.reason,
        imposed_by=sanction.imposed_by,
        imposed_by_name=listed.imposed_by_name,
        created_at=sanction.created_at,
    )


async def impose(
    tx: Transaction,
    caller: Caller,
    *,
    reader_id: UUID,
    user_id: UUID,
    livestream_id: UUID | None,
    wanted: Wanted,
    now: datetime,
) -> Imposed:
    """Mute or ban somebody, or lift it. Said twice, the second one counts.

    Raises NotFound, and Forbidden for viewers, about who does not stand below, and about what somebody above has decided.
    """
    open_ids = await lock_reader_livestreams(tx, reader_id)
    before = await find_sanction(tx, reader_id=reader_id, user_id=user_id)
    before = before if before is not None and before.holds(now) else None
    people = [caller.user_id, user_id, *([] if before is None else [before.imposed_by])]
    standings = await list_standings(tx, reader_id=reader_id, user_ids=people)
    rank = check_keeps_order(standings, caller.user_id)
    if user_id not in standings:
        raise NotFound("There is no such person")
    check_above(rank, standings[user_id])
    _check_may_change(rank, before, standings)
    after = _sanction(caller, wanted, reader_id=reader_id, user_id=user_id, now=now)
    removed_from = await _write(tx, before, after, reader_id=reader_id, user_id=user_id)
    if before is not None or after is not None:
        told_in = dict.fromkeys([*([] if livestream_id is None else [livestream_id]), *open_ids])
        _emit(tx, list(told_in), after, reader_id=reader_id, user_id=user_id, now=now)
        if rank == Rank.ADMIN:
            await _note(tx, caller, before, after, reader_id=reader_id, user_id=user_id, now=now)
    return Imposed(after, removed_from)


def _check_may_change(rank: Rank, before: Sanction | None, standings: dict[UUID, Standing]) -> None:
    imposer = None if before is None else standings.get(before.imposed_by)
    if imposer is not None and rank_of(imposer) > rank:
        raise Forbidden("Somebody who stands above you has decided this")


def _sanction(caller: Caller, wanted: Wanted, *, reader_id: UUID, user_id: UUID, now: datetime) -> Sanction | None:
    if wanted.kind is None:
        return None
    until_at = None if wanted.seconds is None else now + timedelta(seconds=wanted.seconds)
    return Sanction(reader_id, user_id, wanted.kind, until_at, wanted.reason, caller.user_id, now)


async def _write(
    tx: Transaction, before: Sanction | None, after: Sanction | None, *, reader_id: UUID, user_id: UUID
) -> frozenset[UUID]:
    if after is None:
        if before is not None:
            await delete_sanction(tx, reader_id=reader_id, user_id=user_id)
        return frozenset()
    await save_sanction(tx, after)
    # Whoever has to be kept in order does not keep it.
    await delete_moderator(tx, reader_id=reader_id, user_id=user_id)
    return await delete_viewings(tx, reader_id=reader_id, user_id=user_id) if after.kind == "banned" else frozenset()


def _emit(
    tx: Transaction, livestream_ids: list[UUID], sanction: Sanction | None, *, reader_id: UUID, user_id: UUID, now: datetime
) -> None:
    for livestream_id in livestream_ids:
        payload = LivestreamSanctionedEvent(
            livestream_id=livestream_id,
            reader_id=reader_id,
            kind="none" if sanction is None else render_sanction(sanction).kind,
            until_at=None if sanction is None else sanction.until_at,
            reason="" if sanction is None else sanction.reason,
            at=now,
        )
        tx.emit(Event("livestream.sanctioned", user_audience(user_id), payload))


async def _note(
    tx: Transaction,
    admin: Caller,
    before: Sanction | None,
    after: Sanction | None,
    *,
    reader_id: UUID,
    user_id: UUID,
    now: datetime,
) -> None:
    await insert_audit_row(
        tx,
        actor_id=admin.user_id,
        action="livestream.sanction",
        entity_type="user",
        entity_id=str(user_id),
        before=_describe(before),
        after={"reader_id": str(reader_id), **(_describe(after) or {"kind": "none"})},
        ip_address=admin.ip_address,
        user_agent=admin.user_agent,
        now=now,
    )


def _describe(sanction: Sanction | None) -> dict[str, str | None] | None:
    if sanction is None:
        return None
    until_at = None if sanction.until_at is None else sanction.until_at.isoformat()
    return {"kind": sanction.kind, "until_at": until_at, "reason": sanction.reason}


EVENTS = (
    EventKind(
        "livestream.sanctioned",
        LivestreamSanctionedEvent,
        "the one whom it is about, once for each of the reader's livestreams that is not over",
        "they were muted or banned in a reader's livestreams, or that was lifted; who is banned is out of them",
    ),
)
