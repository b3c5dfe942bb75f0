"""One of a reader's tabs and devices publishes; the others are told, and do not take it back by themselves."""

from __future__ import annotations

from typing import Any

from tests.livestreams.people import Show, offer
from tests.support.live import LiveClient
from tests.support.servers import Server


async def _start(show: Show, live: LiveClient, **more: Any) -> Any:
    return await live.command("livestream.start", livestream_id=show.id, description=offer(), **more)


async def test_another_device_takes_over_and_the_first_is_told_and_stays_away(stage: Server) -> None:
    show = await Show.prepare(stage)
    first = await _start(show, show.live)
    again = await _start(show, show.live, publishing_id=first["publishing_id"])
    assert again["publishing_id"] == first["publishing_id"]

    other = await stage.connect(show.reader)
    second = await _start(show, other)
    told = await show.live.next_event("livestream.taken_over", lambda event: event["livestream_id"] == show.id)
    assert told["publishing_id"] == second["publishing_id"] != first["publishing_id"]
    before = await show.snapshot()
    refused = await show.live.refused(
        "livestream.start", livestream_id=show.id, description=offer(), publishing_id=first["publishing_id"]
    )
    assert (refused["code"], refused["status"], refused["retryable"]) == ("livestream.taken_over", 409, False)
    assert await show.snapshot() == before

    third = await _start(show, show.live)
    assert third["publishing_id"] not in (first["publishing_id"], second["publishing_id"])


async def test_who_goes_on_after_a_pause_may_be_another_page(stage: Server) -> None:
    show = await Show.prepare(stage)
    first = await _start(show, show.live)
    await show.pause()
    other = await stage.connect(show.reader)
    second = await _start(show, other)
    assert second["publishing_id"] != first["publishing_id"]
    refused = await show.live.refused(
        "livestream.start", livestream_id=show.id, description=offer(), publishing_id=first["publishing_id"]
    )
    assert refused["code"] == "livestream.taken_over"
