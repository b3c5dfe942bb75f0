"""What people say in a room: messages, read marks, typing."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from config import limits
from config.errors import NonceReused, NotFound, Overloaded, invalid
from config.fields import Flag, Id, NonBlank, Nonce, Payload, PlainText, View, WholeNumber, render_instant
from config.ids import new_id
from realtime.commands import Caller, Command, Live, Rendered
from realtime.consultations.access import access_consultation
from realtime.consultations.errors import ConsultationClockStopped, ConsultationNotInProgress, ConsultationNotJoined
from realtime.consultations.events import MessageReadEvent, TypingChangedEvent, watchers_audience
from realtime.consultations.snapshots import MessageView, encode_message
from storage.messages import Message, MessageDraft, MessageOutcome, find_image_owner, mark_read
from storage.transaction import Event, Transaction, user_audience


class SendMessage(Payload):
    consultation_id: Id
    content: Annotated[PlainText, Field(min_length=1, max_length=limits.MESSAGE_LENGTH), NonBlank]
    kind: Literal["text", "image"] = "text"
    nonce: Nonce


class MessageData(View):
    message: MessageView


class ReadMessages(Payload):
    consultation_id: Id
    up_to_seq: Annotated[WholeNumber, Field(ge=0, le=2**31 - 1)]


class ReadData(View):
    up_to_seq: int


class SetTyping(Payload):
    consultation_id: Id
    is_typing: Flag


class TypingData(View):
    is_typing: bool


_REFUSALS = {
    "missing": NotFound,
    "not_in_progress": ConsultationNotInProgress,
    "clock_stopped": ConsultationClockStopped,
    "not_joined": ConsultationNotJoined,
    "busy": Overloaded,
}


async def send(live: Live, caller: Caller, payload: SendMessage) -> Rendered:
    """Acknowledged only once stored. The same nonce and body again gives the first answer, and nobody is told twice.

    The busiest command: the message is encoded once, for the answer (a MessageData) and the event (a MessageSentEvent) alike.
    """
    if payload.kind == "image":
        await _check_image(live, caller, payload.content)
    draft = MessageDraft(new_id(), payload.consultation_id, caller.user_id, payload.kind, payload.content, payload.nonce)
    outcome = await live.messages.store(draft)
    message = _judge(outcome, draft)
    encoded = encode_message(message)
    if outcome.verdict == "stored":
        assert outcome.client_id is not None
        assert outcome.reader_id is not None
        event = {"consultation_id": draft.consultation_id, "message": encoded, "at": render_instant(message.created_at)}
        audiences = (user_audience(outcome.client_id), user_audience(outcome.reader_id), watchers_audience(draft.consultation_id))
        await live.deliver(
            [Event("message.sent", audience, event, skip_connection=caller.connection_id) for audience in audiences]
        )
    return {"message": encoded}


def _judge(outcome: MessageOutcome, draft: MessageDraft) -> Message:
    if outcome.message is None:
        raise _REFUSALS[outcome.verdict]
    if outcome.verdict == "known" and (outcome.message.kind, outcome.message.content) != (draft.kind, draft.content):
        raise NonceReused
    return outcome.message


async def _check_image(live: Live, caller: Caller, content: str) -> None:
    try:
        upload_id = UUID(content)
    except ValueError:
        raise invalid([("content", "must be the id of an upload")]) from None
    async with live.database.connection() as connection:
        if await find_image_owner(connection, upload_id) != caller.user_id:
            raise invalid([("content", "there is no such upload of yours")])


async def read(live: Live, caller: Caller, payload: ReadMessages) -> ReadData:
    """Move the caller's read mark forward; it never moves back."""

    async def mark(tx: Transaction) -> int:
        parts = await access_consultation(tx, payload.consultation_id, user_id=caller.user_id)
        c = parts.consultation
        reader_side = caller.user_id == c.reader_id
        moved = await mark_read(tx, c.id, reader_side=reader_side, up_to_seq=payload.up_to_seq)
        if moved is None:
            return c.reader_read_seq if reader_side else c.client_read_seq
        event = MessageReadEvent(consultation_id=c.id, user_id=caller.user_id, up_to_seq=moved, at=live.clock.now())
        for audience in (user_audience(c.client_id), user_audience(c.reader_id)):
            tx.emit(Event("message.read", audience, event, skip_connection=caller.connection_id))
        return moved

    return ReadData(up_to_seq=await live.database.transact(mark))


async def set_typing(live: Live, caller: Caller, payload: SetTyping) -> TypingData:
    """Passed on to the other side, never stored."""
    async with live.database.connection() as connection:
        parts = await access_consultation(connection, payload.consultation_id, user_id=caller.user_id)
    c = parts.consultation
    if c.status != "in_progress":
        raise ConsultationNotInProgress
    event = TypingChangedEvent(consultation_id=c.id, user_id=caller.user_id, is_typing=payload.is_typing, at=live.clock.now())
    await live.deliver(
        [
            Event("typing.changed", audience, event, skip_connection=caller.connection_id)
            for audience in (user_audience(c.client_id), user_audience(c.reader_id))
        ]
    )
    return TypingData(is_typing=payload.is_typing)


COMMANDS = (
    Command("message.send", SendMessage, MessageData, send, "Say something; acknowledged once it is stored"),
    Command("message.read", ReadMessages, ReadData, read, "Mark everything up to a message as read"),
    Command("typing.set", SetTyping, TypingData, set_typing, "Tell the other side that you are typing"),
)
