"""What connected time costs: pure integer arithmetic on the terms frozen when a consultation is requested."""

from __future__ import annotations

from dataclasses import dataclass

from config.money import BASIS_POINTS, ceil_div


@dataclass(frozen=True, slots=True)
class Terms:
    """Rate in minor units for a billing minute; lengths in milliseconds; the reader's share in basis points."""

    rate_per_minute_minor: int
    minute_ms: int
    increment_ms: int
    free_ms: int
    settlement: str
    reader_share_bps: int
    # Rates that held before the present one: up to how many increments, and the rate until there; in order.
    earlier_rates: tuple[tuple[int, int], ...] = ()

    def charged_after(self, increments: int) -> int:
        """The sum of the first `increments` charges: each stretch of one rate is rounded down once, so rounding never adds up."""
        charged_minor, since = 0, 0
        for until, rate in (*self.earlier_rates, (increments, self.rate_per_minute_minor)):
            charged_minor += rate * max(0, min(increments, until) - since) * self.increment_ms // self.minute_ms
            since = until
        return charged_minor

    def charge_of(self, increment: int) -> int:
        """What increment number `increment` (from 1) costs."""
        return self.charged_after(increment) - self.charged_after(increment - 1)

    def readers_part(self, net_minor: int) -> int:
        """The reader's part of what was charged so far, less refunds."""
        return self.reader_share_bps * net_minor // BASIS_POINTS

    def increments_begun(self, *, charged: int, connected_ms: int) -> int:
        """How many of the charged increments have been entered; the first one counts from its first instant."""
        return min(charged, max(1, ceil_div(connected_ms, self.increment_ms))) if charged else 0


def refund_due(terms: Terms, *, charged_increments: int, connected_ms: int, returns_unused: bool, returns_all: bool) -> int:
    """What goes back to the client when a consultation ends, of everything charged for its increments.

    Increments that were charged but never entered always go back; the unused time of the one that was entered when
    `returns_unused` (the reader or the platform ended it, or settlement is by the second): the increment's charge times
    unused ms over increment ms, rounded up. Joint connected time below the free time costs nothing.
    """
    charged_minor = terms.charged_after(charged_increments)
    if returns_all or connected_ms < terms.free_ms:
        return charged_minor
    begun = terms.increments_begun(charged=charged_increments, connected_ms=connected_ms)
    refund = charged_minor - terms.charged_after(begun)
    if begun and returns_unused:
        unused_ms = begun * terms.increment_ms - connected_ms
        refund += ceil_div(terms.charge_of(begun) * max(0, unused_ms), terms.increment_ms)
    return refund
