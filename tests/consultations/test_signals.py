"""Signals between two browsers: in order, only between the two, kept for who reconnects, checked for size and shape."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest

from config import limits
from tests.support.consultations import Scene
from tests.support.live import LiveClient
from tests.support.servers import Server

SDP = "\r\n".join(
    (
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789abcdef0123456789",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=rtpmap:111 opus/48000/2",
        "",
    )
)
OFFER = {"type": "offer", "sdp": SDP}
CANDIDATE = {
    "candidate": "candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host generation 0 ufrag abcd",
    "sdpMid": "0",
    "sdpMLineIndex": 0,
    "usernameFragment": "abcd",
}


def candidate(number: int) -> dict[str, Any]:
    return CANDIDATE | {"candidate": f"candidate:{number} 1 udp 2113937151 192.0.2.7 {50000 + number} typ host"}


async def hears(live: LiveClient, count: int) -> list[Any]:
    return [await live.next_event("signal.received") for _ in range(count)]


async def test_signals_reach_the_other_side_in_order(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    first = await scene.client_live.command("signal.send", consultation_id=scene.id, description=OFFER)
    for number in range(20):
        await scene.client_live.send("signal.send", {"consultation_id": scene.id, "candidate": candidate(number)})
    last = await scene.client_live.command("signal.send", consultation_id=scene.id, candidate=None)
    heard = await hears(scene.reader_live, 22)
    assert [event["seq"] for event in heard] == sorted({event["seq"] for event in heard})
    assert (heard[0]["seq"], heard[-1]["seq"]) == (first["seq"], last["seq"])
    assert heard[0]["description"] == OFFER
    assert "candidate" not in heard[0]
    assert [event["candidate"]["candidate"] for event in heard[1:-1]] == [candidate(n)["candidate"] for n in range(20)]
    assert heard[-1]["candidate"] is None
    assert {event["sender_id"] for event in heard} == {scene.client.id}
    assert scene.events("signal.received") == []


async def test_signals_sent_at_once_keep_their_order(metered: Server) -> None:
    """Not waiting for answers, as a browser that trickles: the commands of one connection are carried out in turn."""
    scene = await Scene.meet(metered, "call")
    for number in range(30):
        await scene.reader_live.fire("signal.send", {"consultation_id": scene.id, "candidate": candidate(number)})
    heard = await hears(scene.client_live, 30)
    assert [event["candidate"]["candidate"] for event in heard] == [candidate(n)["candidate"] for n in range(30)]


async def test_a_device_of_theirs_that_has_not_joined_and_an_outsider_hear_nothing(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    not_joined = await metered.connect(scene.reader)
    outsider = await metered.connect(await metered.register("client"))
    joined = await metered.connect(scene.reader)
    await joined.command("consultation.join", consultation_id=scene.id)
    await scene.client_live.command("signal.send", consultation_id=scene.id, description=OFFER)
    await hears(scene.reader_live, 1)
    await hears(joined, 1)
    refused = await outsider.refused("signal.send", consultation_id=scene.id, description=OFFER)
    assert refused["status"] == 404
    refused = await not_joined.refused("signal.send", consultation_id=scene.id, description=OFFER)
    assert (refused["code"], refused["retryable"]) == ("consultation.not_joined", True)
    assert [name for live in (not_joined, outsider) for name, _ in live.events if name == "signal.received"] == []


async def test_what_was_sent_to_somebody_who_was_away_comes_when_they_are_back(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    await scene.connect_media()
    await scene.client_live.command("signal.send", consultation_id=scene.id, description=OFFER)
    await hears(scene.reader_live, 1)
    await scene.pass_time(20)
    scene.reporting.clear()
    await scene.drop(reader=True)
    for number in range(3):
        await scene.client_live.command("signal.send", consultation_id=scene.id, candidate=candidate(number))
        await scene.pass_time(1)
    await scene.come_back(reader=True)
    heard = await hears(scene.reader_live, 3)
    assert [event["candidate"]["candidate"] for event in heard] == [candidate(n)["candidate"] for n in range(3)]
    again = await scene.client_live.command("signal.send", consultation_id=scene.id, candidate=None)
    assert (await hears(scene.reader_live, 1))[0]["seq"] == again["seq"]


async def test_an_offer_made_before_the_other_side_joined_waits_for_them(metered: Server) -> None:
    scene = await Scene.prepare(metered, call=499)
    scene.type = "call"
    await scene.request()
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await scene.client_live.command("signal.send", consultation_id=scene.id, description=OFFER)
    await scene.pass_time(30)
    await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    assert (await hears(scene.reader_live, 1))[0]["description"] == OFFER


async def test_a_connection_that_was_replaced_before_its_loss_was_known_misses_nothing(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    await scene.client_live.command("signal.send", consultation_id=scene.id, description=OFFER)
    other = await metered.connect(scene.reader)
    await other.command("consultation.join", consultation_id=scene.id)
    assert (await hears(other, 1))[0]["description"] == OFFER
    with suppress(Exception):
        await scene.reader_live.close()


async def test_ended_ringing_held_and_chatting_consultations_take_no_signals(metered: Server) -> None:
    scene = await Scene.prepare(metered, balance=499, call=499)
    scene.type = "call"
    await scene.request()
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    refused = await scene.client_live.refused("signal.send", consultation_id=scene.id, description=OFFER)
    assert refused["code"] == "consultation.not_in_progress"
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    await scene.connect_media()
    await scene.pass_time(60)
    refused = await scene.client_live.refused("signal.send", consultation_id=scene.id, description=OFFER)
    assert refused["code"] == "consultation.clock_stopped"
    refused = await scene.client_live.refused("media.renew", consultation_id=scene.id)
    assert refused["code"] == "consultation.clock_stopped"
    await scene.top_up(1000)
    await scene.pass_time(1)
    await scene.reader_live.command("consultation.set_mode", consultation_id=scene.id, mode="chat")
    refused = await scene.client_live.refused("signal.send", consultation_id=scene.id, description=OFFER)
    assert refused["code"] == "consultation.no_media"
    await scene.end()
    refused = await scene.client_live.refused("signal.send", consultation_id=scene.id, description=OFFER)
    assert refused["code"] == "consultation.not_in_progress"
    async with metered.database.connection() as db:
        assert await db.fetch_value("SELECT count(*) FROM signals WHERE consultation_id = $1", UUID(scene.id)) == 0


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("nothing", {}, ""),
    ("both", {"description": OFFER, "candidate": CANDIDATE}, ""),
    ("no description", {"description": None}, ""),
    ("text", {"description": "v=0"}, "description"),
    ("a type of its own", {"description": {"type": "please", "sdp": SDP}}, "description.type"),
    ("no lines", {"description": {"type": "offer", "sdp": "hello"}}, "description"),
    ("a script", {"description": {"type": "offer", "sdp": "<script>alert(1)</script>"}}, "description"),
    ("no fingerprint", {"description": {"type": "offer", "sdp": SDP.replace("a=fingerprint", "a=x")}}, "description"),
    ("no version", {"description": {"type": "offer", "sdp": SDP.removeprefix("v=0\r\n")}}, "description"),
    ("a control character", {"description": {"type": "offer", "sdp": SDP.replace("opus", "op\x07us")}}, "description"),
    ("a null", {"description": {"type": "offer", "sdp": SDP + "a=\x00\r\n"}}, "description.sdp"),
    ("too long", {"description": {"type": "offer", "sdp": SDP + "a=x\r\n" * 8_000}}, "description.sdp"),
    ("too many lines", {"description": {"type": "offer", "sdp": SDP + "a=\r\n" * 2_000}}, "description"),
    ("too many media", {"description": {"type": "offer", "sdp": SDP + "m=audio 9 x 1\r\n" * 20}}, "description"),
    ("a strange medium", {"description": {"type": "offer", "sdp": SDP + "m=message 9 x 1\r\n"}}, "description"),
    ("more than it may hold", {"description": OFFER | {"more": 1}}, "description.more"),
    ("a candidate of words", {"candidate": {"candidate": "please connect to me"}}, "candidate.candidate"),
    ("a candidate with a line break", {"candidate": {"candidate": CANDIDATE["candidate"] + "\r\na=x"}}, "candidate.candidate"),
    ("a candidate too long", {"candidate": {"candidate": "candidate:" + "1 " * 2_000}}, "candidate.candidate"),
    ("a section that cannot be", {"candidate": CANDIDATE | {"sdpMLineIndex": 900}}, "candidate.sdpMLineIndex"),
    ("a number for a name", {"candidate": CANDIDATE | {"sdpMid": 7}}, "candidate.sdpMid"),
)


@pytest.fixture(scope="module")
async def room(metered: Server) -> Scene:
    return await Scene.meet(metered, "call")


@pytest.mark.parametrize(("payload", "path"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
async def test_what_is_no_signal_is_refused_with_where(room: Scene, payload: dict[str, Any], path: str) -> None:
    refused = await room.client_live.refused("signal.send", consultation_id=room.id, **payload)
    assert (refused["code"], refused["status"]) == ("validation.failed", 422) or refused["status"] == 422
    assert path in {field["path"] for field in refused["fields"]}
    assert [name for name, _ in room.reader_live.events if name == "signal.received"] == []


async def test_a_rollback_and_an_end_of_candidates_are_signals(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    await scene.client_live.command("signal.send", consultation_id=scene.id, description={"type": "rollback", "sdp": ""})
    await scene.client_live.command("signal.send", consultation_id=scene.id, candidate={"candidate": ""})
    heard = await hears(scene.reader_live, 2)
    assert (heard[0]["description"]["type"], heard[1]["candidate"]) == ("rollback", {"candidate": ""})


async def test_a_flood_of_signals_is_refused(metered: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGNALS_WAITING", 5)
    monkeypatch.setattr(limits, "SIGNALS_KEPT_SECONDS", 5.0)
    scene = await Scene.meet(metered, "call")
    for number in range(5):
        await scene.client_live.command("signal.send", consultation_id=scene.id, candidate=candidate(number))
    refused = await scene.client_live.refused("signal.send", consultation_id=scene.id, candidate=candidate(6))
    assert (refused["code"], refused["status"], refused["retryable"]) == ("limit.rate", 429, True)
    await scene.reader_live.command("signal.send", consultation_id=scene.id, candidate=candidate(7))
    await scene.pass_time(6)
    await scene.client_live.command("signal.send", consultation_id=scene.id, candidate=candidate(8))


async def test_nobody_is_driven_out_of_the_room_by_large_signals(metered: Server) -> None:
    """Else who floods ends the consultation at the other's cost: while they reload, and when they are back."""
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    large = {"type": "offer", "sdp": SDP + "a=x:" + "y" * 30_000 + "\r\n"}
    await scene.drop(reader=True)
    taken = 0
    for _ in range(40):
        answer = await scene.client_live.send("signal.send", {"consultation_id": scene.id, "description": large})
        taken += answer["ok"]
    await scene.come_back(reader=True)
    assert 1 <= taken <= limits.SIGNALS_BURST_BYTES / 30_000
    assert len(await hears(scene.reader_live, taken)) == taken
    await scene.reader_live.command("signal.send", consultation_id=scene.id, candidate=candidate(1))
    await scene.pass_time(limits.SIGNALS_BURST_SECONDS + 1)
    await scene.client_live.command("signal.send", consultation_id=scene.id, description=OFFER)
