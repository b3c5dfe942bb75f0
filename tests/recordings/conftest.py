"""A server with a clock that tests move, and two people in a call who can have it recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from config.clock import MovableClock
from realtime.recordings.hosting import RecordingHost
from tests.media.peers import MediaPeer
from tests.support.consultations import Scene
from tests.support.live import LiveClient
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, StartServer, run_server


@pytest.fixture(scope="module")
async def metered(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Make your own people in it. Its files lie in a store as a bucket is one: in memory."""
    folder = tmp_path_factory.mktemp("var")
    overrides = {"files": {"url": "memory:///"}, "recording": {"maximum": 2}}
    async with postgres.database() as dsn, run_server(dsn, folder, clock=MovableClock(), overrides=overrides) as server:
        yield server


def host_of(server: Server) -> RecordingHost:
    live = server.services.live
    assert live is not None
    assert live.recordings is not None
    return live.recordings


@dataclass
class RecordedScene:
    """Two people in a consultation whose clock runs, and what they do about a recording."""

    scene: Scene
    peers: dict[str, MediaPeer] = field(default_factory=dict)

    @classmethod
    async def meet(cls, server: Server, type: str = "video") -> RecordedScene:
        scene = await Scene.meet(server, type)
        await scene.connect_media()
        return cls(scene)

    @property
    def server(self) -> Server:
        return self.scene.server

    @property
    def id(self) -> str:
        return self.scene.id

    def live(self, side: str) -> LiveClient:
        return self.scene.client_live if side == "client" else self.scene.reader_live

    async def do(self, side: str, verb: str) -> Any:
        """The recording as the snapshot shows it then."""
        data = await self.live(side).command(f"recording.{verb}", consultation_id=self.id)
        return data["consultation"]["recording"]

    async def refused(self, side: str, verb: str) -> str:
        return str((await self.live(side).refused(f"recording.{verb}", consultation_id=self.id))["code"])

    async def agree(self) -> Any:
        await self.do("client", "ask")
        return await self.do("reader", "agree")

    async def connect(self, side: str, *kinds: str) -> MediaPeer:
        peer = MediaPeer(kinds or ("audio", "video"))
        earlier = self.peers.pop(side, None)
        self.peers[side] = peer
        data = await self.live(side).command(
            "recording.connect", consultation_id=self.id, description={"type": "offer", "sdp": await peer.offer()}
        )
        await peer.accept(data["description"]["sdp"])
        if earlier is not None:
            await earlier.close()
        return peer

    async def record(self, *kinds: str) -> Any:
        """Both agree and connect; returns once it is written."""
        await self.agree()
        await asyncio.gather(self.connect("client", *kinds), self.connect("reader", *kinds))
        return await self.until("recording")

    async def until(self, state: str, *, has_files: bool = False) -> Any:
        """The first snapshot in an event in which the recording is in that state."""

        def is_there(event: Any) -> bool:
            recording = event["consultation"]["recording"]
            return recording is not None and recording["state"] == state and (bool(recording["files"]) or not has_files)

        event = await self.live("client").next_event("consultation.changed", is_there, timeout=30)
        return event["consultation"]["recording"]

    async def audit(self, recording_id: str) -> list[tuple[str, str | None]]:
        async with self.server.database.connection() as db:
            rows = await db.fetch(
                "SELECT action, actor_id FROM audit_log WHERE entity_type = 'recording' AND entity_id = $1"
                " ORDER BY created_at, id",
                recording_id,
            )
        sides = {self.scene.client.id: "client", self.scene.reader.id: "reader"}
        return [(row["action"], None if row["actor_id"] is None else sides[str(row["actor_id"])]) for row in rows]

    async def close(self) -> None:
        await asyncio.gather(*(peer.close() for peer in self.peers.values()))


@pytest.fixture
async def recorded(metered: Server) -> AsyncIterator[RecordedScene]:
    """In a video consultation."""
    scene = await RecordedScene.meet(metered)
    yield scene
    await scene.close()
    if (await scene.scene.snapshot())["status"] == "in_progress":
        await scene.scene.end()


@pytest.fixture
async def alone(start_server: StartServer) -> AsyncIterator[RecordedScene]:
    """On a server of the test's own, whose clock it may move by days."""
    scene = await RecordedScene.meet(await start_server({"files": {"url": "memory:///"}}, clock=MovableClock()))
    yield scene
    await scene.close()
