"""The server and its relay are killed in the middle of a recording; what was said until then can be played back."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from server.demo import DEMO_PASSWORD
from tests.media.peers import MediaPeer, measure
from tests.server.server_process import ServerProcess
from tests.support.clients import ApiClient
from tests.support.live import LiveClient

SETTINGS = {"SOULSEER_NODES__LEASE_SECONDS": "3", "SOULSEER_NODES__RENEW_SECONDS": "1"}
RECORDED_SECONDS = 6.0


@pytest.fixture
async def people() -> AsyncIterator[dict[str, ApiClient]]:
    people: dict[str, ApiClient] = {}
    yield people
    for person in people.values():
        await person.close()


async def begin(url: str, people: dict[str, ApiClient]) -> tuple[dict[str, LiveClient], str]:
    """A video consultation whose clock runs."""
    lives: dict[str, LiveClient] = {}
    for side in ("client", "reader"):
        people[side] = ApiClient(url)
        assert (await people[side].log_in(f"{side}@demo.example.com", DEMO_PASSWORD)).status == 200
        lives[side] = LiveClient()
        await lives[side].connect(url, people[side].access_token)
    await lives["reader"].command("reader.set_status", status="online")
    asked = await lives["client"].command("consultation.request", reader_id=people["reader"].id, type="video", nonce="n")
    consultation_id = str(asked["consultation"]["id"])
    await lives["reader"].command("consultation.accept", consultation_id=consultation_id)
    for live in lives.values():
        await live.command("consultation.join", consultation_id=consultation_id)
    for live in lives.values():
        await live.command("media.report", consultation_id=consultation_id, state="connected", stats={"packets_sent": 1})
    return lives, consultation_id


async def keep_reporting(lives: dict[str, LiveClient], consultation_id: str) -> None:
    count = 1
    while True:
        count += 50
        for live in lives.values():
            stats = {"packets_sent": count, "packets_received": count}
            await live.send("media.report", {"consultation_id": consultation_id, "state": "connected", "stats": stats})
        await asyncio.sleep(1)


async def record(lives: dict[str, LiveClient], consultation_id: str) -> dict[str, MediaPeer]:
    """Returns once `RECORDED_SECONDS` have been written, more or less."""
    await lives["client"].command("recording.ask", consultation_id=consultation_id)
    await lives["reader"].command("recording.agree", consultation_id=consultation_id)
    peers = {side: MediaPeer() for side in lives}
    for side, peer in peers.items():
        offer = {"type": "offer", "sdp": await peer.offer()}
        data = await lives[side].command("recording.connect", consultation_id=consultation_id, description=offer)
        await peer.accept(data["description"]["sdp"])
    pictures = round(RECORDED_SECONDS * 15)
    await asyncio.gather(*(peer.until_received("video", pictures, within=30) for peer in peers.values()))
    return peers


def relay_of(server: ServerProcess) -> int:
    children = psutil.Process(server.process.pid).children(recursive=True)
    return int(next(child.pid for child in children if "realtime.media.relay" in " ".join(child.cmdline())))


async def until_stored(person: ApiClient, consultation_id: str) -> dict[str, Any]:
    end = time.monotonic() + 75
    while time.monotonic() < end:
        items: list[dict[str, Any]] = (await person.get(f"/consultations/{consultation_id}/recordings")).body["items"]
        if items and items[0]["files"]:
            return items[0]
        await asyncio.sleep(0.2)
    raise AssertionError("the recording was not recovered")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("relay_too", [True, False], ids=["with the relay", "without the relay"])
async def test_what_was_recorded_until_a_kill_is_recovered(tmp_path: Path, people: dict[str, ApiClient], relay_too: bool) -> None:
    data_dir = tmp_path / "var"
    first = ServerProcess(data_dir, "--demo", **SETTINGS)
    second: ServerProcess | None = None
    peers: dict[str, MediaPeer] = {}
    try:
        await first.ready()
        lives, consultation_id = await begin(first.url, people)
        reporting = asyncio.create_task(keep_reporting(lives, consultation_id))
        peers = await record(lives, consultation_id)
        process_id = relay_of(first)
        reporting.cancel()
        first.process.kill()
        if relay_too:
            os.kill(process_id, signal.SIGKILL)
        await first.ended()
        assert list((data_dir / "recordings").rglob("*.webm"))
        second = await ServerProcess(data_dir, "--demo", port=first.port, **SETTINGS).ready()
        recording = await until_stored(people["client"], consultation_id)
        assert (recording["state"], recording["stop_reason"]) == ("stopped", "interrupted")
        assert {file["side"] for file in recording["files"]} == {"client", "reader"}
        for file in recording["files"]:
            assert file["seconds"] > RECORDED_SECONDS - (2.5 if relay_too else 0.5)
            reply = await people["reader"].get(file["url"], root=True)
            found = measure(io.BytesIO(reply.content))
            assert found["container"][0] == pytest.approx(file["seconds"], abs=0.05)
            assert found["video"][0] == pytest.approx(file["seconds"], abs=1.0)
            assert found["audio"][0] == pytest.approx(file["seconds"], abs=1.0)
        assert not list((data_dir / "recordings").rglob("*.webm"))
        for live in lives.values():
            await live.close()
        await second.stop()
    finally:
        await asyncio.gather(*(peer.close() for peer in peers.values()))
        first.close()
        if second is not None:
            second.close()


async def test_a_server_that_is_stopped_takes_its_relay_along(tmp_path: Path, people: dict[str, ApiClient]) -> None:
    server = ServerProcess(tmp_path / "var", "--demo", **SETTINGS)
    peers: dict[str, MediaPeer] = {}
    try:
        await server.ready()
        lives, consultation_id = await begin(server.url, people)
        reporting = asyncio.create_task(keep_reporting(lives, consultation_id))
        peers = await record(lives, consultation_id)
        reporting.cancel()
        process_id = relay_of(server)
        await server.stop()
        assert not psutil.pid_exists(process_id)
        for path in (tmp_path / "var" / "recordings").rglob("*.webm"):
            assert measure(str(path))["container"][0] > RECORDED_SECONDS - 1
    finally:
        await asyncio.gather(*(peer.close() for peer in peers.values()))
        server.close()
