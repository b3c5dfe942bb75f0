"""The server is killed in the middle of a livestream that is recorded: what was shown until then can be watched again."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from server.demo import DEMO_PASSWORD
from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.livestreams.people import DRAFT, offer
from tests.media.peers import measure
from tests.server.server_process import ServerProcess
from tests.support.clients import ApiClient
from tests.support.live import LiveClient

SETTINGS = {
    "SOULSEER_NODES__LEASE_SECONDS": "3",
    "SOULSEER_NODES__RENEW_SECONDS": "1",
    "SOULSEER_LIVESTREAMS__RECONNECT_GRACE_SECONDS": "2",
}
RECORDED_SECONDS = 6.0


async def log_in(url: str, side: str) -> tuple[ApiClient, LiveClient]:
    person, live = ApiClient(url), LiveClient()
    assert (await person.log_in(f"{side}@demo.example.com", DEMO_PASSWORD)).status == 200
    await live.connect(url, person.access_token)
    return person, live


async def go_live(reader: ApiClient, live: LiveClient, publisher: TestPublisher) -> str:
    reply = await reader.post("/livestreams", DRAFT | {"is_recorded": True})
    assert reply.status == 201, reply.content
    livestream_id = str(reply.body["id"])
    description = offer(await publisher.offer())
    data = await live.command("livestream.start", livestream_id=livestream_id, description=description)
    await publisher.accept(data["description"]["sdp"])
    await live.next_event("livestream.resumed", timeout=30)
    return livestream_id


def media_process_of(server: ServerProcess) -> int:
    children = psutil.Process(server.process.pid).children(recursive=True)
    return int(next(child.pid for child in children if "realtime.media.broadcast" in " ".join(child.cmdline())))


async def until_stored(reader: ApiClient, livestream_id: str) -> dict[str, Any]:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        reply = await reader.get(f"/livestreams/{livestream_id}/replay")
        if reply.status == 200:
            return dict(reply.body)
        await asyncio.sleep(0.5)
    raise AssertionError("the recording was not recovered")


@pytest.mark.timeout(300)
async def test_what_was_recorded_until_a_kill_can_be_watched_again(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    first = ServerProcess(data_dir, "--demo", **SETTINGS)
    second: ServerProcess | None = None
    publisher, watcher = TestPublisher(), TestViewer()
    people: list[ApiClient] = []
    lives: list[LiveClient] = []
    try:
        await first.ready()
        for side in ("reader", "client"):
            person, live = await log_in(first.url, side)
            people.append(person)
            lives.append(live)
        livestream_id = await go_live(people[0], lives[0], publisher)
        joined = await lives[1].command("livestream.join", livestream_id=livestream_id)
        answer = {"type": "answer", "sdp": await watcher.answer(joined["description"]["sdp"])}
        await lives[1].command("livestream.answer", livestream_id=livestream_id, description=answer)
        await watcher.until_received("video", round(RECORDED_SECONDS * 15), within=60)
        process_id = media_process_of(first)
        first.process.kill()
        os.kill(process_id, signal.SIGKILL)
        await first.ended()
        assert list((data_dir / "livestream-recordings").rglob("*.webm"))
        second = await ServerProcess(data_dir, "--demo", port=first.port, **SETTINGS).ready()
        replay = await until_stored(people[0], livestream_id)
        assert (replay["livestream"]["status"], replay["livestream"]["end_reason"]) == ("ended", "publisher_lost")
        (file,) = replay["files"]
        assert file["seconds"] > RECORDED_SECONDS - 2.5
        found = measure(io.BytesIO((await people[0].get(file["url"], root=True)).content))
        assert found["container"][0] == pytest.approx(file["seconds"], abs=0.05)
        assert found["video"][0] == pytest.approx(file["seconds"], abs=1.0)
        assert not list((data_dir / "livestream-recordings").rglob("*.webm"))
        await second.stop()
    finally:
        await asyncio.gather(publisher.close(), watcher.close(), *(person.close() for person in people))
        first.close()
        if second is not None:
            second.close()
