"""Calls with the demonstration's guide: media both ways through the doors, and a process that lives as long as the call."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aioice import ice

import config
from config import limits
from realtime.media.demonstration import __main__ as process
from server.demo import DEMO_LOGINS, DEMO_PASSWORD
from server.demo_calls import GuideCall
from server.demo_guide import CALL_GREETING, NO_RECORDING, UNREACHABLE
from server.demo_readers import GUIDE
from server.parts import DEMO_GUIDE
from tests.support.live import LiveClient
from tests.support.peers import LivePeer
from tests.support.servers import Server, StartServer

PATIENCE_SECONDS = 40.0


async def until(condition: Callable[[], Any | Awaitable[Any]]) -> Any:
    """What it gave once that is not false; another process changes it, so it is looked at again and again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = condition()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.05)


async def ring(server: Server, type: str) -> tuple[LiveClient, str]:
    """The demonstration's client, in a consultation that the guide has accepted."""
    live, consultation_id = await request(server, type)
    await live.next_event("consultation.accepted")
    return live, consultation_id


async def request(server: Server, type: str) -> tuple[LiveClient, str]:
    client = await server.visitor()
    await client.log_in(DEMO_LOGINS["client"], DEMO_PASSWORD)

    async def find_guide() -> str | None:
        readers = (await client.get("/readers?limit=100")).body["items"]
        guide = next(reader for reader in readers if reader["display_name"] == GUIDE.display_name)
        return guide["id"] if guide["status"] == "online" else None

    live = await server.connect(client)
    asked: dict[str, Any] = {"reader_id": await until(find_guide), "type": type, "nonce": live.nonce()}
    consultation_id: str = (await live.command("consultation.request", **asked))["consultation"]["id"]
    return live, consultation_id


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


async def find_process(server: Server, consultation_id: str) -> int:
    def find() -> int | None:
        call: GuideCall | None = server.app[DEMO_GUIDE].calls.get(consultation_id)
        return None if call is None else call.process_id

    found: int = await until(find)
    return found


async def count_received(peer: LivePeer, *, more_than: int) -> int:
    async def read() -> int | None:
        count = (await peer.peer.read_stats()).packets_received
        return count if count > more_than else None

    found: int = await until(read)
    return found


@pytest.fixture(autouse=True)
def reachable() -> Any:
    """Our peers know the same addresses of this machine as the guide's process does."""
    with patch.object(ice, "get_host_addresses", process.list_addresses):
        yield


async def test_a_video_with_the_guide_runs_falls_back_comes_back_and_ends_with_its_process(start_server: StartServer) -> None:
    server = await start_server(demo=True)
    live, room = await ring(server, "video")
    async with LivePeer.enter(live, room, is_polite=True) as client:
        await client.peer.call()
        started = await live.next_event("consultation.started", timeout=PATIENCE_SECONDS)
        assert (started["consultation"]["client_media"], started["consultation"]["reader_media"]) == ("connected", "connected")
        assert await live.next_event("message.sent", lambda event: event["message"]["content"] == CALL_GREETING)
        first = await find_process(server, room)
        await count_received(client, more_than=100)

        await live.command("recording.ask", consultation_id=room)
        await live.next_event("message.sent", lambda event: event["message"]["content"] == NO_RECORDING)
        client.is_reporting = False
        await client.report("disconnected")

    await live.command("consultation.set_mode", consultation_id=room, mode="chat")
    await until(lambda: not is_running(first))
    rate = GUIDE.profile.video_rate_minor
    await live.command("consultation.set_mode", consultation_id=room, mode="video", agreed_rate_per_minute_minor=rate)
    second = await find_process(server, room)
    async with LivePeer.enter(live, room, is_polite=True) as client:
        await client.peer.call()
        await live.next_event("consultation.resumed", timeout=PATIENCE_SECONDS)
        await live.command("consultation.end", consultation_id=room)
    await until(lambda: not is_running(second))
    await until(lambda: not server.app[DEMO_GUIDE].calls)


async def test_a_guide_whose_process_died_says_so_and_calls_again(start_server: StartServer) -> None:
    server = await start_server(demo=True)
    live, room = await ring(server, "call")
    async with LivePeer.enter(live, room, is_polite=True, has_video=False) as client:
        await client.peer.call()
        await live.next_event("consultation.started", timeout=PATIENCE_SECONDS)
        first = await find_process(server, room)
        os.kill(first, 9)
        paused = await live.next_event("consultation.paused", timeout=PATIENCE_SECONDS)
        assert (paused["consultation"]["pause_reason"], paused["consultation"]["reader_media"]) == ("media", "lost")
        await live.next_event("consultation.resumed", timeout=PATIENCE_SECONDS)
        assert await find_process(server, room) != first


async def test_a_guide_that_lost_its_connection_comes_back_with_new_media(start_server: StartServer) -> None:
    server = await start_server(demo=True)
    live, room = await ring(server, "call")
    guide = await server.visitor()
    await guide.log_in(GUIDE.email, DEMO_PASSWORD)
    async with LivePeer.enter(live, room, is_polite=True, has_video=False) as client:
        await client.peer.call()
        await live.next_event("consultation.started", timeout=PATIENCE_SECONDS)
        first = await find_process(server, room)
        for login in (await guide.get("/me/logins")).body["items"]:
            if not login["is_current"]:
                await guide.delete(f"/me/logins/{login['id']}")
        paused = await live.next_event("consultation.paused", timeout=PATIENCE_SECONDS)
        assert paused["consultation"]["pause_reason"] == "connection"
        await until(lambda: not is_running(first))
        await live.next_event("consultation.resumed", timeout=PATIENCE_SECONDS)
        assert await find_process(server, room) != first


async def test_media_that_do_not_meet_are_told_in_words_and_cost_nothing(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GUIDE_UNREACHABLE_SECONDS", 1.0)
    server = await start_server(demo=True)
    live, room = await ring(server, "call")
    with patch.object(ice, "get_host_addresses", return_value=[]):
        async with LivePeer.enter(live, room, is_polite=True, has_video=False) as client:
            await client.peer.call()
            await live.next_event(
                "message.sent", lambda event: event["message"]["content"] == UNREACHABLE, timeout=PATIENCE_SECONDS
            )
    ended = await live.command("consultation.end", consultation_id=room)
    assert ended["consultation"]["total_cost_minor"] == 0
    await until(lambda: not server.app[DEMO_GUIDE].calls)


async def test_a_guide_with_too_many_calls_declines_another(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GUIDE_CALLS", 0)
    live, _room = await request(await start_server(demo=True), "call")
    ended = await live.next_event("consultation.declined")
    assert ended["consultation"]["end_reason"] == "declined"


async def test_a_machine_without_a_network_uses_its_loopback_and_no_other_machine_does() -> None:
    with patch.object(process, "_find_addresses", return_value=[]):
        assert process.list_addresses(True, True) == ["127.0.0.1"]
    with patch.object(process, "_find_addresses", return_value=["192.0.2.2"]):
        assert process.list_addresses(True, True) == ["192.0.2.2"]


async def test_the_server_itself_imports_nothing_that_media_need() -> None:
    program = "import sys, server.app, server.demo_guide; sys.exit(bool({'aiortc', 'aioice', 'av'} & set(sys.modules)))"
    started = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=Path(config.__file__).parents[1])
    assert await started.wait() == 0
