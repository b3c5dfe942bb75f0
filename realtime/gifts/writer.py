"""Gifts by group commit: all that wait in one transaction, each decided by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from config.clock import Clock
from config.settings import BillingSettings
from realtime.batches import BatchWriter
from realtime.gifts.sending import GiftOutcome, send_gifts
from storage.gifts import GiftDraft
from storage.transaction import Connection, Event, Transaction

Deliver = Callable[[Sequence[Event]], Awaitable[None]]


class GiftWriter(BatchWriter[GiftDraft, GiftOutcome]):
    """Sends gifts. Events leave in the order of the commits, after those who sent the gifts have been answered."""

    name = "gifts"

    def __init__(self, *, dsn: str, clock: Clock, billing: BillingSettings, deliver: Deliver) -> None:
        super().__init__(dsn=dsn, clock=clock)
        self._billing = billing
        self._deliver = deliver
        self._committed: list[Event] = []

    def key_of(self, draft: GiftDraft) -> tuple[UUID, str]:
        return (draft.sender_id, draft.nonce)

    def fits(self, batch: Sequence[GiftDraft], draft: GiftDraft) -> bool:
        """Livestreams and consultations are never locked together, so that nobody can wait in a circle for them."""
        return (batch[0].livestream_id is None) == (draft.livestream_id is None)

    async def write(self, db: Connection, drafts: Sequence[GiftDraft], *, skip_locked: bool) -> list[GiftOutcome]:
        async with db.raw.transaction():
            tx = Transaction(db.raw)
            outcomes = await send_gifts(tx, drafts, billing=self._billing, now=self._clock.now(), skip_locked=skip_locked)
        self._committed += tx.events
        return outcomes

    async def announce(self) -> None:
        events, self._committed = self._committed, []
        if events:
            await self._deliver(events)
