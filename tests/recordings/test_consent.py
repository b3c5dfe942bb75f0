"""Nobody is recorded without both participants' consent, and either takes it back at once."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any
from uuid import UUID

import psutil
import pytest

from config.clock import MovableClock
from config.errors import DependencyUnavailable
from tests.recordings.conftest import RecordedScene, host_of
from tests.support.consultations import Scene
from tests.support.servers import PASSWORD, Server, StartServer


def media_sockets() -> list[Any]:
    """UDP sockets of this process and of all its children."""
    me = psutil.Process()
    return [c for process in (me, *me.children(recursive=True)) for c in process.net_connections("udp") if c.status == "NONE"]


async def test_a_question_starts_no_relay_and_opens_no_port(start_server: StartServer) -> None:
    server = await start_server(clock=MovableClock())
    before = len(media_sockets())
    recorded = await RecordedScene.meet(server)
    await recorded.do("reader", "ask")
    assert await recorded.do("client", "decline") is None
    asked = await recorded.do("client", "ask")
    assert (asked["state"], asked["asked_by"], asked["kept_days"]) == ("asked", recorded.scene.client.id, 30)
    offer = {"type": "offer", "sdp": OFFER}
    refusal = await recorded.live("client").refused("recording.connect", consultation_id=recorded.id, description=offer)
    assert refusal["code"] == "recording.not_agreed"
    assert host_of(server).relay.process_id is None
    assert len(media_sockets()) == before
    assert not (server.settings.data_dir / "recordings").exists()


OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-ufrag:aaaa",
        "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa",
        "a=fingerprint:sha-256 00",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "",
    ]
)

# Who did what before, who now does what, and what comes of it: a state, None for no recording, or the code of a refusal.
RULES: tuple[tuple[tuple[str, ...], str, str | None], ...] = (
    ((), "client ask", "asked"),
    ((), "reader ask", "asked"),
    ((), "reader agree", "recording.not_asked"),
    ((), "reader decline", "recording.not_asked"),
    ((), "client stop", "recording.not_agreed"),
    (("client ask",), "client ask", "asked"),
    (("client ask",), "reader ask", "recording.under_way"),
    (("client ask",), "client agree", "recording.not_asked"),
    (("client ask",), "client decline", "recording.not_asked"),
    (("client ask",), "reader agree", "connecting"),
    (("client ask",), "reader decline", None),
    (("client ask",), "client stop", None),
    (("client ask",), "reader stop", "recording.not_agreed"),
    (("reader ask",), "client agree", "connecting"),
    (("client ask", "reader agree"), "reader agree", "connecting"),
    (("client ask", "reader agree"), "client agree", "recording.not_asked"),
    (("client ask", "reader agree", "client stop"), "reader agree", "recording.not_asked"),
    (("client ask", "reader agree"), "client ask", "recording.under_way"),
    (("client ask", "reader agree"), "client stop", "stopped"),
    (("client ask", "reader agree"), "reader stop", "stopped"),
    (("client ask", "reader agree", "reader stop"), "client stop", "stopped"),
    (("client ask", "reader agree", "reader stop"), "client ask", "asked"),
    (("client ask", "reader agree", "reader stop"), "reader decline", "recording.not_asked"),
    (("client ask", "reader agree", "reader stop", "client ask"), "reader decline", "stopped"),
)


@pytest.mark.parametrize(("before", "now", "expected"), RULES, ids=[" / ".join([*rule[0], rule[1]]) for rule in RULES])
async def test_who_may_do_what(recorded: RecordedScene, before: tuple[str, ...], now: str, expected: str | None) -> None:
    for step in before:
        await recorded.do(*step.split())  # type: ignore[call-arg]
    side, verb = now.split()
    if expected is not None and "." in expected:
        assert await recorded.refused(side, verb) == expected
        return
    recording = await recorded.do(side, verb)
    assert (None if recording is None else recording["state"]) == expected
    snapshots = [await recorded.scene.snapshot(reader=reader) for reader in (False, True)]
    for snapshot in snapshots:
        assert (None if snapshot["recording"] is None else snapshot["recording"]["state"]) == expected


async def test_both_are_told_of_every_step_with_a_higher_version(recorded: RecordedScene) -> None:
    version = (await recorded.scene.snapshot())["version"]
    for side, verb, state in (("client", "ask", "asked"), ("reader", "agree", "connecting"), ("client", "stop", "stopped")):
        await recorded.do(side, verb)
        for live in (recorded.live("client"), recorded.live("reader")):
            event = await live.next_event("consultation.changed", lambda event, after=version: event["version"] > after)
            assert event["consultation"]["recording"]["state"] == state
        version += 1


async def test_everything_about_consent_is_in_the_audit_log(recorded: RecordedScene) -> None:
    await recorded.do("reader", "ask")
    declined = (await recorded.scene.snapshot())["recording"]
    await recorded.do("client", "decline")
    assert await recorded.audit(declined["id"]) == [("recording.ask", "reader"), ("recording.decline", "client")]
    agreed = await recorded.agree()
    await recorded.do("reader", "stop")
    expected = [("recording.ask", "client"), ("recording.agree", "reader"), ("recording.stop", "reader")]
    assert await recorded.audit(agreed["id"]) == expected


@pytest.mark.parametrize("verb", ["ask", "agree", "decline", "stop"])
async def test_an_outsider_finds_nothing(recorded: RecordedScene, verb: str) -> None:
    await recorded.do("client", "ask")
    outsider = await recorded.server.connect(await recorded.server.register("client"))
    refusal = await outsider.refused(f"recording.{verb}", consultation_id=recorded.id)
    assert (refusal["code"], refusal["status"]) == ("resource.not_found", 404)
    offer = {"type": "offer", "sdp": OFFER}
    refusal = await outsider.refused("recording.connect", consultation_id=recorded.id, description=offer)
    assert refusal["code"] == "resource.not_found"


async def test_a_chat_and_what_is_over_cannot_be_recorded(metered: Server) -> None:
    scene = await Scene.start(metered)
    assert (await scene.client_live.refused("recording.ask", consultation_id=scene.id))["code"] == "consultation.no_media"
    await scene.end()
    assert (await scene.client_live.refused("recording.ask", consultation_id=scene.id))["code"] == "consultation.not_in_progress"


async def test_the_end_of_the_consultation_ends_it(recorded: RecordedScene) -> None:
    agreed = await recorded.agree()
    ended = await recorded.scene.end()
    assert (ended["recording"]["state"], ended["recording"]["stop_reason"]) == ("stopped", "consultation_ended")
    assert (await recorded.audit(agreed["id"]))[-1] == ("recording.stop", None)
    assert await recorded.refused("client", "agree") == "consultation.not_in_progress"


async def test_an_unanswered_question_ends_with_the_consultation(recorded: RecordedScene) -> None:
    await recorded.do("client", "ask")
    assert (await recorded.scene.end())["recording"] is None


async def test_going_on_by_chat_ends_it(recorded: RecordedScene) -> None:
    await recorded.agree()
    data = await recorded.live("reader").command("consultation.set_mode", consultation_id=recorded.id, mode="chat")
    recording = data["consultation"]["recording"]
    assert (recording["state"], recording["stop_reason"]) == ("stopped", "media_ended")


async def test_a_full_server_says_so_and_the_question_stays_open(metered: Server) -> None:
    scenes = [await RecordedScene.meet(metered) for _ in range(3)]
    for scene in scenes[:2]:
        await scene.agree()
    await scenes[2].do("client", "ask")
    refusal = await scenes[2].live("reader").refused("recording.agree", consultation_id=scenes[2].id)
    assert (refusal["code"], refusal["status"], refusal["retryable"]) == ("recording.full", 503, True)
    assert (await scenes[2].scene.snapshot())["recording"]["state"] == "asked"
    await scenes[0].do("client", "stop")
    await scenes[0].until("stopped")
    await host_of(metered).keep_in_step()
    assert (await scenes[2].do("reader", "agree"))["state"] == "connecting"
    for scene in scenes:
        await scene.scene.end()
    await host_of(metered).keep_in_step()


async def test_who_does_not_connect_is_not_waited_for_without_end(recorded: RecordedScene) -> None:
    await recorded.agree()
    await recorded.scene.pass_time(46)
    await host_of(recorded.server).keep_in_step()
    recording = (await recorded.scene.snapshot())["recording"]
    assert (recording["state"], recording["stop_reason"]) == ("stopped", "not_connected")


async def test_an_installation_may_record_nothing(start_server: StartServer) -> None:
    server = await start_server({"recording": {"enabled": False}}, clock=MovableClock())
    recorded = await RecordedScene.meet(server)
    assert await recorded.refused("client", "ask") == "recording.disabled"


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "v=0",
        OFFER.replace("m=audio", "m=application"),
        OFFER + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        OFFER.replace("sha-256 00", "nonsense"),
        OFFER + "x" * 70_000,
    ],
)
async def test_an_offer_that_cannot_be_used_is_unacceptable_and_harms_nothing(recorded: RecordedScene, sdp: str) -> None:
    await recorded.agree()
    refusal = await recorded.live("client").refused(
        "recording.connect", consultation_id=recorded.id, description={"type": "offer", "sdp": sdp}
    )
    assert refusal["status"] in (413, 422)
    assert (await recorded.scene.snapshot())["recording"]["state"] == "connecting"


async def test_the_state_from_events_alone_is_the_snapshot(recorded: RecordedScene) -> None:
    await recorded.agree()
    await recorded.do("client", "stop")
    event = await recorded.live("reader").next_event(
        "consultation.changed", lambda event: (event["consultation"]["recording"] or {}).get("state") == "stopped"
    )
    assert UUID(event["consultation"]["recording"]["stopped_by"]) == UUID(recorded.scene.client.id)
    shown = await recorded.scene.snapshot(reader=True)
    assert {**event["consultation"]["recording"], "files": []} == {**shown["recording"], "files": [], "expires_at": None}


async def test_who_was_logged_out_hears_nothing_more_although_another_device_of_theirs_goes_on(recorded: RecordedScene) -> None:
    await recorded.record()
    peer, server = recorded.peers["client"], recorded.server
    ended = asyncio.Event()
    peer.pc.on("connectionstatechange", lambda: ended.set() if peer.pc.connectionState in ("closed", "failed") else None)
    other = await server.visitor()
    await other.log_in((await recorded.scene.client.get("/me")).body["email"], PASSWORD)
    live = await server.connect(other)
    await live.command("consultation.join", consultation_id=recorded.id)
    assert (await recorded.scene.client.post("/auth/logout")).status < 300
    async with asyncio.timeout(3):
        await ended.wait()
    recorded.scene.client, recorded.scene.client_live = other, live


async def test_an_end_that_could_not_be_written_down_is_made_up_for(
    recorded: RecordedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = host_of(recorded.server)
    await recorded.record()
    end, refused = host._end, asyncio.Event()

    async def end_once_refused(*arguments: Any) -> None:
        if not refused.is_set():
            refused.set()
            raise DependencyUnavailable
        await end(*arguments)

    monkeypatch.setattr(host, "_end", end_once_refused)
    assert host.relay.process_id is not None
    os.kill(host.relay.process_id, signal.SIGKILL)
    await refused.wait()
    assert (await recorded.until("stopped"))["stop_reason"] == "interrupted"
