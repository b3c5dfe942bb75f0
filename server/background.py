"""Work that repeats by itself: each loop is owned by a context that cancels it, and one failed round does not end it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from config import limits
from config.clock import Clock, SystemClock
from config.errors import AppError
from config.logging import get_logger
from storage.accounts import delete_old_account_tokens
from storage.database import Database
from storage.idempotency_keys import delete_old_keys
from storage.jobs import delete_old_job_logs
from storage.logins import delete_old_logins
from storage.media import delete_old_signals
from storage.notifications import delete_old_notifications
from storage.push_subscriptions import delete_ended_subscriptions
from storage.queue import delete_old_entries
from storage.recordings import delete_old_offers
from storage.transaction import Transaction

log = get_logger(__name__)
Round = Callable[[], Awaitable[object]]


@asynccontextmanager
async def run_loops(loops: Mapping[str, tuple[float, Round]]) -> AsyncIterator[None]:
    """Run every round again and again, this many seconds apart, until the block ends."""
    tasks = [asyncio.create_task(_repeat(name, seconds, work)) for name, (seconds, work) in loops.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(name: str, seconds: float, work: Round) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except AppError as error:
            log.warning("background.failed", work=name, code=error.code)
        except Exception:
            log.exception("background.failed", work=name)


def upkeep_rounds(database: Database, clock: Clock) -> dict[str, tuple[float, Round]]:
    async def follow_clock() -> None:
        await follow_database_clock(database, clock)

    async def forget() -> None:
        await forget_the_old(database, clock)

    return {"clock": (limits.CLOCK_SECONDS, follow_clock), "forgetting": (limits.FORGETTING_SECONDS, forget)}


async def follow_database_clock(database: Database, clock: Clock) -> None:
    """All nodes follow one clock: the database's."""
    if isinstance(clock, SystemClock):
        clock.follow(reference=await database.read_clock())


async def forget_the_old(database: Database, clock: Clock) -> None:
    """Remove what nobody needs any more, in bounded batches."""
    now = clock.now()
    answered = now - timedelta(days=limits.IDEMPOTENCY_KEPT_DAYS)
    ended = now - timedelta(days=limits.ENDED_LOGINS_KEPT_DAYS)
    waited = now - timedelta(days=limits.QUEUE_ENTRIES_KEPT_DAYS)
    offered = now - timedelta(seconds=limits.RECORDING_OFFERS_KEPT_SECONDS)

    told = now - timedelta(days=limits.NOTIFICATIONS_KEPT_DAYS)

    async def forget_batch(tx: Transaction) -> int:
        batch = limits.FORGETTING_BATCH
        counts = [
            await delete_old_keys(tx, claimed_before=answered, maximum=batch),
            await delete_old_logins(tx, ended_before=ended, maximum=batch),
            await delete_old_account_tokens(tx, expired_before=answered, maximum=batch),
            await delete_old_job_logs(tx, created_before=answered, maximum=batch),
            await delete_old_offers(tx, made_before=offered, maximum=batch),
            await delete_old_signals(tx, sent_before=now - timedelta(seconds=limits.SIGNALS_KEPT_SECONDS), maximum=batch),
            await delete_old_notifications(tx, created_before=told, maximum=batch),
            await delete_ended_subscriptions(tx, now=now, maximum=batch),
            await delete_old_entries(tx, ended_before=waited, maximum=batch),
        ]
        return max(counts)

    for _round in range(limits.FORGETTING_ROUNDS):
        if await database.transact(forget_batch) < limits.FORGETTING_BATCH:
            return
