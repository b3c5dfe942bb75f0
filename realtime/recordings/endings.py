"""Recordings that end because what they record does: with the consultation, or when it goes on by chat."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from realtime.commands import Caller
from storage.audit import insert_audit_row
from storage.consultations import Consultation, ConsultationParts
from storage.recordings import Recording, list_recordings, save_recording
from storage.transaction import Transaction


def stopped(recording: Recording, *, at: datetime, reason: str, by: UUID | None = None) -> Recording:
    """An ask that was never agreed to counts as declined."""
    if recording.state == "asked":
        return replace(recording, state="declined", stopped_at=at, stopped_by=by)
    return replace(recording, state="stopped", stopped_at=at, stopped_by=by, stop_reason=reason)


async def follow_consultation(
    tx: Transaction, parts: ConsultationParts, after: Consultation, *, now: datetime
) -> ConsultationParts:
    """End what is open of a recording when the consultation, as it will be, has no media any more. Its row is locked."""
    recording = parts.recording
    if recording is None or not recording.is_open:
        return parts
    if after.status == "in_progress" and after.mode != "chat":
        return parts
    reason = "media_ended" if after.status == "in_progress" else "consultation_ended"
    ended = stopped(recording, at=now, reason=reason)
    await save_recording(tx, before=recording, after=ended)
    await write_audit(tx, ended, "recording.stop", now=now)
    return replace(parts, recording=await shown_after(tx, ended))


async def shown_after(tx: Transaction, ended: Recording) -> Recording | None:
    """What the snapshot shows now. What was declined is no recording: the one before it shows again."""
    if ended.state != "declined":
        return ended
    return next(iter(await list_recordings(tx, ended.consultation_id, limit=1)), None)


async def write_audit(tx: Transaction, recording: Recording, action: str, *, now: datetime, caller: Caller | None = None) -> None:
    """Without a caller it is the service's own doing."""
    after = {"consultation_id": str(recording.consultation_id), "state": recording.state}
    await insert_audit_row(
        tx,
        actor_id=None if caller is None else caller.user_id,
        action=action,
        entity_type="recording",
        entity_id=str(recording.id),
        now=now,
        after=after if recording.stop_reason is None else {**after, "reason": recording.stop_reason},
        ip_address=None if caller is None else caller.ip_address,
        user_agent=None if caller is None else caller.user_agent,
    )
