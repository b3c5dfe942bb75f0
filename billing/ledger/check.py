"""Whether the ledger adds up: every invariant of money, over everything, at one instant, while business goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config import limits
from config.clock import Clock
from storage.database import Database
from storage.ledger_checks import Difference, list_differences


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """`differences` is empty when all is well; at most a bounded number of them for each invariant."""

    checked_at: datetime
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        return not self.differences


async def check_ledger(database: Database, clock: Clock) -> LedgerReport:
    """Read everything in one snapshot of the database. Raises Overloaded when that takes too long."""
    now = clock.now()
    pending_before = now - timedelta(seconds=limits.PENDING_TRANSFER_SECONDS)
    async with database.snapshot(timeout_seconds=limits.LEDGER_CHECK_SECONDS) as db:
        differences = await list_differences(db, pending_before=pending_before)
    return LedgerReport(now, tuple(differences))
