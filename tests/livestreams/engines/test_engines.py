"""What every engine does, with one who publishes and those who watch."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from config.ids import new_id
from realtime.media.engines.interface import DescriptionRefused, EngineFull, Place, PlaceGone
from tests.livestreams.engines.conftest import Stage
from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.media.peers import measure

RUBBISH = (
    "",
    "v=0",
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
    "m=" * 5000,
    "v=0\r\no=\r\ns=\r\nt=\r\nm=video x y z\r\n",
    "\x00" * 20,
    "x" * 100_000,
)


def files_in(folder: Path) -> list[Path]:
    """In the order of their parts."""
    return sorted(folder.iterdir(), key=lambda path: int(path.name.split(".")[1]))


async def test_who_watches_sees_a_picture_that_moves_and_hears(stage: Stage) -> None:
    place = await stage.open()
    await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 20)
    await viewer.until_received("audio", 20)
    assert len(set(viewer.pictures)) > 5
    assert (await stage.told.until("publishing")).media_id == place.media_id
    assert stage.told.count("publishing") == 1


async def test_nothing_is_wrong_with_an_engine_that_works(stage: Stage) -> None:
    assert await stage.engine.check() == []


async def test_who_watches_before_anybody_publishes_sees_the_beginning(stage: Stage) -> None:
    place = await stage.open()
    viewer = await stage.view(place)
    await stage.publish(place)
    await viewer.until_received("video", 10)
    await viewer.until_received("audio", 10)


async def test_who_comes_late_sees_a_picture_within_a_second_and_a_half(stage: Stage) -> None:
    """The pictures that the first one gets are the clock: thirty a second, and no keyframe but those that are asked for."""
    place = await stage.open()
    await stage.publish(place, TestPublisher(encodes=True))
    first = await stage.view(place, "first")
    await first.until_received("video", 45)
    late = TestViewer()
    stage.viewers.append(late)
    connected_at: list[int] = []

    def note() -> None:
        if late.pc.connectionState == "connected":
            connected_at.append(first.frames["video"])

    late.pc.on("connectionstatechange", note)
    await stage.view(place, "late", late)
    await late.until_received("video", 1)
    assert connected_at
    assert first.frames["video"] - connected_at[0] <= 45


async def test_a_publisher_who_vanishes_is_missed_and_viewers_see_them_come_back(stage: Stage) -> None:
    place = await stage.open()
    publisher = await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 10)
    publisher.vanish()
    assert (await stage.told.until("publisher_gone")).media_id == place.media_id
    await stage.publish(place)
    await stage.told.until("publishing", count=2)
    await viewer.until_received("video", 20)
    await viewer.until_received("audio", 20)
    assert viewer.pc.connectionState == "connected"
    assert stage.told.count("viewer_gone") == 0


async def test_a_publisher_who_closes_the_page_is_missed(stage: Stage) -> None:
    place = await stage.open()
    publisher = await stage.publish(place)
    await stage.told.until("publishing")
    await publisher.close()
    await stage.told.until("publisher_gone")


async def test_another_publisher_takes_over_and_the_viewers_stay(stage: Stage) -> None:
    place = await stage.open()
    former = await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 10)
    ended = asyncio.Event()
    former.pc.on("connectionstatechange", lambda: ended.set() if former.pc.connectionState in ("closed", "failed") else None)
    await stage.publish(place)
    await stage.told.until("publishing", count=2)
    async with asyncio.timeout(30):
        await ended.wait()
    await viewer.until_received("video", 20)
    assert stage.told.count("publisher_gone") == 0


async def test_a_bad_offer_does_not_end_whoever_publishes(stage: Stage) -> None:
    place = await stage.open()
    await stage.publish(place)
    viewer = await stage.view(place)
    with pytest.raises(DescriptionRefused):
        await stage.engine.publish(place, "v=0")
    await viewer.until_received("video", 20)
    assert stage.told.count("publisher_gone") == 0


async def test_after_unpublishing_nobody_is_missed_and_it_can_go_on(stage: Stage) -> None:
    place = await stage.open()
    await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 5)
    await stage.engine.unpublish(place)
    await stage.engine.unpublish(place)
    await stage.publish(place)
    await stage.told.until("publishing", count=2)
    await viewer.until_received("video", 10)
    assert stage.told.count("publisher_gone") == 0


async def test_ends_may_be_said_twice_and_of_what_never_was(stage: Stage) -> None:
    place = await stage.open()
    viewer = await stage.view(place)
    for _ in range(2):
        await stage.engine.leave(place, "viewer")
        await stage.engine.leave(place, "nobody")
        await stage.engine.stop_recording(place)
    for _ in range(2):
        await stage.engine.close(place)
        await stage.engine.unpublish(place)
        await stage.engine.leave(place, "viewer")
    assert stage.told.events == []
    assert viewer.frames == {"audio": 0, "video": 0}


async def test_a_place_that_is_closed_or_never_was_is_gone(stage: Stage) -> None:
    place = await stage.open()
    await stage.engine.close(place)
    publisher = TestPublisher()
    stage.publishers.append(publisher)
    offer = await publisher.offer()
    for gone in (place, Place(new_id(), place.engine, place.data)):
        with pytest.raises(PlaceGone):
            await stage.engine.publish(gone, offer)
        with pytest.raises(PlaceGone):
            await stage.engine.view(gone, "viewer")
        with pytest.raises(PlaceGone):
            await stage.engine.answer(gone, "viewer", offer)


async def test_closing_ends_everybodys_connection(stage: Stage) -> None:
    place = await stage.open()
    publisher = await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 5)
    ended = [asyncio.Event(), asyncio.Event()]
    for pc, event in zip((publisher.pc, viewer.pc), ended, strict=True):
        pc.on("connectionstatechange", lambda pc=pc, event=event: event.set() if pc.connectionState == "closed" else None)
    await stage.engine.close(place)
    async with asyncio.timeout(30):
        await asyncio.gather(*(event.wait() for event in ended))
    assert stage.told.count("publisher_gone") == stage.told.count("viewer_gone") == stage.told.count("lost") == 0


async def test_who_watches_again_under_the_same_name_takes_their_own_place(stage: Stage) -> None:
    place = await stage.open()
    await stage.publish(place)
    former = await stage.view(place)
    await former.until_received("video", 5)
    again = await stage.view(place)
    await again.until_received("video", 10)
    assert stage.told.count("viewer_gone") == 0


async def test_an_answer_without_an_offer_is_not_taken(stage: Stage) -> None:
    place = await stage.open()
    viewer = TestViewer()
    with pytest.raises(PlaceGone):
        await stage.engine.answer(place, "nobody", "v=0")
    stage.viewers.append(viewer)
    answer = await viewer.answer(await stage.engine.view(place, "viewer"))
    await stage.engine.answer(place, "viewer", answer)
    with pytest.raises(PlaceGone):
        await stage.engine.answer(place, "viewer", answer)


@pytest.mark.parametrize("sdp", RUBBISH)
async def test_rubbish_is_refused_and_harms_nobody(stage: Stage, sdp: str) -> None:
    place = await stage.open()
    await stage.publish(place)
    viewer = await stage.view(place)
    with pytest.raises(DescriptionRefused):
        await stage.engine.publish(place, sdp)
    await stage.engine.view(place, "hostile")
    with pytest.raises(DescriptionRefused):
        await stage.engine.answer(place, "hostile", sdp)
    await viewer.until_received("video", 5)


@pytest.mark.parametrize(
    "publisher",
    [
        lambda: TestPublisher(direction="recvonly"),
        lambda: TestPublisher(direction="inactive"),
        lambda: TestPublisher(("video", "video")),
        lambda: TestPublisher(("audio", "audio", "video")),
    ],
)
async def test_only_one_voice_and_one_picture_are_taken_from_a_publisher(stage: Stage, publisher: Any) -> None:
    place = await stage.open()
    person = publisher()
    stage.publishers.append(person)
    with pytest.raises(DescriptionRefused):
        await stage.engine.publish(place, await person.offer())


async def test_what_a_viewer_sends_reaches_nobody(stage: Stage) -> None:
    place = await stage.open()
    hostile, other = await stage.view(place, "hostile"), await stage.view(place, "other")
    connected = asyncio.Event()
    if hostile.pc.connectionState == "connected":
        connected.set()
    hostile.pc.on("connectionstatechange", lambda: connected.set() if hostile.pc.connectionState == "connected" else None)
    async with asyncio.timeout(30):
        await connected.wait()
    await hostile.send_anyway()
    assert stage.told.count("publishing") == 0
    await stage.publish(place)
    await other.until_received("video", 20)
    assert stage.told.count("publishing") == 1


async def test_there_is_room_for_so_many_viewers_and_for_another_when_one_has_left(run_engine: Any) -> None:
    async with run_engine(VIEWERS_MAXIMUM="2") as stage:
        place = await stage.open()
        await stage.publish(place)
        first = await stage.view(place, "first")
        await stage.view(place, "second")
        with pytest.raises(EngineFull):
            await stage.engine.view(place, "third")
        await stage.view(place, "second")
        await stage.engine.leave(place, "second")
        third = await stage.view(place, "third")
        await asyncio.gather(first.until_received("video", 5), third.until_received("video", 5))


async def test_fifty_watch_one(stage: Stage) -> None:
    place = await stage.open()
    await stage.publish(place)
    viewers = [await stage.view(place, f"viewer {number}") for number in range(50)]
    await asyncio.gather(*(viewer.until_received("video", 10, within=60) for viewer in viewers))
    await asyncio.gather(*(viewer.until_received("audio", 10, within=60) for viewer in viewers))
    assert stage.told.count("viewer_gone") == 0


async def test_what_dies_is_told_of_each_place_and_new_places_work(stage: Stage) -> None:
    places = [await stage.open(), await stage.open()]
    await stage.publish(places[0])
    await stage.told.until("publishing")
    stage.kill()
    await stage.told.until("lost", count=2)
    assert {event.media_id for event in stage.told.events if event.kind == "lost"} == {place.media_id for place in places}
    with pytest.raises(PlaceGone):
        await stage.engine.view(places[0], "viewer")
    await stage.engine.close(places[0])
    place = await stage.open()
    await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 10)


async def test_what_is_published_is_recorded_with_a_new_part_after_each_interruption(stage: Stage, tmp_path: Path) -> None:
    place = await stage.open()
    await stage.engine.record(place, str(tmp_path))
    await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 45)
    await stage.engine.unpublish(place)
    await stage.publish(place)
    await stage.told.until("publishing", count=2)
    await viewer.until_received("video", 45)
    await stage.engine.stop_recording(place)
    parts = [path.name.split(".") for path in files_in(tmp_path)]
    assert [(side, part, suffix) for side, part, _at, suffix in parts] == [
        ("publisher", "1", "webm"),
        ("publisher", "2", "webm"),
    ]
    lengths = [measure(str(tmp_path / ".".join(part))) for part in parts]
    for length in lengths:
        assert 2.0 < length["container"][0] < 15
        assert length["video"][0] == pytest.approx(length["container"][0], abs=0.7)
        assert length["audio"][0] == pytest.approx(length["container"][0], abs=0.7)
        assert length["video"][1] >= 13 * (length["video"][0] - 1.2)
    begun = [int(part[2]) / 1000 for part in parts]
    assert begun[1] - begun[0] >= lengths[0]["container"][0] - 0.2
    # Recording is over, the livestream is not.
    await viewer.until_received("video", 5)
    assert len(files_in(tmp_path)) == 2


async def test_closing_completes_the_recording(stage: Stage, tmp_path: Path) -> None:
    place = await stage.open()
    await stage.publish(place)
    viewer = await stage.view(place)
    await viewer.until_received("video", 5)
    await stage.engine.record(place, str(tmp_path))
    await viewer.until_received("video", 30)
    await stage.engine.close(place)
    (path,) = files_in(tmp_path)
    assert measure(str(path))["container"][0] > 1.0
