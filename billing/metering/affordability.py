"""Whether a wallet, and the limits its owner set, can pay the next increment: what the meter's statement decides, for one."""

from __future__ import annotations

from datetime import datetime

from billing.metering.settlement import terms_of
from storage.consultations import Consultation
from storage.ledger import lock_ledger_account, spent_since
from storage.spending_limits import find_spending_limits
from storage.transaction import Transaction


async def can_pay_next_increment(tx: Transaction, consultation: Consultation, *, now: datetime) -> bool:
    """Locks the wallet. Days and months of the spending limits are counted in UTC."""
    charge_minor = terms_of(consultation).charge_of(consultation.billed_increments + 1)
    wallet = await lock_ledger_account(tx, consultation.client_wallet_id)
    if wallet.spendable_minor < charge_minor:
        return False
    limits = await find_spending_limits(tx, consultation.client_id)
    if limits is None:
        return True
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if _exceeds(consultation.total_cost_minor + charge_minor, limits.per_consultation_minor):
        return False
    for since, limit_minor in ((day, limits.per_day_minor), (day.replace(day=1), limits.per_month_minor)):
        if limit_minor is not None:
            spent_minor = await spent_since(tx, wallet_id=wallet.id, since=since)
            if _exceeds(spent_minor + charge_minor, limit_minor):
                return False
    return True


def _exceeds(amount_minor: int, limit_minor: int | None) -> bool:
    return limit_minor is not None and amount_minor > limit_minor
