"""What a livestream brought is told to its reader alone, as the ledger has it."""

from __future__ import annotations

from tests.gifts.evening import Evening
from tests.support.servers import Server


async def test_the_reader_is_told_their_part_and_nobody_else_is(house: Server) -> None:
    evening = await Evening.begin(house, guests=2)
    path = f"/livestreams/{evening.id}/earnings"
    nothing = {"gifts_count": 0, "gifts_minor": 0, "earned_minor": 0, "currency": "USD"}
    assert (await evening.reader.person.get(path)).body == nothing
    for guest in evening.guests:
        await guest.live.command("gift.send", **evening.gift("Rose", quantity=3))
    told = (await evening.reader.person.get(path)).body
    # Each gift is rounded down for itself: floor(897 x 70 %), twice.
    assert told == {"gifts_count": 2, "gifts_minor": 1_794, "earned_minor": 2 * 627, "currency": "USD"}
    assert told["earned_minor"] == await evening.earnings()
    other = await Evening.begin(house)
    for stranger, status in ((evening.guests[0].person, 403), (other.reader.person, 404)):
        assert (await stranger.get(path)).status == status
