"""Jobs: written with the change that causes them, run at least once, retried a bounded number of times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from storage.database import Database
from storage.jobs import JobHandler, JobQueue, enqueue_job


@asynccontextmanager
async def running(dsn: str, handler: JobHandler) -> AsyncIterator[asyncio.Task[None]]:
    queue = JobQueue(dsn, {"work": handler})
    task = asyncio.create_task(queue.run())
    try:
        yield task
    finally:
        queue.stop()
        await asyncio.wait_for(task, 5)


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.JOB_POLL_SECONDS", 0.05)
    monkeypatch.setattr("config.limits.JOB_RETRY_SECONDS", (0, 0, 0))


class Work:
    """Takes notes; fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.done: asyncio.Queue[Any] = asyncio.Queue()
        self.failures = failures
        self.attempts = 0

    async def __call__(self, job: Mapping[str, Any]) -> None:
        self.attempts += 1
        if self.failures > 0:
            self.failures -= 1
            raise RuntimeError("not yet")
        await self.done.put(job["number"])


async def enqueue(database: Database, number: int) -> None:
    async with database.transaction() as tx:
        await enqueue_job(tx, "work", {"number": number})


async def enqueue_and_fail(database: Database) -> None:
    async with database.transaction() as tx:
        await enqueue_job(tx, "work", {"number": 1})
        raise ZeroDivisionError


async def count_jobs(database: Database) -> int:
    async with database.connection() as connection:
        count: int = await connection.fetch_value("SELECT count(*) FROM pgqueuer")
        return count


async def until_empty(database: Database) -> None:
    async with asyncio.timeout(10):
        # A job that is done announces itself to nobody.
        while await count_jobs(database):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_job_runs_once_its_transaction_has_committed_and_is_gone_then(empty_database: Database, dsn: str) -> None:
    work = Work()
    async with running(dsn, work):
        for number in range(20):
            await enqueue(empty_database, number)
        numbers = [await asyncio.wait_for(work.done.get(), 10) for _ in range(20)]
        assert sorted(numbers) == list(range(20))
        await until_empty(empty_database)


async def test_a_job_of_a_transaction_that_was_rolled_back_never_runs(empty_database: Database, dsn: str) -> None:
    work = Work()
    async with running(dsn, work):
        with pytest.raises(ZeroDivisionError):
            await enqueue_and_fail(empty_database)
        await enqueue(empty_database, 2)
        assert await asyncio.wait_for(work.done.get(), 10) == 2
        assert work.done.empty()


async def test_a_job_that_fails_is_tried_again(empty_database: Database, dsn: str) -> None:
    work = Work(failures=3)
    async with running(dsn, work):
        await enqueue(empty_database, 1)
        assert await asyncio.wait_for(work.done.get(), 10) == 1
    assert work.attempts == 4


async def test_a_job_that_never_works_is_given_up(empty_database: Database, dsn: str) -> None:
    work = Work(failures=100)
    async with running(dsn, work):
        await enqueue(empty_database, 1)
        await until_empty(empty_database)
    assert work.attempts == 4


async def test_a_job_that_a_stop_cuts_off_is_run_again(empty_database: Database, dsn: str) -> None:
    begun = asyncio.Event()

    async def hang(_job: Mapping[str, Any]) -> None:
        begun.set()
        await asyncio.sleep(3600)

    queue = JobQueue(dsn, {"work": hang})
    task = asyncio.create_task(queue.run())
    await enqueue(empty_database, 7)
    await asyncio.wait_for(begun.wait(), 10)
    queue.stop()
    queue.cut_off()
    await asyncio.wait_for(task, 5)
    work = Work()
    async with running(dsn, work):
        assert await asyncio.wait_for(work.done.get(), 10) == 7


async def test_the_queue_comes_back_after_its_connection_is_lost(
    empty_database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.jobs._RECONNECT_SECONDS", 0.05)
    work = Work()
    async with running(dsn, work):
        await enqueue(empty_database, 1)
        assert await asyncio.wait_for(work.done.get(), 10) == 1
        async with empty_database.connection() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'soulseer-jobs' AND datname = current_database()"
            )
        await enqueue(empty_database, 2)
        assert await asyncio.wait_for(work.done.get(), 20) == 2
