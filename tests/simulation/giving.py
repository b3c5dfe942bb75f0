"""Gifts beside running consultations, of the same wallets: what the model says of each, and what the product does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from config.ids import new_id
from storage.gift_kinds import GiftKind
from storage.gifts import GiftDraft

if TYPE_CHECKING:
    from tests.simulation.model import Room
    from tests.simulation.test_ledger_and_meter import Pair, Simulation


@dataclass
class Given:
    """A gift that was paid: by the client of one pair, to the reader of one (perhaps another), in a room or in a livestream."""

    draft: GiftDraft
    price: int
    earned: int
    balance: int
    receiver: Pair
    room: Room | None
    is_returned: bool = False


async def give(simulation: Simulation, pair: Pair) -> None:
    """In the consultation, in somebody's livestream, or once more what was given before."""
    rng, world = simulation.rng, simulation.world
    if pair.given and rng.random() < 0.25:
        await _repeat(simulation, pair)
        return
    kind, quantity = _choose(simulation, pair)
    price, words = kind.price_minor * quantity, rng.choice(["", "", "For you"])
    in_room = pair.room is not None and rng.random() < 0.6
    receiver = pair if in_room else rng.choice(simulation.pairs)
    draft = GiftDraft(
        id=new_id(),
        line_id=new_id(),
        sender_id=pair.client.user_id,
        livestream_id=None if in_room else receiver.livestream_id,
        consultation_id=pair.consultation_id if in_room else None,
        gift_kind_id=kind.id,
        quantity=quantity,
        message=words,
        nonce=f"nonce {new_id()}",
    )
    if in_room:
        assert pair.room is not None
        expected = pair.room.give(price, words=words, is_there=bool(pair.client.connections))
    else:
        expected = pair.wallet.refusal(price, spent_in_room=None)
        if not expected:
            pair.wallet.pay(price)
    outcome = await world.give(draft)
    assert ("" if outcome.error is None else outcome.error.code) == expected
    if not expected:
        earned = floor(Fraction(world.settings.billing.reader_share_bps, 10_000) * price)
        receiver.gifted += earned
        assert outcome.balance_minor == pair.wallet.balance
        room = pair.room if in_room else None
        pair.given.append(Given(draft, price, earned, pair.wallet.balance, receiver, room))
        if room is not None and rng.random() < 0.3:
            # A limit that minutes and gifts will reach together.
            await simulation.set_limits(pair, room.cost + room.gifts + rng.randint(0, pair.rate), None, None)


def _choose(simulation: Simulation, pair: Pair) -> tuple[GiftKind, int]:
    """Mostly what the wallet can pay, so that it is also the limits that refuse."""
    rng = simulation.rng
    offers = [(kind, quantity) for kind in simulation.world.kinds for quantity in (1, 2, 3, 20, 100)]
    payable = [(kind, quantity) for kind, quantity in offers if kind.price_minor * quantity <= pair.wallet.balance]
    return rng.choice(payable if payable and rng.random() < 0.8 else offers)


async def _repeat(simulation: Simulation, pair: Pair) -> None:
    """The first answer again, whatever has become of room and wallet; another body is refused."""
    known = simulation.rng.choice(pair.given)
    again = known.draft._replace(id=new_id(), line_id=new_id())
    outcome = await simulation.world.give(again)
    assert outcome.gift is not None
    assert (outcome.gift.id, outcome.gift.amount_minor, outcome.balance_minor) == (known.draft.id, known.price, known.balance)
    refused = await simulation.world.give(again._replace(quantity=known.draft.quantity % 100 + 1))
    assert refused.error is not None
    assert refused.error.code == "nonce.reused"


async def give_back(simulation: Simulation, pair: Pair) -> None:
    kept = [given for given in pair.given if not given.is_returned]
    if not kept:
        return
    given = simulation.rng.choice(kept)
    await simulation.world.give_back(given.draft.id)
    given.is_returned = True
    given.receiver.gifted -= given.earned
    pair.wallet.get_back(given.price, simulation.world.now)
    if given.room is not None:
        given.room.gifts -= given.price
