"""What happens by itself: charging what falls due, resuming when money arrives, and deadlines. Safe on every node at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from billing.metering.affordability import is_funded_in_time
from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment, resume_clock, save_change
from realtime.consultations.deadlines import carry_out_due
from realtime.consultations.events import emit_charged, emit_exhausted
from realtime.consultations.notices import tell_due_notices
from storage.attendances import list_attendants
from storage.bookings import list_due_booking_ids
from storage.consultations import (
    ConsultationParts,
    find_parts,
    list_due_ids,
    list_held_for_money_ids,
    list_silent_ids,
    lock_parts,
)
from storage.database import Database
from storage.meter import charge_due
from storage.transaction import Transaction

log = get_logger(__name__)


class LeaseHolder(Protocol):
    """The node, as far as the meter cares: only one with a valid lease may charge."""

    def holds_lease(self, now: datetime) -> bool: ...


class Meter:
    """Ticks every second on every node; each due row is taken by one of them."""

    def __init__(self, *, database: Database, settings: Settings, clock: Clock, node: LeaseHolder) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._node = node

    async def run(self) -> None:
        """Tick until cancelled; a failed tick is logged and the next one makes up for it."""
        while True:
            try:
                await self.tick()
            except AppError as error:
                log.warning("meter.tick_failed", code=error.code)
            except Exception:
                log.exception("meter.tick_failed")
            await asyncio.sleep(self._settings.billing.seconds_between_ticks)

    async def tick(self) -> None:
        """One round. A node whose lease has run out does nothing: its time was not proven."""
        moment = Moment(self._clock.now(), self._settings)
        if not self._node.holds_lease(moment.now):
            return
        await self._begin_bookings(moment)
        await self._end_silent(moment)
        await self._charge(moment)
        await self._resume_funded(moment)
        await self._carry_out_deadlines(moment)
        await self._tell_notices(moment)

    async def _charge(self, moment: Moment) -> None:
        for _ in range(limits.METER_ROUNDS):
            if not await self._database.transact(lambda tx: self._charge_round(tx, moment)):
                return
        log.warning("meter.behind", rounds=limits.METER_ROUNDS)

    async def _charge_round(self, tx: Transaction, moment: Moment) -> bool:
        turn = await charge_due(tx, now=moment.now, limit=limits.METER_BATCH, held_for=moment.held_for)
        for charged in turn.charged:
            emit_charged(tx, charged, currency=self._settings.billing.currency, now=moment.now)
        for clock in turn.exhausted:
            parts = await find_parts(tx, clock.consultation_id)
            assert parts is not None
            emit_exhausted(tx, parts, clock, now=moment.now)
        return bool(turn.charged or turn.exhausted)

    async def _end_silent(self, moment: Moment) -> None:
        silent_seconds = self._settings.consultations.silent_reader_seconds
        if silent_seconds <= 0:
            return
        silent_ms = round(silent_seconds * 1000)
        async with self._database.connection() as connection:
            ids = await list_silent_ids(connection, now=moment.now, silent_ms=silent_ms, limit=limits.DUE_BATCH)
        await self._carry_out(ids, moment)

    async def _resume_funded(self, moment: Moment) -> None:
        """All of them, page by page: those whom a spending limit keeps standing must not hold up the others."""
        after_id = None
        while True:
            async with self._database.connection() as connection:
                ids = await list_held_for_money_ids(connection, after_id=after_id, limit=limits.DUE_BATCH)
            await self._each(ids, lambda tx, parts: resume_if_funded(tx, parts, moment))
            if len(ids) < limits.DUE_BATCH:
                return
            after_id = ids[-1]

    async def _carry_out_deadlines(self, moment: Moment) -> None:
        async with self._database.connection() as connection:
            ids = await list_due_ids(connection, now=moment.now, limit=limits.DUE_BATCH)
        await self._carry_out(ids, moment)

    async def _begin_bookings(self, moment: Moment) -> None:
        async with self._database.connection() as connection:
            ids = await list_due_booking_ids(connection, now=moment.now, limit=limits.DUE_BATCH)
        await self._carry_out(ids, moment)

    async def _tell_notices(self, moment: Moment) -> None:
        for _ in range(limits.METER_ROUNDS):
            if not await self._database.transact(lambda tx: tell_due_notices(tx, moment)):
                return

    async def _carry_out(self, ids: list[UUID], moment: Moment) -> None:
        async def carry_out(tx: Transaction, parts: ConsultationParts) -> None:
            await carry_out_due(tx, parts, moment)

        await self._each(ids, carry_out)

    async def _each(self, ids: list[UUID], action: Callable[[Transaction, ConsultationParts], Awaitable[None]]) -> None:
        """Run an action on each consultation in a transaction of its own; one that fails does not hold up the others."""
        for consultation_id in ids:

            async def locked(tx: Transaction, wanted: UUID = consultation_id) -> None:
                parts = await lock_parts(tx, wanted)
                if parts is not None and parts.consultation.has_room:
                    await action(tx, parts)

            try:
                await self._database.transact(locked)
            except AppError as error:
                log.warning("meter.sweep_failed", consultation_id=str(consultation_id), code=error.code)
            except Exception:
                log.exception("meter.sweep_failed", consultation_id=str(consultation_id))


async def resume_if_funded(tx: Transaction, parts: ConsultationParts, moment: Moment) -> None:
    """Money arrived while the clock stood for want of it: go on where it stopped, if both are still there."""
    c = parts.consultation
    if c.pause_reason != "balance" or not await is_funded_in_time(tx, c, now=moment.now):
        return
    if not {c.client_id, c.reader_id} <= await list_attendants(tx, c.id, now=moment.now):
        await _wait_for(tx, parts, "connection", moment)
    elif c.lacks_media:
        await _wait_for(tx, parts, "media", moment)
    else:
        await resume_clock(tx, parts, moment)


async def _wait_for(tx: Transaction, parts: ConsultationParts, missing: str, moment: Moment) -> None:
    """The money is there but a participant, or somebody's media, are not: from now on the clock waits for them."""
    after = replace(parts.consultation, pause_reason=missing, top_up_until_at=None, grace_until_at=moment.now + moment.grace)
    await save_change(tx, parts, after, "paused", moment, kind="paused", reason=missing)
