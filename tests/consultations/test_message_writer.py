"""The group commit of messages: what goes wrong with one of them must not touch the others of its batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from config.errors import AppError, Overloaded, Unprocessable
from config.ids import new_id
from realtime import messages as writing
from realtime.messages import MessageWriter
from storage.database import Database
from storage.messages import MessageDraft, MessageOutcome, list_messages
from storage.transaction import Connection
from tests.consultations.table import Table


@pytest.fixture
async def tables(empty_database: Database) -> list[Table]:
    """Two rooms on one clock."""
    first, second = [await Table.lay(empty_database, balance=10_000) for _ in range(2)]
    second.world = first.world
    await second.world.connect(second.reader.user_id, second.world.nodes[0])
    for table in (first, second):
        await table.start()
    return [first, second]


@pytest.fixture
async def writer(tables: list[Table], empty_database: Database) -> AsyncIterator[MessageWriter]:
    writer = MessageWriter(dsn=empty_database.dsn, clock=tables[0].world.clock)
    await writer.start()
    yield writer
    await writer.close()


def draft(table: Table, content: str, nonce: str | None = None) -> MessageDraft:
    return MessageDraft(new_id(), table.id, table.client.user_id, "text", content, nonce or f"nonce {content[:20]!r}")


async def contents(table: Table) -> list[tuple[int, str]]:
    async with table.world.database.connection() as db:
        return [(message.seq, message.content) for message in await list_messages(db, table.id, after_seq=0, limit=500)]


async def outcome(writer: MessageWriter, wanted: MessageDraft) -> MessageOutcome | AppError:
    try:
        return await writer.store(wanted)
    except AppError as error:
        return error


@pytest.mark.parametrize("poison", ["x" * 4001, "a\x00b", "\ud800", ""])
async def test_a_message_that_the_database_refuses_fails_alone(writer: MessageWriter, tables: list[Table], poison: str) -> None:
    wanted = [draft(tables[number % 2], f"message {number}") for number in range(9)]
    wanted.insert(4, draft(tables[0], poison, "poison"))
    answers = await asyncio.gather(*(outcome(writer, one) for one in wanted))
    assert isinstance(answers.pop(4), Unprocessable)
    assert [answer.verdict for answer in answers if isinstance(answer, MessageOutcome)] == ["stored"] * 9
    assert await contents(tables[0]) == [(seq, f"message {number}") for seq, number in enumerate(range(0, 9, 2), 1)]
    assert await contents(tables[1]) == [(seq, f"message {number}") for seq, number in enumerate(range(1, 9, 2), 1)]


async def test_a_message_whose_commit_was_in_doubt_is_told_to_the_other_side_once(
    writer: MessageWriter, tables: list[Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection broke after the commit: the second try finds its own message, which nobody has been told of."""
    insert, tries = writing.insert_messages, 0

    async def insert_and_break(db: Connection, drafts: list[MessageDraft], **more: object) -> list[MessageOutcome]:
        nonlocal tries
        tries += 1
        outcomes = await insert(db, drafts, **more)  # type: ignore[arg-type]
        if tries == 1:
            raise asyncpg.ConnectionDoesNotExistError
        return outcomes

    monkeypatch.setattr(writing, "insert_messages", insert_and_break)
    wanted = draft(tables[0], "once")
    assert (await writer.store(wanted)).verdict == "stored"
    assert tries == 2
    again = await writer.store(wanted._replace(id=new_id()))
    assert (again.verdict, again.message and again.message.id) == ("known", wanted.id)
    assert await contents(tables[0]) == [(1, "once")]


async def test_a_room_that_somebody_keeps_locked_does_not_hold_up_the_others(
    writer: MessageWriter, tables: list[Table], empty_database: Database
) -> None:
    """Another node was stopped in the middle of a transaction."""
    async with empty_database.transaction() as stuck:
        await stuck.execute("SELECT 1 FROM consultations WHERE id = $1 FOR NO KEY UPDATE", tables[0].id)
        async with asyncio.timeout(4):
            held, other = await asyncio.gather(
                outcome(writer, draft(tables[0], "held up")), outcome(writer, draft(tables[1], "free"))
            )
    assert isinstance(other, MessageOutcome)
    assert other.verdict == "stored"
    assert isinstance(held, MessageOutcome)
    assert held.verdict == "busy"
    assert await contents(tables[1]) == [(1, "free")]
    assert (await writer.store(draft(tables[0], "held up"))).verdict == "stored"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ("version = version + 1, last_seq = 5", "stored"),
        ("is_paused = true, pause_reason = 'balance', paid_until_at = NULL", "clock_stopped"),
        ("status = 'completed', end_reason = 'client_ended', ended_at = now(), paid_until_at = NULL", "not_in_progress"),
    ],
)
async def test_a_message_that_waited_for_a_change_of_the_room_is_judged_by_it(
    writer: MessageWriter, tables: list[Table], empty_database: Database, change: str, verdict: str
) -> None:
    async with empty_database.transaction() as tx:
        await tx.execute(f"UPDATE consultations SET {change} WHERE id = $1", tables[0].id)
        waiting = asyncio.create_task(writer.store(draft(tables[0], "racing")))
        await tables[0].until_somebody_waits_for_a_lock()
    outcome = await waiting
    assert outcome.verdict == verdict
    assert [seq for seq, _ in await contents(tables[0])] == ([6] if verdict == "stored" else [])


async def test_nobody_waits_for_ever_for_a_writer_that_closes(
    tables: list[Table], empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.limits.SHUTDOWN_SECONDS", 0.2)
    writer = MessageWriter(dsn=empty_database.dsn, clock=tables[0].world.clock)
    await writer.start()
    async with empty_database.transaction() as stuck:
        await stuck.execute("SELECT 1 FROM consultations WHERE id = $1 FOR NO KEY UPDATE", tables[0].id)
        waiting = [asyncio.create_task(outcome(writer, draft(tables[0], f"late {number}"))) for number in range(3)]
        await tables[0].until_somebody_waits_for_a_lock()
        await writer.close()
        async with asyncio.timeout(2):
            answers = await asyncio.gather(*waiting)
    assert all(isinstance(answer, AppError) and answer.retryable for answer in answers)
    with pytest.raises(Overloaded):
        await writer.store(draft(tables[0], "too late"))
