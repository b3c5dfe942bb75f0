"""The clock of one consultation: starting, stopping and charging it, all under its row lock.

Connected time is measured in spans: while the clock runs it is `span_base_ms` plus the time since `span_started_at`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config import limits
from config.clock import milliseconds_between
from config.settings import Settings
from realtime.consultations.events import StateChange, emit_charged, emit_exhausted, emit_state
from realtime.recordings.endings import follow_consultation
from storage.consultations import Consultation, ConsultationParts, insert_timeline_line, lock_parts, save_consultation
from storage.meter import charge_one
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Moment:
    """What every change of a consultation needs to know: the instant it happens at, and the settings."""

    now: datetime
    settings: Settings

    @property
    def held_for(self) -> timedelta:
        return timedelta(seconds=self.settings.billing.top_up_window_seconds)

    @property
    def media_wait(self) -> timedelta:
        return timedelta(seconds=self.settings.consultations.media_seconds)

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.settings.consultations.reconnect_grace_seconds)


def is_running(consultation: Consultation) -> bool:
    return consultation.status == "in_progress" and consultation.paid_until_at is not None


def running(consultation: Consultation, *, at: datetime) -> Consultation:
    """The clock runs from `at`, on what is left of the paid time."""
    left_ms = consultation.billed_increments * consultation.increment_ms - consultation.connected_ms
    return replace(
        consultation,
        is_paused=False,
        pause_reason=None,
        paused_at=None,
        grace_until_at=None,
        top_up_until_at=None,
        join_until_at=None,
        span_started_at=at,
        span_base_ms=consultation.connected_ms,
        paid_until_at=at + timedelta(milliseconds=max(0, left_ms)),
    )


def connected_ms_until(consultation: Consultation, at: datetime) -> int:
    """Joint connected time if the present (or last) span ended at `at`; bounded by the paid time."""
    if consultation.span_started_at is None:
        return consultation.connected_ms
    served = consultation.span_base_ms + max(0, milliseconds_between(consultation.span_started_at, at))
    return min(served, consultation.billed_increments * consultation.increment_ms)


def stopped(consultation: Consultation, *, at: datetime) -> Consultation:
    """The clock stands since `at`; an `at` before the span began counts as its beginning."""
    if consultation.span_started_at is not None:
        at = max(at, consultation.span_started_at)
    return replace(consultation, paused_at=at, paid_until_at=None, connected_ms=connected_ms_until(consultation, at))


async def save_change(
    tx: Transaction,
    parts: ConsultationParts,
    after: Consultation,
    change: StateChange,
    moment: Moment,
    *,
    kind: str | None = None,
    at: datetime | None = None,
    reason: str | None = None,
) -> ConsultationParts:
    """Save a change both sides see: the version goes up, the timeline gets its line, the event leaves after commit."""
    after = replace(after, version=parts.consultation.version + 1)
    parts = await follow_consultation(tx, parts, after, now=moment.now)
    await save_consultation(tx, before=parts.consultation, after=after)
    if kind is not None:
        await insert_timeline_line(tx, after, kind=kind, at=at or moment.now, reason=reason)
    changed = replace(parts, consultation=after)
    emit_state(tx, changed, change, now=moment.now)
    return changed


async def relock(tx: Transaction, parts: ConsultationParts) -> ConsultationParts:
    """The row as it is now, after a statement of this transaction changed it."""
    fresh = await lock_parts(tx, parts.consultation.id)
    assert fresh is not None
    return fresh


async def charge_until(tx: Transaction, parts: ConsultationParts, until: datetime, moment: Moment) -> ConsultationParts:
    """Charge every increment that fell due up to `until`, each at its start; the clock may stop for want of money.

    The caller vouches that both participants were present until then, and holds the row lock.
    """
    for _ in range(limits.METER_ROUNDS):
        paid_until_at = parts.consultation.paid_until_at
        if paid_until_at is None or paid_until_at > until:
            break
        turn = await charge_one(tx, parts.consultation.id, due_until=until, now=moment.now, held_for=moment.held_for)
        parts = await relock(tx, parts)
        for charged in turn.charged:
            emit_charged(tx, charged, currency=parts.consultation.currency, now=moment.now)
        for clock in turn.exhausted:
            emit_exhausted(tx, parts, clock, now=moment.now)
    return parts


def just_before(instant: datetime) -> datetime:
    """An increment that begins at the very instant in which the clock stops is not charged any more."""
    return instant - timedelta(milliseconds=1)


def _heard(consultation: Consultation, moment: Moment) -> Consultation:
    """A reader whose media are connected has not been silent."""
    if consultation.mode == "chat" or consultation.reader_spoke_at is not None:
        return consultation
    return replace(consultation, reader_spoke_at=moment.now)


async def start_clock(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """Both are there for the first time: the clock starts, and the first increment is charged at once."""
    after = running(replace(_heard(parts.consultation, moment), started_at=moment.now), at=moment.now)
    parts = await save_change(tx, parts, after, "started", moment, kind="started")
    return await charge_until(tx, parts, moment.now, moment)


async def resume_clock(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """The clock goes on where it stopped; when no paid time is left, the next increment is charged at once."""
    parts = await save_change(
        tx, parts, running(_heard(parts.consultation, moment), at=moment.now), "resumed", moment, kind="resumed"
    )
    return await charge_until(tx, parts, moment.now, moment)
