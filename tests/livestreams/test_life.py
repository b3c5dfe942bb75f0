"""The life of a livestream through the doors: begun, lost and back, paused, over."""

from __future__ import annotations

from uuid import UUID

from tests.livestreams.people import Show
from tests.support.servers import Server


async def test_a_livestream_goes_from_made_to_over(stage: Server) -> None:
    show = await Show.prepare(stage)
    made = await show.snapshot()
    assert (made["status"], made["media_id"], made["version"]) == ("scheduled", None, 1)
    started = await show.publish()
    assert (started["status"], started["is_paused"], started["pause_reason"]) == ("live", True, "connection")
    assert started["started_at"] is not None
    await show.engine.flow(UUID(started["media_id"]))
    seen = await show.told("resumed")
    assert (seen["is_paused"], seen["pause_until_at"], seen["media_id"]) == (False, None, started["media_id"])
    viewer = await show.add()
    joined = await viewer.watch()
    assert (joined["messages"], joined["top_senders"], joined["description"]["type"]) == ([], [], "offer")
    assert show.place.viewers == {next(iter(show.place.viewers)): "answered"}
    ended = await show.end()
    assert (ended["status"], ended["end_reason"], ended["media_id"], ended["viewer_count"]) == ("ended", "reader_ended", None, 0)
    assert await viewer.told("ended") == ended
    await show.until_closed(started["media_id"])
    assert (await viewer.live.refused("livestream.join", livestream_id=show.id))["code"] == "livestream.ended"
    assert await show.refused() == "livestream.ended"
