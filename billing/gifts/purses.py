"""Whether a sender can pay a gift, several being judged one after the other on the same locked wallet; and how it is split."""

from __future__ import annotations

from dataclasses import dataclass

from config.errors import AppError, SpendingLimitReached, WalletBalanceTooLow
from config.money import BASIS_POINTS


def readers_part(amount_minor: int, share_bps: int) -> int:
    """What the reader earns with a gift; the rest is the platform's."""
    return share_bps * amount_minor // BASIS_POINTS


@dataclass(slots=True)
class Purse:
    """What a sender can still spend: by the wallet, and by what they allow themselves. None = no limit.

    `consultation_left_minor` holds for gifts in the consultation that goes on: there is one for a client at a time.
    """

    spendable_minor: int
    left_minor: int | None = None
    consultation_left_minor: int | None = None

    def refusal(self, amount_minor: int, *, in_consultation: bool) -> AppError | None:
        """Why it does not reach; None when it does. Nothing is spent by asking."""
        if amount_minor > self.spendable_minor:
            return WalletBalanceTooLow()
        left = [self.left_minor, self.consultation_left_minor if in_consultation else None]
        if any(minor is not None and amount_minor > minor for minor in left):
            return SpendingLimitReached()
        return None

    def spend(self, amount_minor: int, *, in_consultation: bool) -> None:
        assert self.refusal(amount_minor, in_consultation=in_consultation) is None
        self.spendable_minor -= amount_minor
        if self.left_minor is not None:
            self.left_minor -= amount_minor
        if in_consultation and self.consultation_left_minor is not None:
            self.consultation_left_minor -= amount_minor
