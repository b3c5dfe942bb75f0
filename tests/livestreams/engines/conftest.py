"""Every engine that the suite is run against, and what it says unasked."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.ids import new_id
from config.settings import load_settings
from realtime.media.engines.choice import make_engine
from realtime.media.engines.embedded import EmbeddedEngine
from realtime.media.engines.interface import MediaEngine, MediaEvent, Place
from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.support.janus import janus_overrides, run_janus

PATIENCE_SECONDS = 30.0


class Told:
    """What an engine said unasked."""

    def __init__(self) -> None:
        self.events: list[MediaEvent] = []
        self._arrived = asyncio.Condition()

    async def take(self, event: MediaEvent) -> None:
        async with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()

    def count(self, kind: str) -> int:
        return sum(event.kind == kind for event in self.events)

    async def until(self, kind: str, *, count: int = 1, viewer: str | None = None) -> MediaEvent:
        """The so manieth event of a kind since the beginning."""

        def find() -> list[MediaEvent]:
            return [event for event in self.events if event.kind == kind and (viewer is None or event.viewer == viewer)]

        async with asyncio.timeout(PATIENCE_SECONDS), self._arrived:
            await self._arrived.wait_for(lambda: len(find()) >= count)
            return find()[count - 1]


@dataclass
class Stage:
    """An engine, and the people at it. `kill` takes away what carries the media, without a word."""

    engine: MediaEngine
    told: Told
    kill: Callable[[], None]
    publishers: list[TestPublisher] = field(default_factory=list)
    viewers: list[TestViewer] = field(default_factory=list)

    async def open(self) -> Place:
        return await self.engine.open(new_id())

    async def publish(self, place: Place, publisher: TestPublisher | None = None) -> TestPublisher:
        publisher = publisher or TestPublisher()
        self.publishers.append(publisher)
        await publisher.accept(await self.engine.publish(place, await publisher.offer()))
        return publisher

    async def view(self, place: Place, name: str = "viewer", viewer: TestViewer | None = None) -> TestViewer:
        viewer = viewer or TestViewer()
        self.viewers.append(viewer)
        await self.engine.answer(place, name, await viewer.answer(await self.engine.view(place, name)))
        return viewer

    async def close(self) -> None:
        await asyncio.gather(*(person.close() for person in (*self.publishers, *self.viewers)))
        await self.engine.shut_down()


Settings = dict[str, str]


@asynccontextmanager
async def run_embedded(**settings: str) -> AsyncIterator[Stage]:
    """`settings` of livestreams, as `VIEWERS_MAXIMUM="2"`."""
    environment = {f"SOULSEER_LIVESTREAMS__{name}": value for name, value in settings.items()}
    told = Told()
    engine = make_engine(load_settings(environment=environment, env_file=None), told.take)
    assert isinstance(engine, EmbeddedEngine)

    def kill() -> None:
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)

    stage = Stage(engine, told, kill)
    try:
        yield stage
    finally:
        await stage.close()


@asynccontextmanager
async def run_janus_engine(**settings: str) -> AsyncIterator[Stage]:
    """With a Janus of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with run_janus(Path(folder) / "janus") as janus:
            changes = {name.lower(): value for name, value in settings.items()}
            told = Told()
            loaded = load_settings(overrides=janus_overrides(janus, **changes), environment={}, env_file=None)
            starting: list[asyncio.Task[None]] = []
            stage = Stage(make_engine(loaded, told.take), told, lambda: starting.append(janus.restart()))
            try:
                yield stage
            finally:
                await stage.close()
                await asyncio.gather(*starting)


ENGINES: dict[str, Callable[..., AbstractAsyncContextManager[Stage]]] = {"embedded": run_embedded, "janus": run_janus_engine}


@pytest.fixture(params=sorted(ENGINES))
def run_engine(request: pytest.FixtureRequest) -> Any:
    """Runs one of the engines with settings of its own."""
    return ENGINES[request.param]


@pytest.fixture
async def stage(run_engine: Any) -> AsyncIterator[Stage]:
    async with run_engine() as running:
        yield running
