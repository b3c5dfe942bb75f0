"""Livestreams that are recorded, by the real embedded engine, and watched again by whom their readers let."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.clock import MovableClock
from config.ids import new_id
from realtime.livestreams.retention import LivestreamRetention
from realtime.livestreams.stowing import LivestreamStower
from realtime.media.engines.embedded import EmbeddedEngine
from server.services import SERVICES
from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.livestreams.people import Show, Viewer, host_of, offer
from tests.livestreams.talk import fetch, say
from tests.media.peers import measure
from tests.support.clients import ApiClient
from tests.support.janus import janus_overrides, run_janus
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def studio(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with the engine that it comes with; its files lie in a store as a bucket is one: in memory."""
    folder = tmp_path_factory.mktemp("var")
    overrides = {"files": {"url": "memory:///"}}
    async with postgres.database() as dsn, run_server(dsn, folder, clock=MovableClock(), overrides=overrides) as server:
        yield server


@dataclass
class RecordedShow:
    show: Show
    publishers: list[TestPublisher] = field(default_factory=list)
    watcher: TestViewer = field(default_factory=TestViewer)
    viewer: Viewer | None = None

    @property
    def clock(self) -> MovableClock:
        return self.show.clock

    async def publish(self) -> TestPublisher:
        publisher = TestPublisher()
        self.publishers.append(publisher)
        description = offer(await publisher.offer())
        data = await self.show.live.command("livestream.start", livestream_id=self.show.id, description=description)
        await publisher.accept(data["description"]["sdp"])
        return publisher

    async def watch(self) -> Any:
        """Somebody watches, by whose pictures the test knows how long it goes on; what they see."""
        self.viewer = await self.show.add(balance=0)
        return await self.look()

    async def look(self) -> Any:
        assert self.viewer is not None
        joined = await self.viewer.join()
        await self.viewer.answer(await self.watcher.answer(joined["description"]["sdp"]))
        return joined["livestream"]

    async def replay(self, person: ApiClient | None = None) -> Any:
        reply = await (person or self.show.reader).get(f"/livestreams/{self.show.id}/replay")
        assert reply.status == 200, reply.content
        return reply.body

    async def until_stored(self) -> Any:
        return await self.show.told("changed", recording=_Any(lambda shown: shown is not None and shown["state"] == "stored"))

    async def publish_recording(self, is_published: bool = True) -> Any:
        path = f"/livestreams/{self.show.id}/recording"
        reply = await self.show.reader.patch(path, {"is_published": is_published})
        assert reply.status == 200, reply.content
        return reply.body

    async def close(self) -> None:
        await asyncio.gather(*(publisher.close() for publisher in self.publishers), self.watcher.close())


class _Any:
    """Equal to whatever the condition is true of."""

    def __init__(self, condition: Any) -> None:
        self._condition = condition

    def __eq__(self, other: object) -> bool:
        return bool(self._condition(other))

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture
async def recorded(studio: Server) -> AsyncIterator[RecordedShow]:
    """A livestream that is to be recorded, and has not begun."""
    recorded = RecordedShow(await Show.prepare(studio, draft={"is_recorded": True}))
    yield recorded
    await recorded.close()


@pytest.fixture
async def alone(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RecordedShow]:
    """The same on a server of its own, whose clock the test moves far."""
    folder = tmp_path_factory.mktemp("var")
    async with postgres.database() as dsn, run_server(dsn, folder, clock=MovableClock()) as server:
        recorded = RecordedShow(await Show.prepare(server, draft={"is_recorded": True}))
        yield recorded
        await recorded.close()


async def record_for(recorded: RecordedShow, pictures: int) -> None:
    """Live until somebody who watches has seen so many pictures, fifteen a second; then over and stored."""
    await recorded.publish()
    await recorded.show.told("resumed")
    await recorded.watch()
    await recorded.watcher.until_received("video", pictures, within=60)
    await recorded.show.end()
    await recorded.until_stored()


async def test_what_was_live_can_be_watched_again_with_what_was_said_in_time(recorded: RecordedShow) -> None:
    show = recorded.show
    await recorded.publish()
    shown = await show.told("changed", recording=_Any(lambda state: state is not None and state["state"] == "recording"))
    assert (shown["is_recorded"], shown["recording"]["is_published"]) == (True, False)
    await show.told("resumed")
    # Who watches sees that it is recorded.
    assert (await recorded.watch())["recording"]["state"] == "recording"
    assert recorded.viewer is not None
    said = await say(show, recorded.viewer, "What a deck")
    before = recorded.watcher.frames["video"]
    await recorded.watcher.until_received("video", 60, within=30)
    seen = (recorded.watcher.frames["video"] - before) / 15
    ended = await show.end()
    assert ended["recording"]["state"] == "storing"
    stored = await recorded.until_stored()
    body = await recorded.replay()
    assert body["livestream"] == stored == await show.snapshot()
    (file,) = body["files"]
    assert file["has_video"] is True
    assert seen - 1 < file["seconds"] < seen + 15
    assert stored["recording"]["seconds"] == file["seconds"]
    content = (await show.reader.get(file["url"], root=True)).content
    assert len(content) == file["bytes"]
    length = measure(io.BytesIO(content))
    for kind in ("container", "audio", "video"):
        assert length[kind][0] == pytest.approx(file["seconds"], abs=1.0)
    assert body["messages_url"] == f"/api/v1/livestreams/{show.id}/messages"
    assert await fetch(show) == [said]


async def test_what_a_janus_carries_is_recorded_as_well(
    postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    async with (
        run_janus(tmp_path / "janus") as janus,
        postgres.database() as dsn,
        run_server(dsn, tmp_path_factory.mktemp("var"), clock=MovableClock(), overrides=janus_overrides(janus)) as server,
    ):
        recorded = RecordedShow(await Show.prepare(server, draft={"is_recorded": True}))
        await record_for(recorded, 45)
        (file,) = (await recorded.replay())["files"]
        assert file["seconds"] > 2
        content = (await recorded.show.reader.get(file["url"], root=True)).content
        assert measure(io.BytesIO(content))["video"][0] == pytest.approx(file["seconds"], abs=1.0)
        await recorded.close()


async def test_only_what_is_published_is_there_for_everybody(recorded: RecordedShow) -> None:
    show = recorded.show
    await record_for(recorded, 20)
    visitor, viewer, admin = await show.server.visitor(), recorded.viewer, await show.server.make_admin()
    assert viewer is not None
    path = f"/livestreams/{show.id}/replay"
    own = (await recorded.replay())["files"][0]["url"]
    assert [(await person.get(path)).status for person in (visitor, viewer.person, admin)] == [404, 404, 200]
    assert (await visitor.get(f"{path}/1")).status == 401
    assert (await viewer.person.get(f"{path}/1")).status == 404
    assert show.id not in await _listed(visitor)
    assert (await recorded.publish_recording())["recording"]["is_published"] is True
    assert show.id in await _listed(visitor)
    for person in (visitor, viewer.person):
        (file,) = (await recorded.replay(person))["files"]
        reply = await visitor.get(file["url"], root=True, headers={"Range": "bytes=0-99"})
        assert (reply.status, len(reply.content)) == (206, 100)
        assert (await visitor.get(f"/livestreams/{show.id}/messages")).status == 200
    theirs = (await recorded.replay(visitor))["files"][0]["url"]
    for changed in (theirs.replace("signature=", "signature=x"), theirs.replace("expires=", "expires=9"), f"{path}/1"):
        assert (await visitor.get(changed, root=changed.startswith("/api"))).status == 401
    await recorded.publish_recording(False)
    # At once, whatever links there are; the reader's own goes on.
    assert (await visitor.get(theirs, root=True)).status == 404
    assert (await visitor.get(own, root=True)).status == 200
    assert (await visitor.get(path)).status == 404


async def _listed(person: ApiClient) -> list[str]:
    reply = await person.get("/livestreams", params={"status": "ended", "limit": "100"})
    return [item["id"] for item in reply.body["items"]]


async def test_a_banned_viewer_is_not_shown_the_replay(recorded: RecordedShow) -> None:
    await record_for(recorded, 10)
    await recorded.publish_recording()
    assert recorded.viewer is not None
    person = recorded.viewer.person
    await recorded.show.live.command("livestream.sanction", livestream_id=recorded.show.id, user_id=person.id, kind="banned")
    assert (await person.get(f"/livestreams/{recorded.show.id}/replay")).code == "livestream.banned"


async def test_each_interruption_begins_a_part_and_another_place_is_as_good(recorded: RecordedShow) -> None:
    """The publisher leaves for a private consultation: their media are at another place when they are back."""
    show = recorded.show
    first = await recorded.publish()
    await show.told("resumed")
    await recorded.watch()
    await recorded.watcher.until_received("video", 15, within=30)
    await show.pause()
    await first.close()
    await recorded.publish()
    await show.told("resumed")
    await recorded.watcher.close()
    recorded.watcher = TestViewer()
    await recorded.look()
    await recorded.watcher.until_received("video", 15, within=30)
    # What is complete is in the store before it is over.
    await show.end()
    await recorded.until_stored()
    async with asyncio.timeout(40):
        while len((await recorded.replay())["files"]) < 2:  # noqa: ASYNC110  (the second may be told of earlier)
            await asyncio.sleep(0.1)
    one, two = (await recorded.replay())["files"]
    ended = datetime.fromisoformat(one["started_at"]) + timedelta(seconds=one["seconds"])
    assert datetime.fromisoformat(two["started_at"]) > ended - timedelta(seconds=0.3)
    for file in (one, two):
        content = (await show.reader.get(file["url"], root=True)).content
        assert measure(io.BytesIO(content))["container"][0] == pytest.approx(file["seconds"], abs=0.05)


async def test_what_was_written_when_the_engine_was_killed_is_kept(recorded: RecordedShow) -> None:
    show = recorded.show
    await recorded.publish()
    await show.told("resumed")
    await recorded.watch()
    await recorded.watcher.until_received("video", 75, within=40)
    engine = host_of(show.server).places.engine
    assert isinstance(engine, EmbeddedEngine)
    assert engine.process_id is not None
    os.kill(engine.process_id, signal.SIGKILL)
    await show.told("paused", pause_reason="connection")
    await show.end()
    await recorded.until_stored()
    (file,) = (await recorded.replay())["files"]
    # Five seconds and more were seen; at most the last two are lost.
    assert file["seconds"] > 3
    content = (await show.reader.get(file["url"], root=True)).content
    assert measure(io.BytesIO(content))["container"][0] == pytest.approx(file["seconds"], abs=0.05)


async def test_a_reader_deletes_a_recording(recorded: RecordedShow) -> None:
    show = recorded.show
    path = f"/livestreams/{show.id}/recording"
    assert (await show.reader.delete(path)).code == "livestream.not_recorded"
    assert (await show.reader.patch(path, {"is_published": True})).code == "livestream.not_recorded"
    await recorded.publish()
    await show.told("resumed")
    assert (await show.reader.delete(path)).code == "livestream.recording_under_way"
    # It may be decided while it is live.
    assert (await show.reader.patch(path, {"is_published": True})).status == 200
    await recorded.watch()
    await recorded.watcher.until_received("video", 10, within=30)
    await show.end()
    await recorded.until_stored()
    visitor = await show.server.visitor()
    url = (await recorded.replay(visitor))["files"][0]["url"]
    outsider = await show.server.register("reader")
    for person in (visitor, outsider):
        assert (await person.delete(path)).status in (401, 404)
        assert (await person.patch(path, {"is_published": False})).status in (401, 404)
    assert (await visitor.get(url, root=True)).status == 200
    for _ in range(2):
        assert (await show.reader.delete(path)).status == 204
    shown = (await show.snapshot())["recording"]
    assert (shown["state"], shown["is_published"], shown["seconds"]) == ("expired", False, 0)
    assert (await visitor.get(url, root=True)).status == 404
    assert (await visitor.get(f"/livestreams/{show.id}/replay")).status == 404
    assert (await show.reader.get(f"/livestreams/{show.id}/replay")).code == "recording.expired"
    assert (await show.reader.patch(path, {"is_published": True})).code == "livestream.not_recorded"
    assert await _stored_files(show) == 0
    for bad in ({}, {"is_published": "yes"}, {"is_published": True, "more": 1}):
        assert (await show.reader.patch(path, bad)).status == 422
    assert (await show.reader.delete(f"/livestreams/{new_id()}/recording")).status == 404


async def _stored_files(show: Show) -> int:
    async with show.server.database.connection() as db:
        return int(await db.fetch_value("SELECT count(*) FROM livestream_files WHERE livestream_id = $1::text::uuid", show.id))


async def test_an_admin_may_take_a_replay_away_and_the_audit_log_says_so(recorded: RecordedShow) -> None:
    show = recorded.show
    await record_for(recorded, 10)
    await recorded.publish_recording()
    admin = await show.server.make_admin()
    assert (await admin.patch(f"/livestreams/{show.id}/recording", {"is_published": False})).status == 200
    assert (await admin.delete(f"/livestreams/{show.id}/recording")).status == 204
    async with show.server.database.connection() as db:
        rows = await db.fetch("SELECT action FROM audit_log WHERE actor_id = $1::text::uuid ORDER BY id", admin.id)
    assert [row["action"] for row in rows] == ["livestream.publish_recording", "livestream.delete_recording"]


async def test_a_recording_is_deleted_when_its_time_is_over_and_not_before(alone: RecordedShow) -> None:
    recorded, show = alone, alone.show
    await record_for(recorded, 10)
    await recorded.publish_recording()
    services = show.server.app[SERVICES]
    assert services.files is not None
    retention = LivestreamRetention(
        settings=show.server.settings, database=show.server.database, clock=recorded.clock, files=services.files
    )
    visitor, path = await show.server.visitor(), f"/livestreams/{show.id}/replay"
    recorded.clock.advance(timedelta(days=89).total_seconds())
    await retention.run_round()
    url = (await recorded.replay(visitor))["files"][0]["url"]
    recorded.clock.advance(timedelta(days=2).total_seconds())
    # Also before it is deleted.
    assert (await visitor.get(path)).code == "recording.expired"
    await retention.run_round()
    assert (await visitor.get(url, root=True)).status == 401
    assert (await visitor.get(path)).status == 404
    assert await _stored_files(show) == 0


async def test_what_is_not_to_be_recorded_is_not(studio: Server) -> None:
    recorded = RecordedShow(await Show.prepare(studio))
    await recorded.publish()
    await recorded.show.told("resumed")
    await recorded.watch()
    await recorded.watcher.until_received("video", 10, within=30)
    await recorded.show.end()
    assert (await recorded.show.snapshot())["recording"] is None
    assert not list((studio.settings.data_dir / "livestream-recordings").rglob(f"{recorded.show.id}*"))
    assert (await recorded.show.reader.get(f"/livestreams/{recorded.show.id}/replay")).status == 404
    await recorded.close()


async def test_a_recording_that_left_no_file_is_given_up(alone: RecordedShow) -> None:
    """Nobody's packets came."""
    show, services = alone.show, alone.show.server.app[SERVICES]
    assert services.files is not None
    publisher = TestPublisher()
    alone.publishers.append(publisher)
    await show.live.command("livestream.start", livestream_id=show.id, description=offer(await publisher.offer()))
    await show.told("changed", recording=_Any(lambda shown: shown is not None))
    await show.end()
    stower = LivestreamStower(
        settings=show.server.settings,
        database=show.server.database,
        clock=alone.clock,
        files=services.files,
        folder=show.server.settings.data_dir / "livestream-recordings",
        find_held=frozenset,
    )
    await stower.stow_all()
    assert (await show.snapshot())["recording"]["state"] == "storing"
    alone.clock.advance(3700)
    await stower.stow_all()
    await show.reader.log_in(show.reader.email, show.reader.password)
    assert (await show.snapshot())["recording"]["state"] == "failed"
