"""One answer for each Idempotency-Key: repeated, concurrent, after refusals, after crashes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import BaseModel

from config.clock import MovableClock
from config.errors import AppError, IdempotencyKeyReused, Overloaded, WalletBalanceTooLow
from config.ids import new_id
from server.http.idempotency import Answering, IdempotencyKeyBusy
from server.http.routes import Answer
from storage.accounts import insert_account
from storage.database import Database


class Made(BaseModel):
    id: UUID


class Caller:
    """Calls with a key through one node."""

    def __init__(self, database: Database, clock: MovableClock, user_id: UUID) -> None:
        self.database, self.clock, self.user_id, self.node_id = database, clock, user_id, new_id()
        self.answering = Answering(database, clock, lambda: self.node_id)
        self.made: list[UUID] = []
        self.failure: AppError | None = None
        self.has_begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def live(self, *, seconds: float = 10) -> None:
        """Hold a lease, as a serving node does."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO nodes (id, started_at, renewed_at, lease_expires_at) VALUES ($1, $2, $2, $3)",
                self.node_id,
                now,
                now + timedelta(seconds=seconds),
            )

    async def call(self, key: str = "key", body: bytes = b"body") -> Answer:
        return await self.answering.answer_once(user_id=self.user_id, key=key, request_hash=body, status=201, run=self._run)

    async def _run(self, resource_id: UUID) -> Made:
        self.made.append(resource_id)
        self.has_begun.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Made(id=resource_id)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def user_id(empty_database: Database, clock: MovableClock) -> UUID:
    user_id = new_id()
    async with empty_database.transaction() as tx:
        await insert_account(
            tx, user_id=user_id, email="a@example.com", display_name="A", password_hash="-", role="client", now=clock.now()
        )
    return user_id


@pytest.fixture
def caller(empty_database: Database, clock: MovableClock, user_id: UUID) -> Caller:
    return Caller(empty_database, clock, user_id)


async def test_the_same_key_and_body_gives_the_first_answer_and_does_nothing_twice(caller: Caller) -> None:
    first, second = await caller.call(), await caller.call()
    assert len(caller.made) == 1
    assert second.status == 201
    assert first.body is not None
    assert second.body is not None
    assert second.body.model_dump(mode="json") == first.body.model_dump(mode="json")


async def test_the_same_key_with_another_body_is_refused(caller: Caller) -> None:
    await caller.call()
    with pytest.raises(IdempotencyKeyReused):
        await caller.call(body=b"another")
    assert len(caller.made) == 1


async def test_calls_at_once_with_one_key_run_once_and_all_get_the_answer(caller: Caller) -> None:
    caller.gate.clear()
    calls = [asyncio.create_task(caller.call()) for _ in range(10)]
    await caller.has_begun.wait()
    caller.gate.set()
    answers = await asyncio.gather(*calls)
    assert len(caller.made) == 1
    assert {str(answer.body.model_dump(mode="json")["id"]) for answer in answers if answer.body} == {str(caller.made[0])}


async def test_a_refusal_that_trying_again_cannot_change_is_the_answer(caller: Caller) -> None:
    caller.failure = WalletBalanceTooLow("too little")
    with pytest.raises(WalletBalanceTooLow):
        await caller.call()
    caller.failure = None
    with pytest.raises(AppError) as repeated:
        await caller.call()
    assert (repeated.value.code, repeated.value.status, repeated.value.detail) == ("wallet.balance_too_low", 402, "too little")
    assert len(caller.made) == 1


async def test_after_a_failure_that_may_pass_a_retry_goes_on_with_the_same_resource(caller: Caller) -> None:
    caller.failure = Overloaded()
    with pytest.raises(Overloaded):
        await caller.call()
    caller.failure = None
    answer = await caller.call()
    assert len(caller.made) == 2
    assert caller.made[0] == caller.made[1]
    assert answer.body is not None


async def test_a_call_that_was_cut_off_goes_on_with_the_same_resource(caller: Caller) -> None:
    caller.gate.clear()
    task = asyncio.create_task(caller.call())
    await caller.has_begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    caller.gate.set()
    await caller.call()
    assert caller.made[0] == caller.made[1]


async def test_while_another_node_answers_a_retry_is_told_to_wait(
    caller: Caller, empty_database: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.limits.IDEMPOTENCY_WAIT_SECONDS", 0.3)
    other = Caller(empty_database, clock, caller.user_id)
    await other.live()
    other.gate.clear()
    task = asyncio.create_task(other.call())
    await other.has_begun.wait()
    with pytest.raises(IdempotencyKeyBusy):
        await caller.call()
    waiting = asyncio.create_task(caller.call())
    other.gate.set()
    first = await task
    answer = await waiting
    assert caller.made == []
    assert answer.body is not None
    assert first.body is not None
    assert answer.body.model_dump(mode="json") == first.body.model_dump(mode="json")


async def test_when_the_node_that_answered_has_died_a_retry_goes_on_with_the_same_resource(
    caller: Caller, empty_database: Database, clock: MovableClock
) -> None:
    dead = Caller(empty_database, clock, caller.user_id)
    await dead.live(seconds=10)
    dead.gate.clear()
    task = asyncio.create_task(dead.call())
    await dead.has_begun.wait()
    clock.advance(11)
    await caller.call()
    assert caller.made == dead.made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await caller.call()).status == 201
