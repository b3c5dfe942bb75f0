"""A consultation is recorded by two people with aiortc instead of a browser, and played back."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from datetime import timedelta
from typing import Any

import pytest

from config.clock import MovableClock
from realtime.recordings.retention import Retention
from server.services import SERVICES
from tests.media.peers import measure
from tests.recordings.conftest import RecordedScene, host_of
from tests.support.clients import ApiClient


async def record_for(recorded: RecordedScene, pictures: int, *kinds: str) -> None:
    await recorded.record(*kinds)
    kind = "audio" if kinds == ("audio",) else "video"
    await asyncio.gather(*(peer.until_received(kind, pictures) for peer in recorded.peers.values()))


async def listed(person: ApiClient, consultation_id: str) -> list[dict[str, Any]]:
    reply = await person.get(f"/consultations/{consultation_id}/recordings")
    assert reply.status == 200, reply.content
    items: list[dict[str, Any]] = reply.body["items"]
    return items


async def test_both_sides_can_play_what_both_said_and_showed(recorded: RecordedScene) -> None:
    await record_for(recorded, 60)
    stopped = await recorded.do("reader", "stop")
    assert (stopped["state"], stopped["stopped_by"]) == ("stopped", recorded.scene.reader.id)
    stored = await recorded.until("stopped", has_files=True)
    assert {file["side"] for file in stored["files"]} == {"client", "reader"}
    for person in (recorded.scene.client, recorded.scene.reader):
        for file in stored["files"]:
            reply = await person.get(file["url"], root=True)
            assert (reply.status, reply.headers["Content-Type"]) == (200, "video/webm")
            assert len(reply.content) == file["bytes"]
            found = measure(io.BytesIO(reply.content))
            assert found["container"][0] == pytest.approx(file["seconds"], abs=0.05)
            assert found["video"][1] > 40
            assert found["audio"][0] > 3
    assert abs(stored["files"][0]["seconds"] - stored["files"][1]["seconds"]) < 1.5
    assert not any((recorded.server.settings.data_dir / "recordings").iterdir())
    played = (await recorded.audit(stored["id"]))[-2:]
    assert sorted(side or "" for action, side in played if action == "recording.play") == ["client", "reader"]


async def test_withdrawing_stops_the_relay_within_a_second(recorded: RecordedScene) -> None:
    await record_for(recorded, 15)
    await recorded.do("client", "stop")
    async with asyncio.timeout(1.0):
        while any(peer.pc.connectionState != "closed" for peer in recorded.peers.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    refusal = await recorded.live("reader").refused(
        "recording.connect", consultation_id=recorded.id, description={"type": "offer", "sdp": await offer_of(recorded)}
    )
    assert refusal["code"] == "recording.not_agreed"


async def offer_of(recorded: RecordedScene) -> str:
    return str(recorded.peers["reader"].pc.localDescription.sdp)


async def test_a_pause_of_the_clock_is_in_no_file(recorded: RecordedScene) -> None:
    await record_for(recorded, 30)
    client = recorded.peers["client"]
    await recorded.scene.lose_media("reader")
    await recorded.live("client").next_event("consultation.paused")
    await host_of(recorded.server).keep_in_step()
    await client.until_received("video", 60)
    await recorded.scene.report("reader")
    await client.until_received("video", 30)
    await recorded.do("client", "stop")
    for file in (await recorded.until("stopped", has_files=True))["files"]:
        assert 2.5 < file["seconds"] < 6.5


async def test_a_recording_into_which_nobody_said_anything_is_done_with_all_the_same(recorded: RecordedScene) -> None:
    agreed = await recorded.agree()
    await recorded.do("client", "stop")
    async with recorded.server.database.connection() as db, asyncio.timeout(10):
        while (  # noqa: ASYNC110  (nobody is told: the snapshot looks the same)
            await db.fetch_value("SELECT state FROM recordings WHERE id = $1::text::uuid", agreed["id"]) != "stored"
        ):
            await asyncio.sleep(0.05)
    assert (await listed(recorded.scene.client, recorded.id))[0]["files"] == []


async def test_a_call_is_recorded_as_sound(recorded: RecordedScene) -> None:
    await recorded.live("client").command("consultation.set_mode", consultation_id=recorded.id, mode="call")
    await record_for(recorded, 150, "audio")
    await recorded.scene.end()
    event = await recorded.live("reader").next_event(
        "consultation.changed", lambda event: bool((event["consultation"]["recording"] or {}).get("files")), timeout=30
    )
    assert [file["has_video"] for file in event["consultation"]["recording"]["files"]] == [False, False]


async def test_the_relay_dies_and_the_call_goes_on(recorded: RecordedScene) -> None:
    await record_for(recorded, 75)
    process_id = host_of(recorded.server).relay.process_id
    assert process_id is not None
    os.kill(process_id, signal.SIGKILL)
    stopped = await recorded.until("stopped")
    assert (stopped["stop_reason"], stopped["stopped_by"]) == ("interrupted", None)
    assert (await recorded.scene.snapshot())["status"] == "in_progress"
    stored = await recorded.until("stopped", has_files=True)
    for file in stored["files"]:
        # Five seconds and more were seen by the other side; at most the last two are lost.
        assert file["seconds"] > 3
        content = (await recorded.scene.client.get(file["url"], root=True)).content
        assert measure(io.BytesIO(content))["container"][0] == pytest.approx(file["seconds"], abs=0.05)
    for peer in recorded.peers.values():
        await peer.close()
    # Another recording of the same consultation goes through a new relay.
    await record_for(recorded, 15)
    assert host_of(recorded.server).relay.process_id not in (None, process_id)
    await recorded.do("client", "stop")


async def store(recorded: RecordedScene) -> dict[str, Any]:
    """A short recording that is in the file store, as the list shows it to the client."""
    await record_for(recorded, 15)
    await recorded.do("client", "stop")
    await recorded.until("stopped", has_files=True)
    return (await listed(recorded.scene.client, recorded.id))[0]


@pytest.fixture
async def stored(recorded: RecordedScene) -> dict[str, Any]:
    return await store(recorded)


RANGES: tuple[tuple[str, int, slice], ...] = (
    ("bytes=0-99", 206, slice(0, 100)),
    ("bytes=100-", 206, slice(100, None)),
    ("bytes=-50", 206, slice(-50, None)),
    ("bytes=10-99999999", 206, slice(10, None)),
    ("bytes=99999999-", 416, slice(0)),
    ("bytes=5-2", 200, slice(None)),
    ("lines=1-2", 200, slice(None)),
    ("bytes=0-1,5-6", 200, slice(None)),
)


async def test_players_get_the_bytes_they_ask_for(recorded: RecordedScene, stored: dict[str, Any]) -> None:
    client, file = recorded.scene.client, stored["files"][0]
    whole = (await client.get(file["url"], root=True)).content
    for header, status, part in RANGES:
        reply = await client.get(file["url"], root=True, headers={"Range": header})
        assert reply.status == status, header
        if status == 416:
            assert reply.code == "request.range_not_satisfiable"
            continue
        assert reply.content == whole[part], header
        assert reply.headers["Accept-Ranges"] == "bytes"
        if status == 206:
            begin = part.indices(len(whole))[0]
            assert reply.headers["Content-Range"] == f"bytes {begin}-{begin + len(reply.content) - 1}/{len(whole)}"
    head = await client.request("HEAD", file["url"], root=True)
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(whole)))
    kept = await client.get(file["url"], root=True, params={"download": "1"})
    assert kept.headers["Content-Disposition"].startswith('attachment; filename="recording-')
    assert ("recording.download", "client") in await recorded.audit(stored["id"])


async def test_a_link_works_without_a_token_for_a_while_and_for_nobody_else(alone: RecordedScene) -> None:
    recorded, stored = alone, await store(alone)
    visitor, file = await recorded.server.visitor(), stored["files"][0]
    assert (await visitor.get(file["play_url"], root=True)).status == 200
    assert (await visitor.get(file["url"], root=True)).status == 401
    for changed in (
        file["play_url"].replace("signature=", "signature=x"),
        file["play_url"].replace(recorded.scene.client.id, recorded.scene.reader.id),
        file["play_url"].replace(f"/{file['side']}/", "/reader/" if file["side"] == "client" else "/client/"),
        file["play_url"].replace("expires=", "expires=9"),
    ):
        assert (await visitor.get(changed, root=True)).status == 401, changed
    outsider = await recorded.server.register("client")
    assert (await outsider.get(file["url"], root=True)).status == 404
    assert (await outsider.get(f"/consultations/{recorded.id}/recordings")).status == 404
    recorded.scene.clock.advance(3600)
    assert (await visitor.get(file["play_url"], root=True)).status == 401


async def test_a_link_ends_with_the_login_it_was_made_for(alone: RecordedScene) -> None:
    recorded, stored = alone, await store(alone)
    url = stored["files"][0]["play_url"]
    assert (await recorded.scene.client.post("/auth/logout")).status < 300
    reply = await (await recorded.server.visitor()).get(url, root=True)
    assert (reply.status, reply.code) == (401, "auth.revoked")


@pytest.mark.parametrize("place", ["client/0", "client/2", "client/01", "nobody/1", "client/x", "client/99999999999"])
async def test_what_is_not_there_is_not_found(recorded: RecordedScene, stored: dict[str, Any], place: str) -> None:
    address = f"/consultations/{recorded.id}/recordings/{stored['id']}/{place}"
    assert (await recorded.scene.client.get(address)).status == 404


async def test_a_recording_is_deleted_when_its_time_is_over_and_not_before(alone: RecordedScene) -> None:
    recorded, stored = alone, await store(alone)
    server, clock = recorded.server, recorded.scene.clock
    assert isinstance(clock, MovableClock)
    services = server.app[SERVICES]
    assert services.files is not None
    retention = Retention(settings=server.settings, database=server.database, clock=clock, files=services.files)
    url = stored["files"][0]["url"]
    reader = recorded.scene.reader
    clock.advance(timedelta(days=29).total_seconds())
    await reader.log_in(reader.email, reader.password)
    await retention.run_round()
    assert (await reader.get(url, root=True)).status == 200
    clock.advance(timedelta(days=2).total_seconds())
    await reader.log_in(reader.email, reader.password)
    # Also before it is deleted.
    assert (await reader.get(url, root=True)).status == 410
    await retention.run_round()
    reply = await reader.get(url, root=True)
    assert (reply.status, reply.code) == (410, "recording.expired")
    assert (await recorded.audit(stored["id"]))[-1] == ("recording.expire", None)
    (item,) = await listed(reader, recorded.id)
    assert (item["state"], item["files"]) == ("stopped", [])
    async with server.database.connection() as db:
        assert await db.fetch_value("SELECT count(*) FROM recording_files WHERE recording_id = $1::text::uuid", stored["id"]) == 0


async def test_what_is_kept_without_end_is_not_deleted(alone: RecordedScene) -> None:
    recorded, stored = alone, await store(alone)
    async with recorded.server.database.transaction() as tx:
        await tx.execute("UPDATE recordings SET kept_days = 0, expires_at = NULL WHERE id = $1::text::uuid", stored["id"])
    services = recorded.server.app[SERVICES]
    assert services.files is not None
    recorded.scene.clock.advance(timedelta(days=4000).total_seconds())
    retention = Retention(
        settings=recorded.server.settings, database=recorded.server.database, clock=recorded.scene.clock, files=services.files
    )
    await retention.run_round()
    async with recorded.server.database.connection() as db:
        assert await db.fetch_value("SELECT state FROM recordings WHERE id = $1::text::uuid", stored["id"]) == "stored"
