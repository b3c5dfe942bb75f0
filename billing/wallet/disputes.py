"""Disputes of card payments: freeze when one opens, move money only when the provider does, give it back if it does.

The events may come in any order, so each step looks at what has been posted and not at which event came before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from billing.wallet.outcomes import APPLIED, REPEATED, Outcome
from billing.wallet.payment_news import PaymentNews, lock_top_up_of
from billing.wallet.postings import lock_wallet, post_reinstatement, post_withdrawal
from storage.disputes import Dispute, find_wallet_part, insert_dispute, lock_dispute, update_dispute
from storage.ledger import set_held_minor
from storage.top_ups import TopUp
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class DisputeNews:
    """`is_won`: closed without the money being lost for good."""

    step: Literal["opened", "funds_withdrawn", "funds_reinstated", "closed"]
    dispute_id: str
    payment: PaymentNews
    is_won: bool = False


async def apply_dispute(tx: Transaction, news: DisputeNews, *, now: datetime) -> Outcome:
    """One step of a dispute; `news.payment.amount_minor` is the disputed amount, which may be part of the payment."""
    top_up = await lock_top_up_of(tx, news.payment, now=now)
    if not isinstance(top_up, TopUp):
        return top_up
    if top_up.status not in ("completed", "refunded"):
        return Outcome("deferred", "the disputed payment has not been credited yet")
    if top_up.currency != news.payment.currency or not 0 < news.payment.amount_minor <= top_up.amount_minor:
        return Outcome(
            "mismatch", f"{news.payment.amount_minor} {news.payment.currency} disputed of {top_up.amount_minor} {top_up.currency}"
        )
    dispute = await lock_dispute(tx, news.dispute_id)
    if dispute is None:
        dispute = await _open(tx, top_up, news, now=now)
        if news.step == "opened":
            return APPLIED
    if news.step == "funds_withdrawn":
        return await _withdraw(tx, top_up, dispute, now=now)
    if news.step == "funds_reinstated":
        return await _reinstate(tx, top_up, dispute, now=now)
    if news.step == "closed":
        return await _close(tx, top_up, dispute, is_won=news.is_won, now=now)
    return REPEATED


async def _open(tx: Transaction, top_up: TopUp, news: DisputeNews, *, now: datetime) -> Dispute:
    """Hold the disputed amount in the wallet as far as the balance reaches."""
    wallet = await lock_wallet(tx, owner_id=top_up.user_id, currency=top_up.currency)
    held_minor = min(news.payment.amount_minor, max(0, wallet.spendable_minor))
    await set_held_minor(tx, wallet.id, wallet.held_minor + held_minor)
    dispute = Dispute(news.dispute_id, top_up.id, news.payment.amount_minor, held_minor, "open")
    await insert_dispute(tx, dispute, now=now)
    return dispute


async def _release(tx: Transaction, top_up: TopUp, dispute: Dispute) -> None:
    if dispute.held_minor > 0:
        wallet = await lock_wallet(tx, owner_id=top_up.user_id, currency=top_up.currency)
        await set_held_minor(tx, wallet.id, wallet.held_minor - dispute.held_minor)


async def _withdraw(tx: Transaction, top_up: TopUp, dispute: Dispute, *, now: datetime) -> Outcome:
    if await find_wallet_part(tx, _withdrawal_key(dispute)) is not None:
        return REPEATED
    await _release(tx, top_up, dispute)
    if dispute.status == "funds_reinstated":  # that event overtook this one: nothing is left to move
        return APPLIED
    wallet = await lock_wallet(tx, owner_id=top_up.user_id, currency=top_up.currency)
    await post_withdrawal(
        tx,
        top_up,
        amount_minor=dispute.amount_minor,
        from_wallet_minor=min(dispute.amount_minor, wallet.spendable_minor),
        type_="chargeback",
        key=_withdrawal_key(dispute),
        text="Taken back by the bank after a dispute",
        now=now,
    )
    status = "closed" if dispute.status == "closed" else "funds_withdrawn"
    await update_dispute(tx, dispute.provider_dispute_id, status=status, held_minor=0, now=now)
    return APPLIED


async def _reinstate(tx: Transaction, top_up: TopUp, dispute: Dispute, *, now: datetime) -> Outcome:
    if dispute.status == "funds_reinstated":
        return REPEATED
    taken = await find_wallet_part(tx, _withdrawal_key(dispute))
    await _release(tx, top_up, dispute)
    if taken is not None:
        key = f"dispute:{dispute.provider_dispute_id}:reinstated"
        await post_reinstatement(tx, top_up, amount_minor=dispute.amount_minor, to_wallet_minor=-taken, key=key, now=now)
    await update_dispute(tx, dispute.provider_dispute_id, status="funds_reinstated", held_minor=0, now=now)
    return APPLIED


async def _close(tx: Transaction, top_up: TopUp, dispute: Dispute, *, is_won: bool, now: datetime) -> Outcome:
    """A won dispute frees its hold. A lost one keeps it until the withdrawal, whose event may still be on its way."""
    if dispute.status in ("closed", "funds_reinstated"):
        return REPEATED
    if is_won:
        await _release(tx, top_up, dispute)
        dispute = replace(dispute, held_minor=0)
    await update_dispute(tx, dispute.provider_dispute_id, status="closed", held_minor=dispute.held_minor, now=now)
    return APPLIED


def _withdrawal_key(dispute: Dispute) -> str:
    return f"dispute:{dispute.provider_dispute_id}:withdrawn"
