"""The job queue on Postgres (pgqueuer): work that must not be lost, written in the transaction that causes it.

A job runs at least once: a crash between its effect and the note that it is done runs it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson
from pgqueuer import PgQueuer
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.models import Job

from config import limits
from config.logging import get_logger
from storage.transaction import Record, Transaction

log = get_logger(__name__)
JobHandler = Callable[[Mapping[str, Any]], Awaitable[None]]
_RECONNECT_SECONDS = 2.0


async def enqueue_job(tx: Transaction, entrypoint: str, payload: Mapping[str, Any], *, after_seconds: float = 0) -> None:
    """Have the handler of `entrypoint` run with `payload` once this transaction has committed and so many seconds passed."""
    await enqueue_jobs(tx, entrypoint, [payload], after_seconds=after_seconds)


async def enqueue_jobs(
    tx: Transaction, entrypoint: str, payloads: Sequence[Mapping[str, Any]], *, after_seconds: float = 0, priority: int = 0
) -> None:
    """The same for many with one statement; jobs of a higher priority are taken first."""
    # The queue's own statement with our own arguments: its wrapper would send jsonb past our codec.
    statement, count = QueryQueueBuilder().build_enqueue_query("raise"), len(payloads)
    bodies, delays = [orjson.dumps(dict(payload)) for payload in payloads], [timedelta(seconds=after_seconds)] * count
    nothing: list[None] = [None] * count
    await tx.fetch(statement, [priority] * count, [entrypoint] * count, bodies, delays, nothing, nothing)


async def delete_old_job_logs(tx: Transaction, *, created_before: datetime, maximum: int) -> int:
    """Forget how old jobs went; at most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM pgqueuer_log WHERE id IN (SELECT id FROM pgqueuer_log WHERE created < $1 ORDER BY created LIMIT $2)",
        created_before,
        maximum,
    )


class JobQueue:
    """Runs jobs of the given entrypoints over a connection of its own, which it makes again when it is lost."""

    def __init__(self, dsn: str, handlers: Mapping[str, JobHandler], *, at_once: Mapping[str, int] | None = None) -> None:
        """`at_once`: how many jobs of an entrypoint may run at a time, over all processes, where that is bounded."""
        self._dsn = dsn
        self._handlers = dict(handlers)
        self._at_once = dict(at_once or {})
        self._stopping = asyncio.Event()
        self._running: PgQueuer | None = None
        self._jobs: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            try:
                await self._run_connected()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError) as error:
                log.warning("jobs.interrupted", error=type(error).__name__)
            if not self._stopping.is_set():
                await _wait(self._stopping, _RECONNECT_SECONDS)

    def stop(self) -> None:
        """Take no more jobs; `run` returns once those that run are done."""
        self._stopping.set()
        if self._running is not None:
            self._running.shutdown.set()

    def cut_off(self) -> None:
        """Interrupt the jobs that run; they are run again later, by whoever comes next."""
        for job in self._jobs:
            job.cancel()

    async def _run_connected(self) -> None:
        connection: asyncpg.Connection[Record] = await asyncpg.connect(
            self._dsn,
            timeout=limits.ACQUIRE_TIMEOUT_SECONDS,
            command_timeout=limits.STATEMENT_TIMEOUT_SECONDS,
            server_settings={"application_name": "soulseer-jobs", "timezone": "UTC", "jit": "off"},
        )
        try:
            queuer = PgQueuer.from_asyncpg_connection(connection)
            for entrypoint, handler in self._handlers.items():
                at_once = self._at_once.get(entrypoint, 0)
                queuer.entrypoint(entrypoint, concurrency_limit=at_once)(self._with_retries(handler))
            self._running = queuer
            if self._stopping.is_set():
                return
            await queuer.qm.run(
                # A job that is to be tried again announces itself to nobody, so it is looked for.
                dequeue_timeout=timedelta(seconds=limits.JOB_POLL_SECONDS),
                batch_size=limits.JOBS_AT_ONCE,
                max_concurrent_tasks=2 * limits.JOBS_AT_ONCE,
                shutdown_on_listener_failure=True,
                log_aggregation_interval=timedelta(minutes=5),
            )
        finally:
            self._running = None
            await _close(connection)

    def _with_retries(self, handler: JobHandler) -> Callable[[Job], Awaitable[None]]:
        async def run(job: Job) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._jobs.add(task)
            try:
                await handler(orjson.loads(job.payload or b"{}"))
            except asyncio.CancelledError:
                # The queue would note a job that is cut off as cancelled, and drop it.
                task.uncancel()
                raise RetryRequested(reason="interrupted") from None
            except Exception as error:
                _try_again(job, error)
            finally:
                self._jobs.discard(task)

        return run


def _try_again(job: Job, error: Exception) -> None:
    """Raises RetryRequested, unless the job was tried often enough."""
    kind = type(error).__name__
    if job.attempts >= len(limits.JOB_RETRY_SECONDS):
        log.error("job.given_up", entrypoint=job.entrypoint, job_id=int(job.id), error=kind)
        return
    delay_seconds = limits.JOB_RETRY_SECONDS[job.attempts]
    log.warning("job.failed", entrypoint=job.entrypoint, job_id=int(job.id), error=kind, again_in=delay_seconds)
    # Only the kind of failure is kept: its text may hold an address.
    raise RetryRequested(delay=timedelta(seconds=delay_seconds), reason=kind) from None


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


async def _close(connection: asyncpg.Connection[Record]) -> None:
    try:
        await connection.close(timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
