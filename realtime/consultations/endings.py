"""How consultations end: by a participant, by an admin, by a deadline; and what is settled then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from billing.metering.affordability import is_funded_in_time
from billing.metering.settlement import refund_charges, terms_of
from billing.metering.terms import refund_due
from billing.wallet.events import emit_wallet_changed
from realtime.consultations.clock import (
    Moment,
    charge_until,
    connected_ms_until,
    is_running,
    just_before,
    save_change,
    stopped,
)
from realtime.consultations.errors import ConsultationNotInProgress
from realtime.consultations.events import StateChange
from realtime.consultations.letters import post_letters
from realtime.consultations.no_shows import close_booking, owes_fee, settle_absence
from realtime.queue.lines import advance_line
from realtime.reader_status import announce_reader_status
from storage.attendances import delete_attendances_of_consultation, list_attendants
from storage.consultations import Consultation, ConsultationParts
from storage.media import delete_signals_of_consultation
from storage.reader_terms import count_finished_consultation
from storage.transaction import Transaction

_DISCONNECTED = frozenset({"client_disconnected", "reader_disconnected", "both_disconnected", "server_interrupted"})
# Whoever ends it this way, the time they did not use stays paid when settlement is by the minute.
_BY_CLIENT = frozenset({"client_ended", "client_disconnected"})


async def end_unanswered(
    tx: Transaction,
    parts: ConsultationParts,
    *,
    reason: str,
    change: StateChange,
    at: datetime,
    moment: Moment,
    note: str | None = None,
) -> ConsultationParts:
    """Close a consultation whose clock never started: declined, expired, withdrawn, or nobody came.

    `note`: what the one who cancelled a booking wrote to the other.
    """
    status = "no_show" if reason.endswith("no_show") else "cancelled"
    settled, balance_minor = await settle_absence(tx, parts.consultation, reason=reason, moment=moment)
    after = _closed(settled, status=status, reason=reason, at=at)
    parts = await save_change(tx, parts, after, change, moment, kind="ended", at=at, reason=reason)
    c = parts.consultation
    if balance_minor is not None:
        emit_wallet_changed(tx, owner_id=c.client_id, balance_minor=balance_minor, currency=c.currency, now=moment.now)
    await _leave(tx, parts, moment, note=note)
    return parts


async def end_running(
    tx: Transaction, parts: ConsultationParts, *, reason: str, at: datetime, moment: Moment
) -> ConsultationParts:
    """End a consultation whose clock has started: charge what was served, give back what was not, close it.

    Once the money has ended, the reason is `balance_exhausted` however it goes on from there, unless nothing is to be paid
    because the reader was silent. The caller holds the row lock.
    """
    parts = await charge_until(tx, parts, just_before(at), moment)
    c = parts.consultation
    if c.pause_reason == "balance" and reason != "reader_silent":
        reason = "balance_exhausted"
    reader_was_missing = c.is_paused and (c.reader_lost_at is not None or _waits_for_readers_media(c))
    if is_running(c):
        c = stopped(c, at=at)
    refund_minor = refund_due(
        terms_of(c),
        charged_increments=c.billed_increments,
        connected_ms=c.connected_ms,
        returns_unused=c.settlement == "second" or reason not in _BY_CLIENT or reader_was_missing,
        returns_all=reason == "reader_silent",
    )
    # What an admin gave back before was for something else: only together they cannot be more than was paid.
    refund_minor = min(refund_minor, c.total_cost_minor)
    status = "disconnected" if reason in _DISCONNECTED else "completed"
    description = "Nothing to pay" if refund_minor == c.total_cost_minor else "Unused time"
    settled, balance_minor = await refund_charges(
        tx, c, refund_minor=refund_minor, description=description, key="settlement", now=moment.now
    )
    after = _closed(settled, status=status, reason=reason, at=at)
    parts = await save_change(tx, parts, after, "ended", moment, kind="ended", at=at, reason=reason)
    if balance_minor is not None:
        emit_wallet_changed(tx, owner_id=c.client_id, balance_minor=balance_minor, currency=c.currency, now=moment.now)
    if parts.consultation.total_cost_minor > 0:
        await count_finished_consultation(tx, c.reader_id)
    await _leave(tx, parts, moment)
    return parts


def _closed(consultation: Consultation, *, status: str, reason: str, at: datetime) -> Consultation:
    return replace(
        consultation,
        status=status,
        end_reason=reason,
        ended_at=at,
        is_paused=False,
        pause_reason=None,
        paid_until_at=None,
        grace_until_at=None,
        join_until_at=None,
        top_up_until_at=None,
    )


async def _leave(tx: Transaction, parts: ConsultationParts, moment: Moment, *, note: str | None = None) -> None:
    await delete_attendances_of_consultation(tx, parts.consultation.id)
    await delete_signals_of_consultation(tx, parts.consultation.id)
    await close_booking(tx, parts.consultation, note=note)
    await advance_line(tx, parts.consultation.reader_id, moment)
    await announce_reader_status(tx, parts.consultation.reader_id, now=moment.now)


async def end_by_participant(tx: Transaction, parts: ConsultationParts, *, by_client: bool, moment: Moment) -> ConsultationParts:
    """`consultation.end`: settles a started one, withdraws or declines one that has not; a second call changes nothing."""
    c = parts.consultation
    if c.end_reason is not None:
        return parts
    if c.status == "scheduled":
        raise ConsultationNotInProgress
    if c.started_at is None:
        change: StateChange = "cancelled" if by_client or c.scheduled_at is not None else "declined"
        reason = "withdrawn" if by_client else "declined"
        if by_client and owes_fee(c, moment):
            reason = "client_no_show"  # whoever lets a reader wait at the booked time does not get out of it like this
        return await end_unanswered(tx, parts, reason=reason, change=change, at=moment.now, moment=moment)
    reason = "client_ended" if by_client else "reader_ended"
    return await end_running(tx, parts, reason=reason, at=moment.now, moment=moment)


async def end_by_platform(tx: Transaction, parts: ConsultationParts, *, reason: str, moment: Moment) -> ConsultationParts:
    """An admin ends it (`ended_by_admin`) or a participant was suspended (`participant_suspended`)."""
    c = parts.consultation
    if not c.has_room:
        raise ConsultationNotInProgress
    if c.started_at is None:
        parts = await end_unanswered(tx, parts, reason="withdrawn", change="cancelled", at=moment.now, moment=moment)
        if c.scheduled_at is not None:
            await post_letters(tx, parts.consultation, "over", to=[c.client_id])
        return parts
    return await end_running(tx, parts, reason=reason, at=moment.now, moment=moment)


async def end_if_due(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """Carry out the deadline that has passed: the ring, the wait for joining, the reader's silence, the grace, the held time."""
    c, now = parts.consultation, moment.now
    if c.status == "requested" and c.ring_until_at is not None and c.ring_until_at <= now:
        return await end_unanswered(tx, parts, reason="expired", change="cancelled", at=c.ring_until_at, moment=moment)
    if c.status != "in_progress":
        return parts
    if c.join_until_at is not None and c.join_until_at <= now and c.started_at is None:
        reason = _absentee(c, await list_attendants(tx, c.id, now=now))
        return await end_unanswered(tx, parts, reason=reason, change="cancelled", at=c.join_until_at, moment=moment)
    silent_since = _silence_ended_at(c, moment)
    if silent_since is not None:
        return await end_running(tx, parts, reason="reader_silent", at=silent_since, moment=moment)
    if c.top_up_until_at is not None and c.top_up_until_at <= now:
        if await is_funded_in_time(tx, c, now=now):
            return parts  # the next tick lets it go on
        return await end_running(tx, parts, reason="balance_exhausted", at=c.top_up_until_at, moment=moment)
    if c.grace_until_at is not None and c.grace_until_at <= now:
        return await end_running(tx, parts, reason=_loss_reason(c), at=c.grace_until_at, moment=moment)
    return parts


def _silence_ended_at(consultation: Consultation, moment: Moment) -> datetime | None:
    """When a reader who was never heard had been in a chat for `silent_reader_seconds` without a word; None while not so.

    Counted in connected time, so that neither a late tick nor money that ended just then changes what is paid: nothing.
    """
    c, silent_ms = consultation, round(moment.settings.consultations.silent_reader_seconds * 1000)
    if silent_ms == 0 or c.mode != "chat" or c.reader_spoke_at is not None or c.span_started_at is None:
        return None
    if (connected_ms_until(c, moment.now) if is_running(c) else c.connected_ms) < silent_ms:
        return None
    if c.paused_at is not None:
        return c.paused_at
    return c.span_started_at + timedelta(milliseconds=max(0, silent_ms - c.span_base_ms))


def _waits_for_readers_media(consultation: Consultation) -> bool:
    return consultation.pause_reason == "media" and consultation.reader_media_through is None


def _absentee(consultation: Consultation, attendants: frozenset[object]) -> str:
    """Who did not come; of two who are in the room, whose media never were connected."""
    client_here, reader_here = consultation.client_id in attendants, consultation.reader_id in attendants
    if client_here and reader_here:
        client_here, reader_here = consultation.client_media_through is not None, consultation.reader_media_through is not None
    if client_here == reader_here:
        return "both_no_show"
    return "reader_no_show" if client_here else "client_no_show"


def _loss_reason(consultation: Consultation) -> str:
    """Who is to blame for a connection, or media, that did not come back: our own node's death counts as the platform's."""
    lost_to = [side for side in (consultation.client_lost_to, consultation.reader_lost_to) if side is not None]
    if "node" in lost_to:
        return "server_interrupted"
    if not lost_to and consultation.pause_reason == "media":
        return _media_loss_reason(consultation)
    if len(lost_to) == 2:
        return "both_disconnected"
    return "client_disconnected" if consultation.client_lost_to else "reader_disconnected"


def _media_loss_reason(consultation: Consultation) -> str:
    client_here, reader_here = consultation.client_media_through is not None, consultation.reader_media_through is not None
    if client_here == reader_here:
        return "both_disconnected"
    return "reader_disconnected" if client_here else "client_disconnected"
