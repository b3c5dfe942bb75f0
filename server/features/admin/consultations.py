"""What admins do to consultations: end one, give money of one back."""

from __future__ import annotations

from uuid import UUID

from billing.metering.settlement import refund_charges
from billing.wallet.events import emit_wallet_changed
from config.errors import NotFound
from realtime.commands import Caller
from realtime.consultations.clock import Moment, save_change
from realtime.consultations.deadlines import carry_out_due
from realtime.consultations.endings import end_by_platform
from server.features.admin.audit import note
from server.features.admin.errors import ConsultationRefundTooLarge
from storage.consultations import ConsultationParts, lock_parts
from storage.records import has_transfer
from storage.transaction import Transaction


async def access_any_consultation(tx: Transaction, consultation_id: UUID) -> ConsultationParts:
    """Anybody's, locked. Raises NotFound."""
    parts = await lock_parts(tx, consultation_id)
    if parts is None:
        raise NotFound("There is no such consultation")
    return parts


async def end_consultation(
    tx: Transaction, admin: Caller, consultation_id: UUID, *, reason: str, moment: Moment
) -> ConsultationParts:
    """The client gets the unused time back. Raises NotFound or ConsultationNotInProgress."""
    parts = await carry_out_due(tx, await access_any_consultation(tx, consultation_id), moment)
    ended = await end_by_platform(tx, parts, reason="ended_by_admin", moment=moment)
    await note(
        tx,
        admin,
        "consultation.end",
        entity_type="consultation",
        entity_id=consultation_id,
        before={"status": parts.consultation.status, "total_cost_minor": parts.consultation.total_cost_minor},
        after={
            "status": ended.consultation.status,
            "end_reason": ended.consultation.end_reason,
            "total_cost_minor": ended.consultation.total_cost_minor,
            "reason": reason,
        },
        now=moment.now,
    )
    return ended


async def refund_consultation(
    tx: Transaction,
    admin: Caller,
    consultation_id: UUID,
    *,
    refund_id: UUID,
    amount_minor: int,
    reason: str,
    moment: Moment,
) -> ConsultationParts:
    """Wallet +, earnings − so that the reader keeps the share of what is left, revenue −; once for each `refund_id`.

    Raises NotFound or ConsultationRefundTooLarge.
    """
    parts = await access_any_consultation(tx, consultation_id)
    c = parts.consultation
    if await has_transfer(tx, f"refund:{c.id}:{refund_id}"):
        return parts
    if amount_minor > c.total_cost_minor:
        raise ConsultationRefundTooLarge
    refunded, balance_minor = await refund_charges(
        tx, c, refund_minor=amount_minor, description="Refunded by the house", key=str(refund_id), now=moment.now
    )
    assert balance_minor is not None, "the row is locked, so nobody made this refund meanwhile"
    parts = await save_change(tx, parts, refunded, "changed", moment)
    emit_wallet_changed(tx, owner_id=c.client_id, balance_minor=balance_minor, currency=c.currency, now=moment.now)
    await note(
        tx,
        admin,
        "consultation.refund",
        entity_type="consultation",
        entity_id=consultation_id,
        before={"total_cost_minor": c.total_cost_minor, "earnings_minor": c.earnings_minor},
        after={
            "total_cost_minor": refunded.total_cost_minor,
            "earnings_minor": refunded.earnings_minor,
            "amount_minor": amount_minor,
            "reason": reason,
        },
        now=moment.now,
    )
    return parts
