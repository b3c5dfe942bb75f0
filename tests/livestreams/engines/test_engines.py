"""What every engine does, with one who publishes and those who watch."""

from __future__ import annotations

from tests.livestreams.engines.conftest import Stage


async def test_who_watches_sees_a_picture_that_moves_and_hears(stage: Stage) -> None:
    place = await stage.open()
    await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 20)
    await viewer.until_received("audio", 20)
    assert len(set(viewer.pictures)) > 5
    assert (await stage.told.until("publishing")).media_id == place.media_id
    await stage.engine.close(place)
