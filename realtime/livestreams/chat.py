"""Saying something in a livestream: written in batches, and told to everybody in it once it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field

from config import limits
from config.errors import NonceReused, NotFound, Overloaded
from config.fields import Id, Instant, NonBlank, Nonce, Payload, PlainText, View, render_instant
from config.ids import new_id
from realtime.batches import BatchWriter
from realtime.commands import Caller, Command, EventKind, Live, Rendered
from realtime.dispatch import encode_once
from realtime.livestreams.audiences import livestream_audience
from realtime.livestreams.chat_errors import LivestreamFollowersOnly, LivestreamMuted, LivestreamSlowMode, too_fast
from realtime.livestreams.errors import LivestreamBanned, LivestreamEnded, LivestreamNotJoined
from realtime.livestreams.messages import LivestreamMessageView, render_line
from realtime.livestreams.ranks import MODERATE
from storage.livestream_messages import LivestreamLine
from storage.livestream_talk import LineDraft, LineOutcome, SpeakingLimit, insert_lines
from storage.transaction import Connection, Event


class SayInLivestream(Payload):
    """`content` is plain text: markup and links in it are characters like others."""

    livestream_id: Id
    content: Annotated[PlainText, Field(min_length=1, max_length=limits.LIVESTREAM_MESSAGE_LENGTH), NonBlank]
    nonce: Nonce


class LivestreamMessageData(View):
    message: LivestreamMessageView


class LivestreamSaidEvent(View):
    livestream_id: UUID
    message: LivestreamMessageView
    at: Instant


class LivestreamMessageWriter(BatchWriter[LineDraft, LineOutcome]):
    """Stores what is said in all livestreams, through this process; one transaction for each batch.

    One line of one person at a time: the next one is judged by what the one before has become.
    """

    name = "livestream-messages"
    limit = SpeakingLimit(limits.LIVESTREAM_MESSAGES_BURST, timedelta(seconds=limits.LIVESTREAM_MESSAGES_BURST_SECONDS))

    def key_of(self, draft: LineDraft) -> tuple[UUID, UUID]:
        return (draft.livestream_id, draft.sender_id)

    async def write(self, db: Connection, drafts: Sequence[LineDraft], *, skip_locked: bool) -> list[LineOutcome]:
        return await insert_lines(db, drafts, limit=self.limit, now=self._clock.now(), skip_locked=skip_locked)


async def say(live: Live, caller: Caller, payload: SayInLivestream) -> Rendered:
    """Acknowledged only once stored. The same nonce and body again gives the first answer, and nobody is told twice.

    The message is encoded once, for the answer (a LivestreamMessageData) and the event (a LivestreamSaidEvent) alike.
    """
    assert live.livestream_messages is not None, "this process was started without livestreams"
    draft = LineDraft(
        id=new_id(),
        livestream_id=payload.livestream_id,
        sender_id=caller.user_id,
        connection_id=caller.connection_id,
        keeps_order=MODERATE in caller.permissions,
        content=payload.content,
        nonce=payload.nonce,
    )
    outcome = await live.livestream_messages.store(draft)
    line = _judge(outcome, draft, live)
    message = encode_once(render_line(line))
    if outcome.verdict == "stored":
        event = {"livestream_id": payload.livestream_id, "message": message, "at": render_instant(line.created_at)}
        audience = livestream_audience(payload.livestream_id)
        await live.deliver([Event("livestream.said", audience, event, skip_connection=caller.connection_id)])
    return {"message": message}


def _judge(outcome: LineOutcome, draft: LineDraft, live: Live) -> LivestreamLine:
    """Raises what was refused."""
    if outcome.line is not None:
        if outcome.verdict == "known" and outcome.said != draft.content:
            raise NonceReused
        return outcome.line
    now = live.clock.now()
    match outcome.verdict:
        case "busy":
            raise Overloaded
        case "ended":
            raise LivestreamEnded
        case "banned":
            raise LivestreamBanned
        case "not_joined":
            raise LivestreamNotJoined
        case "muted":
            raise LivestreamMuted.until(outcome.until_at)
        case "followers_only":
            raise LivestreamFollowersOnly
        case "too_fast" if outcome.until_at is not None:
            raise too_fast(outcome.until_at, now=now)
        case "slow_mode" if outcome.until_at is not None:
            raise LivestreamSlowMode.wait(outcome.until_at, now=now)
    raise NotFound("There is no such livestream")


COMMANDS = (
    Command(
        "livestream.say",
        SayInLivestream,
        LivestreamMessageData,
        say,
        "Say something in a livestream that was joined; acknowledged once it is stored",
    ),
)
EVENTS = (
    EventKind(
        "livestream.said",
        LivestreamSaidEvent,
        "who has joined the livestream, its reader included, without the connection that said it",
        "something was said in the livestream's chat",
    ),
)
