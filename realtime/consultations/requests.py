"""Asking for a consultation, and the reader's answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from billing.metering.affordability import is_within_spending_limits
from config.errors import Forbidden, NonceReused, NotFound, SpendingLimitReached, WalletBalanceTooLow
from config.ids import new_id
from realtime.consultations.clock import Moment, save_change
from realtime.consultations.endings import end_unanswered
from realtime.consultations.errors import (
    ClientBusy,
    ConsultationNotRequested,
    ReaderBusy,
    ReaderOffline,
    ReaderTypeNotOffered,
    ReaderUnverified,
)
from realtime.consultations.events import emit_state
from realtime.consultations.presence import run_if_ready
from realtime.queue.lines import advance_line
from realtime.queue.reservations import check_turn, use_turn
from realtime.reader_status import announce_reader_status, settle_reader
from storage.bookings import is_kept_free
from storage.consultations import (
    Consultation,
    ConsultationParts,
    find_parts,
    find_parts_by_nonce,
    has_live_consultation,
    insert_consultation,
    insert_timeline_line,
)
from storage.ledger import find_ledger_account
from storage.reader_terms import ReaderTerms, find_reader_terms
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """What a client asks for; `nonce` makes a repeated request the same request."""

    reader_id: UUID
    type: str
    nonce: str | None

    def fingerprint(self) -> bytes:
        return hashlib.sha256(f"{self.reader_id}|{self.type}".encode()).digest()


class Draft(Protocol):
    """What a client wants of a reader."""

    @property
    def reader_id(self) -> UUID: ...

    @property
    def type(self) -> str: ...

    @property
    def nonce(self) -> str | None: ...

    def fingerprint(self) -> bytes: ...


async def request_consultation(
    tx: Transaction, *, client_id: UUID, role: str, draft: RequestDraft, moment: Moment
) -> ConsultationParts:
    """Ring at a reader. Rate and settlement are frozen here; the database lets one live consultation a side through.

    A reader who is kept for somebody in line is busy to everybody else: whose turn it is, is decided under the reader's row lock.

    Raises ReaderBusy, ReaderOffline, ReaderUnverified, ReaderTypeNotOffered, ClientBusy, WalletBalanceTooLow,
    SpendingLimitReached, NonceReused, NotFound.
    """
    if role != "client":
        raise Forbidden("Only clients can ask for a consultation")
    known = await find_known(tx, client_id, draft)
    if known is not None:
        return known
    line = await advance_line(tx, draft.reader_id, moment)
    reader = await find_reader_terms(tx, draft.reader_id, now=moment.now, currency=moment.settings.billing.currency)
    rate = await _check_reader(tx, reader, draft, moment)
    check_turn(line, client_id)
    if await is_kept_free(tx, client_id, now=moment.now):
        raise ClientBusy("A consultation that you have booked begins in a moment")
    wallet_id = await check_wallet(tx, client_id, rate, moment)
    assert reader is not None
    consultation = replace(
        draft_consultation(client_id, wallet_id, reader, rate, draft, moment),
        requested_at=moment.now,
        ring_until_at=moment.now + timedelta(seconds=moment.settings.consultations.ring_seconds),
    )
    if not await insert_consultation(tx, consultation):
        return await _explain_refusal(tx, client_id, draft)
    await insert_timeline_line(tx, consultation, kind="requested", at=moment.now)
    parts = await find_parts(tx, consultation.id)
    assert parts is not None
    emit_state(tx, parts, "requested", now=moment.now)
    await use_turn(tx, line, consultation, moment)
    await announce_reader_status(tx, draft.reader_id, now=moment.now)
    return parts


async def find_known(tx: Transaction, client_id: UUID, draft: Draft) -> ConsultationParts | None:
    """What this nonce was used for before. Raises NonceReused when that was something else."""
    known = None if draft.nonce is None else await find_parts_by_nonce(tx, client_id, draft.nonce)
    if known is not None and known.consultation.request_hash != draft.fingerprint():
        raise NonceReused
    return known


async def _check_reader(tx: Transaction, reader: ReaderTerms | None, draft: RequestDraft, moment: Moment) -> int:
    if reader is None:
        raise NotFound("There is no such reader")
    if not reader.is_verified:
        raise ReaderUnverified
    if await has_live_consultation(tx, reader_id=draft.reader_id):
        raise ReaderBusy
    if await is_kept_free(tx, draft.reader_id, now=moment.now):
        raise ReaderBusy("A booked consultation of this reader begins in a moment")
    if reader.is_on_air:
        raise ReaderBusy("The reader is live; wait in line to be the next")
    if reader.status != "online":
        raise ReaderOffline
    rate = reader.rates.get(draft.type)
    if rate is None:
        raise ReaderTypeNotOffered
    return rate


async def check_wallet(tx: Transaction, client_id: UUID, rate: int, moment: Moment) -> int:
    """The id of the client's wallet, if it can pay a start at that rate. Raises WalletBalanceTooLow or SpendingLimitReached."""
    billing = moment.settings.billing
    wallet = await find_ledger_account(tx, owner_id=client_id, kind="wallet", currency=billing.currency)
    if wallet is None or wallet.spendable_minor < rate * billing.minimum_minutes_to_start:
        raise WalletBalanceTooLow
    first_minor = rate * billing.increment_ms // billing.minute_ms
    if not await is_within_spending_limits(
        tx, client_id=client_id, wallet_id=wallet.id, spent_minor=0, charge_minor=first_minor, now=moment.now
    ):
        raise SpendingLimitReached
    return wallet.id


def draft_consultation(
    client_id: UUID, wallet_id: int, reader: ReaderTerms, rate: int, draft: Draft, moment: Moment
) -> Consultation:
    """The row with everything that is frozen when it is asked for; neither ringing nor booked yet."""
    billing, now = moment.settings.billing, moment.now
    return Consultation(
        id=new_id(),
        client_id=client_id,
        reader_id=reader.id,
        type=draft.type,
        mode=draft.type,
        status="requested",
        rate_per_minute_minor=rate,
        chat_rate_minor=reader.rates.get("chat"),
        call_rate_minor=reader.rates.get("call"),
        video_rate_minor=reader.rates.get("video"),
        currency=billing.currency,
        settlement=billing.settlement,
        minute_ms=billing.minute_ms,
        increment_ms=billing.increment_ms,
        free_ms=billing.free_ms,
        reader_share_bps=billing.reader_share_bps,
        client_wallet_id=wallet_id,
        reader_earnings_id=reader.earnings_account_id,
        nonce=draft.nonce,
        request_hash=draft.fingerprint(),
        created_at=now,
    )


async def _explain_refusal(tx: Transaction, client_id: UUID, draft: RequestDraft) -> ConsultationParts:
    """The database let no row in: the nonce was used a moment ago, or one of the two has a live consultation."""
    known = await find_known(tx, client_id, draft)
    if known is not None:
        return known
    if await has_live_consultation(tx, client_id=client_id):
        raise ClientBusy
    raise ReaderBusy


async def accept_consultation(tx: Transaction, parts: ConsultationParts, *, user_id: UUID, moment: Moment) -> ConsultationParts:
    """The reader takes it; the clock starts at once when both are already in the room. A repeated accept changes nothing."""
    c = parts.consultation
    if user_id != c.reader_id:
        raise Forbidden("Only the reader can accept")
    if c.status == "in_progress":
        return parts
    _checkdraft_consultation(parts, moment)
    after = replace(
        parts.consultation,
        status="in_progress",
        accepted_at=moment.now,
        ring_until_at=None,
        join_until_at=moment.now + timedelta(seconds=moment.settings.consultations.join_seconds),
    )
    parts = await save_change(tx, parts, after, "accepted", moment, kind="accepted")
    parts = await run_if_ready(tx, parts, moment)
    await settle_reader(tx, parts.consultation.reader_id, moment)
    return parts


async def decline_consultation(tx: Transaction, parts: ConsultationParts, *, user_id: UUID, moment: Moment) -> ConsultationParts:
    """The reader does not take it."""
    c = parts.consultation
    if user_id != c.reader_id:
        raise Forbidden("Only the reader can decline")
    if c.end_reason == "declined":
        return parts
    _checkdraft_consultation(parts, moment)
    return await end_unanswered(tx, parts, reason="declined", change="declined", at=moment.now, moment=moment)


async def cancel_consultation(tx: Transaction, parts: ConsultationParts, *, user_id: UUID, moment: Moment) -> ConsultationParts:
    """The client takes the request back."""
    c = parts.consultation
    if user_id != c.client_id:
        raise Forbidden("Only the client can withdraw")
    if c.end_reason == "withdrawn":
        return parts
    _checkdraft_consultation(parts, moment)
    return await end_unanswered(tx, parts, reason="withdrawn", change="cancelled", at=moment.now, moment=moment)


def _checkdraft_consultation(parts: ConsultationParts, moment: Moment) -> None:
    c = parts.consultation
    if c.status != "requested" or (c.ring_until_at is not None and c.ring_until_at <= moment.now):
        raise ConsultationNotRequested
