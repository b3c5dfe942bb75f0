"""The arithmetic of gifts: what a reader gets of each, and what a purse can pay, over all of their values."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from billing.gifts.purses import Purse, readers_part
from config.errors import SpendingLimitReached, WalletBalanceTooLow

AMOUNTS = st.integers(min_value=1, max_value=100 * 1_000_000)
SHARES = st.integers(min_value=0, max_value=10_000)
LIMITS = st.none() | st.integers(min_value=-1_000, max_value=100_000)


@given(AMOUNTS, SHARES)
def test_the_readers_part_is_the_share_rounded_down_and_the_rest_is_the_houses(amount: int, share_bps: int) -> None:
    part = readers_part(amount, share_bps)
    assert part == floor(Fraction(share_bps, 10_000) * amount)
    assert 0 <= part <= amount
    # What the house gets beyond its own share is less than one minor unit.
    assert 0 <= (amount - part) - Fraction(10_000 - share_bps, 10_000) * amount < 1


@given(AMOUNTS, AMOUNTS, SHARES)
def test_many_small_gifts_never_earn_more_than_one_of_the_same_sum(first: int, second: int, share_bps: int) -> None:
    apart = readers_part(first, share_bps) + readers_part(second, share_bps)
    assert apart <= readers_part(first + second, share_bps) <= apart + 1


@given(
    st.integers(min_value=0, max_value=100_000),
    LIMITS,
    LIMITS,
    st.lists(st.tuples(st.integers(min_value=1, max_value=50_000), st.booleans()), max_size=30),
)
def test_a_purse_pays_each_gift_that_it_can_and_nothing_beyond(
    balance: int, left: int | None, in_room: int | None, wanted: list[tuple[int, bool]]
) -> None:
    purse, paid, paid_in_room = Purse(balance, left, in_room), 0, 0
    for amount, is_in_room in wanted:
        refusal = purse.refusal(amount, in_consultation=is_in_room)
        reaches = paid + amount <= balance
        allowed = left is None or paid + amount <= left
        if is_in_room and in_room is not None:
            allowed = allowed and paid_in_room + amount <= in_room
        assert (refusal is None) == (reaches and allowed)
        if refusal is not None:
            assert type(refusal) is (SpendingLimitReached if reaches else WalletBalanceTooLow)
            continue
        purse.spend(amount, in_consultation=is_in_room)
        paid += amount
        paid_in_room += amount if is_in_room else 0
    assert purse.spendable_minor == balance - paid >= 0
