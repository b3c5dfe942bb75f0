"""A consultation's statement: each increment, gap and refund in order, every cent with the transfer that moved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from config.clock import milliseconds_between
from realtime.consultations.snapshots import Viewer
from storage.consultations import Consultation, ConsultationParts, TimelineLine, list_timeline
from storage.ledger import WalletLine, list_reference_lines
from storage.transaction import Connection


@dataclass(frozen=True, slots=True)
class StatementLine:
    """`amount_minor` is cost: positive for a charge, negative for a refund. `seconds`: what a charge pays, how long a gap
    was. `earned_minor` is the reader's part of the same transfer.
    """

    kind: str
    at: datetime
    description: str
    amount_minor: int | None = None
    earned_minor: int | None = None
    increment: int | None = None
    transfer_id: UUID | None = None
    seconds: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _RunningSpan:
    """A stretch in which the clock ran; `connected_ms` is the joint connected time before it."""

    starts_at: datetime
    connected_ms: int
    length_ms: int | None


async def list_statement(db: Connection, parts: ConsultationParts, *, viewer: Viewer, now: datetime) -> list[StatementLine]:
    """In the order of time. The amounts sum to the consultation's total cost; the client is not told what the reader earns."""
    c = parts.consultation
    timeline = await list_timeline(db, c.id)
    paid = await list_reference_lines(db, ledger_account_id=c.client_wallet_id, reference_id=c.id)
    earned: Sequence[WalletLine] = ()
    if viewer != "client":
        earned = await list_reference_lines(db, ledger_account_id=c.reader_earnings_id, reference_id=c.id)
    parts_of_reader = {line.transfer_id: line.amount_minor for line in earned}
    lines = [*_clock_lines(parts, timeline, now), *_money_lines(c, timeline, paid, parts_of_reader)]
    return sorted(lines, key=lambda line: (line.at, _ORDER[line.kind]))


# What happens in one instant is told in this order.
_ORDER = {"start": 0, "resume": 0, "mode": 0, "charge": 1, "fee": 1, "pause": 2, "refund": 3, "end": 4}
_STARTS, _STOPS = frozenset({"started", "resumed"}), frozenset({"paused", "balance_exhausted", "ended"})


def _clock_lines(parts: ConsultationParts, everything: Sequence[TimelineLine], now: datetime) -> Iterator[StatementLine]:
    timeline = _without_later_causes(everything)
    for position, line in enumerate(timeline):
        if line.kind == "started":
            yield StatementLine("start", line.at, "Both are in the room: the clock starts")
        elif line.kind == "resumed":
            yield StatementLine("resume", line.at, "The clock goes on")
        elif line.kind in ("paused", "balance_exhausted"):
            reason = "balance" if line.kind == "balance_exhausted" else _pause_reason(line.reason)
            over = next((later.at for later in timeline[position + 1 :] if later.kind in _STARTS | _STOPS), now)
            seconds = max(0, milliseconds_between(line.at, over)) / 1000
            yield StatementLine("pause", line.at, _describe_pause(parts, line), seconds=seconds, reason=reason)
        elif line.kind == "mode_changed":
            yield StatementLine("mode", line.at, _MODES[line.reason or "chat"], reason=line.reason)
        elif line.kind == "ended":
            yield StatementLine("end", line.at, _describe_end(parts.consultation, line.reason), reason=line.reason)


def _without_later_causes(timeline: Sequence[TimelineLine]) -> list[TimelineLine]:
    """One gap, one line: why the clock stopped counts, not what else was missing by the time that it could go on."""
    kept: list[TimelineLine] = []
    stands = False
    for line in timeline:
        if not (stands and line.kind == "paused"):
            kept.append(line)
        if line.kind in _STARTS | _STOPS:
            stands = line.kind == "paused"
    return kept


_MODES = {"chat": "From here on by chat", "call": "From here on by sound only", "video": "From here on with picture"}


def _pause_reason(reason: str | None) -> str:
    """`media`, `client_media`, `reader_media`; `client_connection`, `reader_connection`."""
    return reason if reason is not None and reason.endswith("media") else f"{reason}_connection"


def _describe_pause(parts: ConsultationParts, line: TimelineLine) -> str:
    if line.kind == "balance_exhausted":
        return "The money ran out; not charged"
    side, _, media = (line.reason or "").partition("_")
    person = {"client": parts.client, "reader": parts.reader}.get(side)
    if media or side == "media":
        return f"Sound and picture{'' if person is None else f' of {person.display_name}'} were not connected; not charged"
    lost = "The connection was lost" if person is None else f"{person.display_name} lost the connection"
    return f"{lost}; not charged"


def _describe_end(c: Consultation, reason: str | None) -> str:
    if c.scheduled_at is not None and c.started_at is None and reason in _ENDS_OF_BOOKING:
        return _ENDS_OF_BOOKING[reason]
    return _ENDS.get(reason or "", "Ended")


_ENDS = {
    "client_ended": "Ended by the client",
    "reader_ended": "Ended by the reader",
    "balance_exhausted": "Ended: the money ran out",
    "ended_by_admin": "Ended by the house",
    "reader_silent": "Ended: the reader said nothing",
    "participant_suspended": "Ended by the house",
    "client_disconnected": "Ended: the client did not come back",
    "reader_disconnected": "Ended: the reader did not come back",
    "both_disconnected": "Ended: nobody came back",
    "server_interrupted": "Ended: our server was interrupted",
    "declined": "Declined by the reader",
    "expired": "Nobody answered",
    "withdrawn": "Withdrawn by the client",
    "client_no_show": "The client did not come",
    "reader_no_show": "The reader did not come",
    "both_no_show": "Nobody came",
}


_ENDS_OF_BOOKING = {
    "declined": "Cancelled by the reader",
    "expired": "We could not open it in time",
    "withdrawn": "Cancelled by the client",
}


def _money_lines(
    c: Consultation, timeline: Sequence[TimelineLine], paid: Sequence[WalletLine], earned: Mapping[UUID, int]
) -> Iterator[StatementLine]:
    spans = _running_spans(timeline)
    for line in paid:
        if line.type not in _MONEY_KINDS:
            continue
        money = StatementLine(
            _MONEY_KINDS[line.type],
            line.created_at,
            line.description or "Refund",
            amount_minor=-line.amount_minor,
            earned_minor=earned.get(line.transfer_id),
            transfer_id=line.transfer_id,
        )
        if line.type == "session_charge":
            assert line.increment is not None
            money = replace(
                money,
                at=_begin_of_increment(c, spans, line.increment) or line.created_at,
                description=_describe_increment(c, line.increment),
                increment=line.increment,
                seconds=c.increment_ms / 1000,
            )
        yield money


# A purchase that refers to a consultation is the fee of a client who did not come to it.
_MONEY_KINDS = {"session_charge": "charge", "refund": "refund", "purchase": "fee"}


def _describe_increment(c: Consultation, increment: int) -> str:
    if c.increment_ms == c.minute_ms:
        return f"Minute {increment}"
    return f"Part {increment}, {c.increment_ms / c.minute_ms:.3g} of a minute"


def _running_spans(timeline: Sequence[TimelineLine]) -> list[_RunningSpan]:
    spans: list[_RunningSpan] = []
    connected_ms, running_since = 0, None
    for line in timeline:
        if line.kind in _STARTS:
            running_since = line.at
        elif line.kind in _STOPS and running_since is not None:
            length_ms = max(0, milliseconds_between(running_since, line.at))
            spans.append(_RunningSpan(running_since, connected_ms, length_ms))
            connected_ms, running_since = connected_ms + length_ms, None
    if running_since is not None:
        spans.append(_RunningSpan(running_since, connected_ms, None))
    return spans


def _begin_of_increment(c: Consultation, spans: Sequence[_RunningSpan], increment: int) -> datetime | None:
    """The instant in which its time began to be served; None when that never happened."""
    offset_ms = (increment - 1) * c.increment_ms
    for span in spans:
        if span.length_ms is None or offset_ms < span.connected_ms + span.length_ms:
            return span.starts_at + timedelta(milliseconds=max(0, offset_ms - span.connected_ms))
    return None
