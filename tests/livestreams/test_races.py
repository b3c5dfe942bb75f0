"""Everybody acts on one livestream and its reader at the same instant: the order is open, some things hold in every order."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from server.live import LIVESTREAM_SWEEPER, METER, QUEUE_SWEEPER
from tests.livestreams.people import Show, Viewer, host_of, offer
from tests.support.clients import ApiClient
from tests.support.live import LiveClient
from tests.support.servers import Server

SEED, SEEDS, ROUNDS = int(os.environ.get("RACES_SEED", "1")), int(os.environ.get("RACES_SEEDS", "3")), 12
# What may be answered to somebody who came too late; a deadlock that was given up on, or a 500, is not among them.
EXPECTED = {
    "livestream.ended",
    "livestream.not_live",
    "livestream.already_live",
    "livestream.not_scheduled",
    "livestream.media_gone",
    "livestream.not_joined",
    "livestream.unavailable",
    "reader.busy",
    "reader.offline",
    "client.busy",
    "queue.reader_free",
    "consultation.not_requested",
    "consultation.not_in_progress",
    "resource.not_found",
    "limit.rate",
}


@dataclass
class Crowd:
    """One reader with two devices and two livestreams, three viewers, one admin."""

    show: Show
    rng: random.Random
    devices: list[LiveClient]
    admin: ApiClient
    livestreams: list[str] = field(default_factory=list)
    consultations: list[str] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def gather(cls, server: Server, seed: int) -> Crowd:
        show = await Show.prepare(server)
        crowd = cls(show, random.Random(seed), [show.live, await server.connect(show.reader)], await server.make_admin())
        crowd.livestreams.append(show.id)
        crowd.livestreams.append((await show.create())["id"])
        for _ in range(3):
            await show.add(balance=100_000)
        return crowd

    async def send(self, live: LiveClient, command: str, **payload: Any) -> Any:
        answer = await live.send(command, payload)
        self.note("ok" if answer["ok"] else answer["error"]["code"])
        return answer.get("data")

    def note(self, code: str) -> None:
        self.said[code] += 1
        assert code == "ok" or code in EXPECTED, code

    def livestream(self) -> str:
        return self.rng.choice(self.livestreams)

    def viewer(self) -> Viewer:
        return self.rng.choice(self.show.viewers)

    async def start(self) -> None:
        await self.send(self.rng.choice(self.devices), "livestream.start", livestream_id=self.livestream(), description=offer())

    async def pause(self) -> None:
        await self.send(self.rng.choice(self.devices), "livestream.pause", livestream_id=self.livestream())

    async def end(self) -> None:
        if self.rng.random() < 0.3:
            await self.send(self.rng.choice(self.devices), "livestream.end", livestream_id=self.livestream())

    async def end_by_admin(self) -> None:
        if self.rng.random() < 0.2:
            reply = await self.admin.post(f"/admin/livestreams/{self.livestream()}/end", {"reason": "x"})
            self.note("ok" if reply.status == 200 else reply.code)

    async def join(self) -> None:
        await self.send(self.viewer().live, "livestream.join", livestream_id=self.livestream())

    async def leave(self) -> None:
        await self.send(self.viewer().live, "livestream.leave", livestream_id=self.livestream())

    async def ask(self) -> None:
        live = self.viewer().live
        data = await self.send(live, "consultation.request", reader_id=self.show.reader.id, type="chat", nonce=live.nonce())
        if data is not None:
            self.consultations.append(data["consultation"]["id"])

    async def wait_in_line(self) -> None:
        live = self.viewer().live
        await self.send(live, "queue.join", reader_id=self.show.reader.id, type="chat", nonce=live.nonce())

    async def leave_line(self) -> None:
        await self.send(self.viewer().live, "queue.leave", reader_id=self.show.reader.id)

    async def accept(self) -> None:
        for consultation_id in self.consultations[-2:]:
            await self.send(self.rng.choice(self.devices), "consultation.accept", consultation_id=consultation_id)

    async def end_consultation(self) -> None:
        for consultation_id in self.consultations[-2:]:
            await self.send(self.rng.choice(self.devices), "consultation.end", consultation_id=consultation_id)

    async def engine_speaks(self) -> None:
        engine = self.show.engine
        for place in [place for place in engine.places.values() if str(place.livestream_id) in self.livestreams]:
            media_id = place.place.media_id
            await (engine.flow if self.rng.random() < 0.6 else engine.lose_publisher)(media_id)

    async def sweep(self) -> None:
        app = self.show.server.app
        await asyncio.gather(
            app[LIVESTREAM_SWEEPER].sweep(),
            app[QUEUE_SWEEPER].sweep(),
            app[METER].tick(),
            host_of(self.show.server).keep_in_step(),
        )

    def actions(self) -> list[Callable[[], Awaitable[None]]]:
        everything = [
            self.start, self.start, self.pause, self.pause, self.end, self.end_by_admin, self.join, self.join, self.leave,
            self.ask, self.ask, self.wait_in_line, self.leave_line, self.accept, self.end_consultation, self.engine_speaks,
            self.sweep,
        ]  # fmt: skip
        self.rng.shuffle(everything)
        return everything

    async def check(self) -> None:
        """The reader is never with everybody and with one at once, and there are media only where somebody could see them."""
        async with self.show.server.database.connection() as db:
            rows = await db.fetch("SELECT * FROM livestreams WHERE reader_id::text = $1", self.show.reader.id)
            talks = await db.fetch_value(
                "SELECT count(*) FROM consultations WHERE reader_id::text = $1 AND status IN ('requested', 'in_progress')",
                self.show.reader.id,
            )
        live = [row for row in rows if row["status"] == "live"]
        assert len(live) <= 1
        assert talks <= 1
        on_air = [row for row in live if row["pause_reason"] != "private"]
        assert not (on_air and talks), "a consultation in the middle of a livestream"
        for row in live:
            assert (row["pause_reason"] == "private") <= (row["media_id"] is None)
        # Once nobody acts, exactly the media that are written down are carried.
        await host_of(self.show.server).keep_in_step()
        await host_of(self.show.server).keep_in_step()
        wanted = {UUID(str(row["media_id"])) for row in live if row["media_id"] is not None}
        engine = self.show.engine
        assert {id for id, place in engine.places.items() if str(place.livestream_id) in self.livestreams} == wanted
        if all(livestream["status"] in ("ended", "cancelled") for livestream in rows):
            self.livestreams = [(await self.show.create())["id"], (await self.show.create())["id"]]

    async def check_told(self, observer: LiveClient) -> None:
        """Who watches the list was told every version of each livestream once."""
        async with self.show.server.database.connection() as db:
            rows = await db.fetch("SELECT id, version FROM livestreams WHERE reader_id::text = $1", self.show.reader.id)
        told: dict[str, list[int]] = {}
        for name, payload in observer.events:
            if name.startswith("livestream."):
                told.setdefault(payload["livestream_id"], []).append(payload["version"])
        for row in rows:
            versions = told.get(str(row["id"]), [])
            assert sorted(versions) == list(range(2, row["version"] + 1))


@pytest.mark.parametrize("seed", range(SEED, SEED + SEEDS))
async def test_whatever_happens_at_once_the_reader_is_with_one_or_with_all(
    stage: Server, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the retries that production has, so that a deadlock shows itself.
    monkeypatch.setattr("storage.database._RETRYABLE", ())
    crowd = await Crowd.gather(stage, seed)
    observer = await stage.connect(crowd.admin)
    await observer.command("livestreams.watch", on=True)
    for _ in range(ROUNDS):
        await asyncio.gather(*(action() for action in crowd.actions()))
        await crowd.check()
    assert crowd.said["ok"] > ROUNDS
    await crowd.check_told(observer)
