"""Whether a wallet, and the limits its owner set, can pay the next increment: what the meter's statement decides, for one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from billing.metering.settlement import terms_of
from storage.consultations import Consultation
from storage.ledger import find_newest_credit_at, lock_ledger_accounts, spent_since
from storage.spending_limits import find_spending_limits
from storage.transaction import Connection, Transaction


async def can_pay_next_increment(tx: Transaction, consultation: Consultation, *, now: datetime) -> bool:
    """Locks both people's ledger accounts, as the charge does that may follow."""
    c = consultation
    charge_minor = terms_of(c).charge_of(c.billed_increments + 1)
    accounts = await lock_ledger_accounts(tx, [c.client_wallet_id, c.reader_earnings_id])
    if accounts[c.client_wallet_id].spendable_minor < charge_minor:
        return False
    return await is_within_spending_limits(
        tx, client_id=c.client_id, wallet_id=c.client_wallet_id, spent_minor=c.spent_minor, charge_minor=charge_minor, now=now
    )


async def is_within_spending_limits(
    db: Connection, *, client_id: UUID, wallet_id: int, spent_minor: int, charge_minor: int, now: datetime
) -> bool:
    """Whether a consultation in which so much was spent (minutes and gifts) may cost that much more."""
    left_minor = await left_by_spending_limits(db, client_id=client_id, wallet_id=wallet_id, spent_minor=spent_minor, now=now)
    return left_minor is None or charge_minor <= left_minor


async def left_by_spending_limits(
    db: Connection, *, client_id: UUID, wallet_id: int, spent_minor: int, now: datetime
) -> int | None:
    """What may be spent beyond what was spent in a consultation; None = no limit. Days and months are counted in UTC."""
    limits = await find_spending_limits(db, client_id)
    if limits is None:
        return None
    left = [] if limits.per_consultation_minor is None else [limits.per_consultation_minor - spent_minor]
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for since, limit_minor in ((day, limits.per_day_minor), (day.replace(day=1), limits.per_month_minor)):
        if limit_minor is not None:
            left.append(limit_minor - await spent_since(db, wallet_id=wallet_id, since=since))
    return min(left, default=None)


async def spendable_within_limits(tx: Transaction, consultation: Consultation, *, now: datetime) -> int:
    """The most that could be charged for a consultation now. Locks both people's ledger accounts, as the charge does."""
    c = consultation
    accounts = await lock_ledger_accounts(tx, [c.client_wallet_id, c.reader_earnings_id])
    spendable_minor = accounts[c.client_wallet_id].spendable_minor
    left_minor = await left_by_spending_limits(
        tx, client_id=c.client_id, wallet_id=c.client_wallet_id, spent_minor=c.spent_minor, now=now
    )
    return spendable_minor if left_minor is None else min(spendable_minor, left_minor)


async def is_funded_in_time(tx: Transaction, consultation: Consultation, *, now: datetime) -> bool:
    """Whether a consultation that stands for want of money can go on. Money that came within the held time counts after it."""
    c = consultation
    if c.top_up_until_at is not None and c.top_up_until_at <= now:
        credited_at = await find_newest_credit_at(tx, c.client_wallet_id)
        if credited_at is None or credited_at >= c.top_up_until_at:
            return False
    return await can_pay_next_increment(tx, c, now=now)
