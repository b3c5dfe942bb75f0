"""What media do to the clock of a call or video: it runs while both sides' are connected, and how two people talk may change.

Reports are watched in memory by the node they come to (`realtime/media/watch.py`); only what changes is written here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from config.errors import Forbidden
from realtime.consultations.clock import Moment, charge_until, is_running, just_before, save_change, stopped
from realtime.consultations.errors import (
    ConsultationNotInProgress,
    ModeNotAvailable,
    RateNotAgreed,
)
from realtime.consultations.presence import media_through, pause_for, run_if_ready, with_grace, without_media
from storage.attendances import is_attended_through
from storage.consultations import Consultation, ConsultationParts
from storage.transaction import Transaction

Mode = Literal["chat", "call", "video"]
_MODES = ("chat", "call", "video")


async def media_connected(
    tx: Transaction, parts: ConsultationParts, user_id: UUID, connection_id: str, moment: Moment
) -> ConsultationParts:
    """A participant's media are connected, as this connection reports: start or resume once both sides' are.

    The row is locked. A report of another connection than before takes over from it. Nothing changes where no media count.
    """
    c = parts.consultation
    if c.status != "in_progress" or c.mode == "chat" or media_through(c, user_id) == connection_id:
        return parts
    if not await is_attended_through(tx, c.id, connection_id=connection_id):
        return parts
    if user_id == c.client_id:
        after = replace(c, client_media_through=connection_id, client_media_lost_at=None)
    else:
        after = replace(c, reader_media_through=connection_id, reader_media_lost_at=None)
    parts = await save_change(tx, parts, with_grace(after, moment), "changed", moment)
    return await run_if_ready(tx, parts, moment)


async def media_lost(
    tx: Transaction, parts: ConsultationParts, user_id: UUID, connection_id: str, *, lost_at: datetime, moment: Moment
) -> ConsultationParts:
    """A participant's media are gone since `lost_at`, the last proof of them: the clock stops there.

    The row is locked. Only the connection that carried them can lose them; of any other nothing changes.
    """
    c = parts.consultation
    if c.status != "in_progress" or media_through(c, user_id) != connection_id:
        return parts
    if c.started_at is None:
        return await save_change(tx, parts, without_media(c, user_id, lost_at), "changed", moment)
    if is_running(c):
        parts = await charge_until(tx, parts, just_before(lost_at), moment)
    lost = without_media(parts.consultation, user_id, lost_at)
    return await pause_for(tx, parts, lost, user_id, lost_at, "media", moment)


async def change_mode(
    tx: Transaction, parts: ConsultationParts, *, user_id: UUID, mode: Mode, agreed_rate_minor: int | None, moment: Moment
) -> ConsultationParts:
    """Talk by less than before (either side, at once), or by more again (the client, who agrees to a higher price).

    A reader who wants more only proposes it. The new rate holds from the next increment on; less is never dearer. Raises
    ConsultationNotInProgress, ModeNotAvailable, RateNotAgreed.
    """
    c = parts.consultation
    if user_id not in (c.client_id, c.reader_id):
        raise Forbidden
    if c.status != "in_progress":
        raise ConsultationNotInProgress
    if _MODES.index(mode) > _MODES.index(c.type):
        raise ModeNotAvailable
    if mode == c.mode:
        return await _forget_proposal(tx, parts, moment)
    if _MODES.index(mode) < _MODES.index(c.mode):
        rate = _frozen_rate(c, mode)
        lower = c.rate_per_minute_minor if rate is None else min(rate, c.rate_per_minute_minor)
        return await _talk_by(tx, parts, mode, lower, moment)
    if user_id == c.reader_id:
        return await save_change(tx, parts, replace(c, proposed_mode=mode), "changed", moment)
    higher = _frozen_rate(c, mode) or _frozen_rate(c, c.type) or c.rate_per_minute_minor
    if higher > c.rate_per_minute_minor and agreed_rate_minor != higher:
        raise RateNotAgreed
    return await _talk_by(tx, parts, mode, higher, moment)


async def _forget_proposal(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    if parts.consultation.proposed_mode is None:
        return parts
    return await save_change(tx, parts, replace(parts.consultation, proposed_mode=None), "changed", moment)


async def _talk_by(tx: Transaction, parts: ConsultationParts, mode: Mode, rate_minor: int, moment: Moment) -> ConsultationParts:
    if is_running(parts.consultation):  # what fell due until now is charged at the rate until now
        parts = await charge_until(tx, parts, just_before(moment.now), moment)
    was_chat = parts.consultation.mode == "chat"
    after = _with_rate(replace(parts.consultation, mode=mode, proposed_mode=None), rate_minor)
    if mode == "chat":
        after = replace(
            after,
            client_media_through=None,
            reader_media_through=None,
            client_media_lost_at=None,
            reader_media_lost_at=None,
        )
    parts = await save_change(tx, parts, after, "changed", moment, kind="mode_changed", reason=mode)
    if was_chat and is_running(parts.consultation):
        return await _pause_until_connected(tx, parts, moment)
    return await run_if_ready(tx, parts, moment)


async def _pause_until_connected(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """Coming from chat nobody's media are connected yet: the clock waits for them as after a loss."""
    after = replace(
        stopped(parts.consultation, at=moment.now),
        is_paused=True,
        pause_reason="media",
        grace_until_at=moment.now + moment.grace,
    )
    return await save_change(tx, parts, after, "paused", moment, kind="paused", at=after.paused_at, reason="media")


def _frozen_rate(consultation: Consultation, mode: str) -> int | None:
    rates = {
        "chat": consultation.chat_rate_minor,
        "call": consultation.call_rate_minor,
        "video": consultation.video_rate_minor,
    }
    return rates[mode]


def _with_rate(consultation: Consultation, rate_minor: int) -> Consultation:
    """From the next increment on; what was charged before stays at the rates that held then."""
    c = consultation
    if rate_minor == c.rate_per_minute_minor:
        return c
    if c.billed_increments > c.rate_from_increment:
        earlier = [*c.earlier_rates, c.billed_increments, c.rate_per_minute_minor]
        return replace(c, rate_per_minute_minor=rate_minor, rate_from_increment=c.billed_increments, earlier_rates=earlier)
    return replace(c, rate_per_minute_minor=rate_minor)
