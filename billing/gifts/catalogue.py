"""The kinds of gifts that a new installation offers, in its own currency; admins change them as they like."""

from __future__ import annotations

from datetime import datetime

from config.ids import new_id
from storage.gift_kinds import GiftKind, count_gift_kinds, insert_gift_kind, lock_gift_kinds
from storage.transaction import Transaction

# Name, price in minor units, what it says. The picture of each is `/gifts/<slug>.svg`, the slug the name in small letters;
# the movement is the style sheet's class of the same slug: feather candle tea rose star crystal moon sunrise.
DEFAULT_KINDS = (
    ("Feather", 49, "Light as a thank-you"),
    ("Candle", 99, "A small light in the window"),
    ("Tea", 199, "A warm cup, just poured"),
    ("Rose", 299, "For a word that did you good"),
    ("Star", 499, "One of your own, for tonight"),
    ("Crystal", 999, "Clear and lasting"),
    ("Moon", 1999, "The whole of it"),
    ("Sunrise", 4999, "For the one who turned the night"),
)


def image_url_of(name: str) -> str:
    """Where the picture of a kind of ours lies."""
    return f"/gifts/{name.lower()}.svg"


async def open_gift_kinds(tx: Transaction, currency: str, *, now: datetime) -> None:
    """The default catalogue, where there is no kind in this currency yet. Called at every start."""
    await lock_gift_kinds(tx)
    if await count_gift_kinds(tx, currency):
        return
    for position, (name, price_minor, description) in enumerate(DEFAULT_KINDS, start=1):
        kind = GiftKind(
            id=new_id(),
            name=name,
            description=description,
            price_minor=price_minor,
            currency=currency,
            image_url=image_url_of(name),
            animation_url=None,
            sort_order=position * 10,
            is_active=True,
            created_at=now,
            updated_at=now,
        )
        await insert_gift_kind(tx, kind)
