"""Real Janus servers, nodes that use them, and wires between both that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from config.media_settings import LivestreamsSettings
from realtime.media.engines.interface import MediaEvent, Place
from realtime.media.engines.janus import JanusEngine
from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.support.janus import Janus, janus_settings, run_janus

PATIENCE_SECONDS = 30.0
Person = TypeVar("Person", TestPublisher, TestViewer)


class Node:
    """An engine as one node has it, and what it said unasked."""

    def __init__(self, settings: LivestreamsSettings) -> None:
        self.engine = JanusEngine(settings, self._take)
        self.events: list[MediaEvent] = []
        self._arrived = asyncio.Event()
        self._people: list[TestPublisher | TestViewer] = []

    def invite(self, person: Person) -> Person:
        """Somebody whose connection ends with the test."""
        self._people.append(person)
        return person

    async def publish(self, place: Place, **options: Any) -> TestPublisher:
        publisher = self.invite(TestPublisher(**options))
        await publisher.accept(await self.engine.publish(place, await publisher.offer()))
        return publisher

    async def view(self, place: Place, name: str) -> TestViewer:
        viewer = self.invite(TestViewer())
        await self.engine.answer(place, name, await viewer.answer(await self.engine.view(place, name)))
        return viewer

    async def until(self, kind: str, place: Place, *, within: float = PATIENCE_SECONDS) -> MediaEvent:
        """The first event of this kind, gone or to come."""
        async with asyncio.timeout(within):
            while True:
                for event in self.events:
                    if event.kind == kind and event.media_id == place.media_id:
                        return event
                self._arrived.clear()
                await self._arrived.wait()

    async def close(self) -> None:
        await asyncio.gather(*(person.close() for person in self._people))
        await self.engine.shut_down()

    async def _take(self, event: MediaEvent) -> None:
        self.events.append(event)
        self._arrived.set()


@dataclass
class Wire:
    """Stands between a node and a Janus. `cut` ends what goes through it; `is_open` says whether more may."""

    port: int = 0
    is_open: bool = True
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def start(self, target: int) -> asyncio.Server:
        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not self.is_open:
                writer.transport.abort()
                return
            there, back = await asyncio.open_connection("127.0.0.1", target)
            self._writers |= {writer, back}
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
            self._writers -= {writer, back}

        server = await asyncio.start_server(carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort()


StartJanus = Callable[..., Awaitable[Janus]]
StartNode = Callable[..., Awaitable[Node]]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def start_janus(stack: AsyncExitStack, tmp_path: Path) -> StartJanus:
    """Each with `changes` of its own, as `run_janus` takes them."""
    count = 0

    async def start(*changes: tuple[str, str]) -> Janus:
        nonlocal count
        count += 1
        return await stack.enter_async_context(run_janus(tmp_path / f"janus-{count}", changes=changes))

    return start


@pytest.fixture
async def janus(start_janus: StartJanus) -> Janus:
    return await start_janus()


@pytest.fixture
def start_node(stack: AsyncExitStack) -> StartNode:
    """`await start_node(janus, …, viewers_maximum=2)`: a node that uses these, with settings as `janus_settings` takes them."""

    async def start(*servers: Janus | str, **settings: Any) -> Node:
        node = Node(janus_settings(*servers, **settings))
        stack.push_async_callback(node.close)
        return node

    return start


@pytest.fixture
async def wire(stack: AsyncExitStack, janus: Janus) -> Wire:
    """To `janus`."""
    wire = Wire()
    server = await wire.start(janus.port)

    async def stop() -> None:
        wire.is_open = False
        wire.cut()
        server.close()

    stack.push_async_callback(stop)
    return wire
