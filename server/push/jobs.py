"""The job that sends pushes: some dozens at a time, what failed again later, and what the push service forgot removed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from config import limits
from config.clock import Clock
from config.logging import get_logger
from realtime.notifications.jobs import SEND_PUSHES
from realtime.notifications.kinds import PUSH_RULES
from realtime.notifications.views import render_notification
from server.push.sender import Outcome, PushSender
from storage.database import Database
from storage.jobs import JobHandler, enqueue_job
from storage.notifications import Notification, find_notifications
from storage.push_subscriptions import PushSubscription, find_subscriptions, save_push_outcomes
from storage.transaction import Transaction

log = get_logger(__name__)
# (notification, subscription)
Pair: TypeAlias = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Pushes:
    """The job's handler. A crash between sending and writing that down sends again: the browser shows it in the same place."""

    database: Database
    clock: Clock
    sender: PushSender
    secret: bytes

    def handlers(self) -> dict[str, JobHandler]:
        return {SEND_PUSHES: self.send}

    async def send(self, job: Mapping[str, Any]) -> None:
        """What is too old to be news, and whose login ended meanwhile, is left out."""
        pairs = [(UUID(notification_id), UUID(id)) for notification_id, id in job["pushes"]]
        async with self.database.connection() as db:
            notifications = await find_notifications(db, [pair[0] for pair in pairs])
            subscriptions = await find_subscriptions(db, [pair[1] for pair in pairs], now=self.clock.now())
        wanted = [(n, s) for n, s in pairs if n in notifications and s in subscriptions and self._is_news(notifications[n])]
        gate = asyncio.Semaphore(limits.PUSHES_AT_ONCE)
        outcomes = await asyncio.gather(*(self._send_one(gate, notifications[n], subscriptions[s]) for n, s in wanted))
        done = list(zip(wanted, outcomes, strict=True))
        if done:
            await self.database.transact(lambda tx: _save(tx, done, tries=job["tries"]))

    def _is_news(self, notification: Notification) -> bool:
        lasts = timedelta(seconds=PUSH_RULES[notification.kind].ttl_seconds)
        return self.clock.now() < notification.created_at + lasts

    async def _send_one(self, gate: asyncio.Semaphore, notification: Notification, subscription: PushSubscription) -> Outcome:
        content = render_notification(notification, secret=self.secret).model_dump_json().encode()
        async with gate:
            return await self.sender.send(subscription, content, PUSH_RULES[notification.kind])


async def _save(tx: Transaction, done: Sequence[tuple[Pair, Outcome]], *, tries: int) -> None:
    again = [(pair, outcome) for pair, outcome in done if outcome.is_retryable and tries < len(limits.PUSH_RETRY_SECONDS)]
    retried = {pair for pair, _outcome in again}
    ids: dict[str, list[UUID]] = {"delivered": [], "gone": [], "failed": []}
    for pair, outcome in done:
        if pair not in retried:
            ids[outcome.state].append(pair[1])
    await save_push_outcomes(
        tx, gone=ids["gone"], delivered=ids["delivered"], failed=ids["failed"], failures_maximum=limits.PUSH_FAILURES
    )
    if ids["failed"] or ids["gone"]:
        log.info("push.undelivered", failed=len(ids["failed"]), gone=len(ids["gone"]))
    if again:
        asked = max((outcome.retry_after_seconds or 0 for _pair, outcome in again), default=0)
        wait_seconds = min(max(limits.PUSH_RETRY_SECONDS[tries], asked), limits.PUSH_RETRY_MAXIMUM_SECONDS)
        pushes = [[str(notification_id), str(id)] for (notification_id, id), _outcome in again]
        await enqueue_job(tx, SEND_PUSHES, {"pushes": pushes, "tries": tries + 1}, after_seconds=wait_seconds)
