"""Who may record: nobody without both participants' consent, which either withdraws at once. All of it is in the audit log."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from config import limits
from config.errors import RateLimited
from config.ids import new_id
from realtime.commands import Caller
from realtime.consultations.clock import Moment, save_change
from realtime.consultations.errors import ConsultationHasNoMedia, ConsultationNotInProgress
from realtime.recordings.endings import shown_after, stopped, write_audit
from realtime.recordings.errors import RecordingDisabled, RecordingNotAgreed, RecordingNotAsked, RecordingUnderWay
from storage.consultations import ConsultationParts, lock_parts
from storage.recordings import Recording, count_asked, insert_recording, list_hosted, save_recording
from storage.transaction import Transaction


def check_media(parts: ConsultationParts) -> None:
    """Raises ConsultationNotInProgress or ConsultationHasNoMedia."""
    if parts.consultation.status != "in_progress":
        raise ConsultationNotInProgress
    if parts.consultation.mode == "chat":
        raise ConsultationHasNoMedia


async def ask_to_record(tx: Transaction, parts: ConsultationParts, caller: Caller, moment: Moment) -> ConsultationParts:
    """Who asks has consented; the other side is asked. Asking twice is asking once.

    Raises RecordingDisabled, RecordingUnderWay, RateLimited and what `check_media` does.
    """
    check_media(parts)
    recording = parts.recording
    if not moment.settings.recording.enabled:
        raise RecordingDisabled
    if recording is not None and recording.is_open:
        if recording.state == "asked" and recording.asked_by == caller.user_id:
            return parts
        raise RecordingUnderWay
    if await count_asked(tx, parts.consultation.id) >= limits.RECORDINGS_PER_CONSULTATION:
        raise RateLimited("A recording was asked for too often in this consultation")
    asked = Recording(
        id=new_id(),
        consultation_id=parts.consultation.id,
        state="asked",
        asked_by=caller.user_id,
        asked_at=moment.now,
        kept_days=moment.settings.recording.retention_days,
    )
    await insert_recording(tx, asked)
    await write_audit(tx, asked, "recording.ask", now=moment.now, caller=caller)
    return await _tell(tx, replace(parts, recording=asked), moment)


def check_askable(parts: ConsultationParts, user_id: UUID) -> Recording:
    """The question that this participant may answer. Raises RecordingNotAsked and what `check_media` does."""
    check_media(parts)
    recording = parts.recording
    if recording is None or recording.state != "asked" or recording.asked_by == user_id:
        raise RecordingNotAsked
    return recording


async def agree_to_record(
    tx: Transaction, parts: ConsultationParts, caller: Caller, moment: Moment, *, recording_id: UUID, node_id: UUID
) -> ConsultationParts:
    """Both consent now: media may go through that server process's relay. Raises as `check_askable` does."""
    recording = check_askable(parts, caller.user_id)
    if recording.id != recording_id:
        raise RecordingNotAsked
    agreed = replace(recording, state="connecting", agreed_at=moment.now, node_id=node_id)
    await save_recording(tx, before=recording, after=agreed)
    await write_audit(tx, agreed, "recording.agree", now=moment.now, caller=caller)
    return await _tell(tx, replace(parts, recording=agreed), moment)


async def decline_to_record(tx: Transaction, parts: ConsultationParts, caller: Caller, moment: Moment) -> ConsultationParts:
    """Raises as `check_askable` does."""
    recording = check_askable(parts, caller.user_id)
    return await _close(tx, parts, recording, "recording.decline", caller, moment)


async def stop_recording(tx: Transaction, parts: ConsultationParts, caller: Caller, moment: Moment) -> ConsultationParts:
    """Either side withdraws; a second time changes nothing. Who asked and got no answer yet takes the question back.

    Raises RecordingNotAgreed when there is nothing to stop.
    """
    recording = parts.recording
    if recording is None or (recording.state == "asked" and recording.asked_by != caller.user_id):
        raise RecordingNotAgreed
    if not recording.is_open:
        return parts
    return await _close(tx, parts, recording, "recording.stop", caller, moment)


async def _close(
    tx: Transaction, parts: ConsultationParts, recording: Recording, action: str, caller: Caller, moment: Moment
) -> ConsultationParts:
    ended = stopped(recording, at=moment.now, reason="stopped", by=caller.user_id)
    await save_recording(tx, before=recording, after=ended)
    await write_audit(tx, ended, action, now=moment.now, caller=caller)
    return await _tell(tx, replace(parts, recording=await shown_after(tx, ended)), moment)


async def recording_started(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """Both sides' media have arrived at the relay: from here on it is written."""
    recording = parts.recording
    if recording is None or recording.state != "connecting":
        return parts
    started = replace(recording, state="recording", started_at=moment.now)
    await save_recording(tx, before=recording, after=started)
    await write_audit(tx, started, "recording.start", now=moment.now)
    return await _tell(tx, replace(parts, recording=started), moment)


async def end_recording(tx: Transaction, parts: ConsultationParts, moment: Moment, *, reason: str) -> ConsultationParts:
    """It ended by itself: `not_connected`, `interrupted`, `disk_failed`."""
    recording = parts.recording
    if recording is None or not recording.is_under_way:
        return parts
    ended = stopped(recording, at=moment.now, reason=reason)
    await save_recording(tx, before=recording, after=ended)
    await write_audit(tx, ended, "recording.stop", now=moment.now)
    return await _tell(tx, replace(parts, recording=ended), moment)


async def end_recordings_of_node(tx: Transaction, node_id: UUID, moment: Moment) -> None:
    """A server process died, and its relay with it."""
    for hosted in await list_hosted(tx, node_id):
        parts = await lock_parts(tx, hosted.consultation_id)
        if parts is not None and parts.recording is not None and parts.recording.id == hosted.id:
            await end_recording(tx, parts, moment, reason="interrupted")


async def _tell(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    return await save_change(tx, parts, parts.consultation, "changed", moment)
