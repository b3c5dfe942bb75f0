"""Asking for a consultation and answering: every way it can go, and every refusal."""

from __future__ import annotations

import pytest

from config.clock import MovableClock
from tests.support.consultations import Scene, add_client, add_reader, go_online
from tests.support.servers import Server, StartServer


@pytest.fixture
async def metered(start_server: StartServer) -> Server:
    return await start_server(clock=MovableClock())


async def test_a_request_rings_at_the_reader_and_expires_unanswered(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    asked = await scene.request()
    assert (asked["status"], asked["rate_per_minute_minor"], asked["settlement"]) == ("requested", 399, "minute")
    rung = await scene.reader_live.next_event("consultation.requested")
    assert rung["consultation"]["client"]["id"] == scene.client.id
    await scene.pass_time(44)
    assert (await scene.snapshot())["status"] == "requested"
    await scene.pass_time(1)
    cancelled = await scene.client_live.next_event("consultation.cancelled")
    assert (cancelled["consultation"]["status"], cancelled["consultation"]["end_reason"]) == ("cancelled", "expired")
    error = await scene.reader_live.refused("consultation.accept", consultation_id=scene.id)
    assert (error["code"], error["status"]) == ("consultation.not_requested", 409)
    assert await scene.balance() == 1000


async def test_a_reader_who_accepts_but_does_not_come_is_a_no_show_and_costs_nothing(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    await scene.pass_time(60)
    cancelled = await scene.client_live.next_event("consultation.cancelled")
    assert (cancelled["consultation"]["status"], cancelled["consultation"]["end_reason"]) == ("no_show", "reader_no_show")
    assert await scene.balance() == 1000
    again = await scene.request()
    assert again["status"] == "requested"


async def test_a_repeated_request_is_the_same_request(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    payload = {"reader_id": scene.reader.id, "type": "chat", "nonce": "once"}
    first = await scene.client_live.command("consultation.request", **payload)
    again = await scene.client_live.command("consultation.request", **payload)
    assert again["consultation"]["id"] == first["consultation"]["id"]
    error = await scene.client_live.refused("consultation.request", **payload | {"type": "call"})
    assert (error["code"], error["status"]) == ("nonce.reused", 422)
    await scene.reader_live.next_event("consultation.requested")
    await scene.reader_live.command("readers.watch", on=False)
    assert len(scene.events("consultation.requested", reader=True)) == 1


async def test_repeated_answers_change_nothing(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    first = await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    again = await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    assert again["consultation"]["version"] == first["consultation"]["version"]
    error = await scene.reader_live.refused("consultation.decline", consultation_id=scene.id)
    assert error["code"] == "consultation.not_requested"
    error = await scene.client_live.refused("consultation.cancel", consultation_id=scene.id)
    assert error["code"] == "consultation.not_requested"


async def test_what_stands_in_the_way_of_a_request_is_said(metered: Server) -> None:
    reader, client = await add_reader(metered), await add_client(metered, balance=398)
    client_live = await metered.connect(client)

    async def refusal(reader_id: str, kind: str = "chat") -> str:
        error = await client_live.refused("consultation.request", reader_id=reader_id, type=kind, nonce=client_live.nonce())
        return str(error["code"])

    assert await refusal(reader.id) == "reader.offline"
    reader_live = await go_online(metered, reader)
    assert await refusal(reader.id) == "wallet.balance_too_low"
    assert await refusal(reader.id, "video") == "reader.type_not_offered"
    await reader_live.command("reader.set_status", status="away")
    assert await refusal(reader.id) == "reader.offline"
    unverified = await metered.register("reader")
    assert await refusal(unverified.id) == "reader.unverified"
    assert await refusal(client.id) == "resource.not_found"
    error = await reader_live.refused("consultation.request", reader_id=reader.id, type="chat", nonce="n")
    assert (error["code"], error["status"]) == ("auth.forbidden", 403)


async def test_busy_is_said_to_others_and_ends_with_the_consultation(metered: Server) -> None:
    scene = await Scene.start(metered)
    other = await add_client(metered)
    other_live = await metered.connect(other)
    error = await other_live.refused("consultation.request", reader_id=scene.reader.id, type="chat", nonce="a")
    assert (error["code"], error["status"]) == ("reader.busy", 409)
    second_reader = await add_reader(metered)
    await go_online(metered, second_reader)
    error = await scene.client_live.refused("consultation.request", reader_id=second_reader.id, type="chat", nonce="b")
    assert (error["code"], error["status"]) == ("client.busy", 409)
    await scene.end()
    data = await other_live.command("consultation.request", reader_id=scene.reader.id, type="chat", nonce="c")
    assert data["consultation"]["status"] == "requested"


async def test_strangers_cannot_tell_a_consultation_from_nothing(metered: Server) -> None:
    scene = await Scene.start(metered)
    stranger = await metered.connect(await add_client(metered))
    for command in ("accept", "decline", "cancel", "join", "end"):
        error = await stranger.refused(f"consultation.{command}", consultation_id=scene.id)
        assert (error["code"], error["status"]) == ("resource.not_found", 404)
    for command, extra in (
        ("message.send", {"content": "hi", "kind": "text", "nonce": "n"}),
        ("message.read", {"up_to_seq": 1}),
        ("typing.set", {"is_typing": True}),
    ):
        error = await stranger.refused(command, consultation_id=scene.id, **extra)
        assert error["status"] == 404, command


async def test_the_wrong_side_cannot_answer(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    for live, command in ((scene.client_live, "accept"), (scene.client_live, "decline"), (scene.reader_live, "cancel")):
        error = await live.refused(f"consultation.{command}", consultation_id=scene.id)
        assert (error["code"], error["status"]) == ("auth.forbidden", 403)


async def test_the_rate_is_frozen_when_it_is_requested(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    rates = {"chat": {"rate_per_minute_minor": 99_999}, "call": None, "video": None}
    assert (await scene.reader.patch("/me/reader", {"rates": rates})).status == 200
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    joined = await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    assert joined["consultation"]["total_cost_minor"] == 399
