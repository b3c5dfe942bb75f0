"""The live door: who is let in, how commands are answered, and what bad input does."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import orjson
import pytest

from config import limits
from realtime.flood import FloodLimits
from storage.database import Database
from tests.realtime.conftest import LiveNode, run_node
from tests.realtime.raw import RawPeer, Refused

SLOW_FLOOD = FloodLimits(commands_per_second=1, commands_burst=5, refused_before_closing=10)


async def test_a_command_is_answered_with_its_data(node: LiveNode) -> None:
    person = await node.person()
    peer = await node.peer(person)
    answer = await peer.ask("test.echo", {"text": "hello ✨"})
    assert answer == {"ok": True, "data": {"text": "hello ✨", "user_id": str(person.user_id)}}


async def test_a_command_without_an_acknowledgement_id_is_carried_out(node: LiveNode) -> None:
    person = await node.person()
    sender, other = await node.peer(person), await node.peer(person)
    await sender.send_text('42["test.tell",{"text":"to the others"}]')
    assert (await other.next_event("test.said"))["text"] == "to the others"
    assert sender.answers == {}


async def test_an_event_reaches_all_connections_of_its_audience_but_the_one_left_out(node: LiveNode) -> None:
    person, stranger = await node.person(), await node.person()
    sender, second, third = [await node.peer(person) for _ in range(3)]
    other = await node.peer(stranger)
    await sender.ask("test.tell", {"text": "hello"})
    for peer in (second, third):
        assert await peer.next_event("test.said") == {"text": "hello", "user_id": str(person.user_id)}
    await other.ask("test.echo", {"text": "after"})
    await sender.ask("test.echo", {"text": "after"})
    assert sender.events == other.events == []


async def test_many_events_arrive_in_order(node: LiveNode) -> None:
    person = await node.person()
    sender, other = await node.peer(person), await node.peer(person)
    for number in range(20):
        await sender.ask("test.tell", {"text": str(number), "count": 3})
    told = [(await other.next_event("test.said"))["text"] for _ in range(60)]
    assert told == [str(number) for number in range(20) for _ in range(3)]


async def test_large_frames_go_both_ways(node: LiveNode) -> None:
    person = await node.person()
    sender, other = await node.peer(person), await node.peer(person)
    for size in (100, 125, 126, 127, 60_000):
        text = "x" * size
        assert (await sender.ask("test.tell", {"text": text}))["data"]["text"] == text
        assert (await other.next_event("test.said"))["text"] == text


@pytest.mark.parametrize("token", [None, "", 5, "nonsense", "a" * 5000, {"a": 1}])
async def test_a_bad_token_is_refused_with_the_http_error_body(
    node: LiveNode, token: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REFUSED_SOCKET_SECONDS", 0)
    peer = await node.peer()
    with pytest.raises(Refused) as refused:
        await peer.connect(token)
    content = refused.value.content
    assert content["data"]["code"] == "auth.unauthenticated"
    assert content["data"]["status"] == 401
    assert content["message"] == content["data"]["detail"]
    await peer.until_closed()


async def test_a_refused_client_may_try_again_on_the_same_socket(node: LiveNode) -> None:
    person, peer = await node.person(), await node.peer()
    with pytest.raises(Refused):
        await peer.connect("nonsense")
    await peer.connect(person.token)
    assert (await peer.ask("test.echo", {"text": "in"}))["ok"]


async def test_a_revoked_login_is_refused(node: LiveNode) -> None:
    person = await node.person()
    async with node.database.transaction() as tx:
        await tx.execute("UPDATE logins SET revoked_at = now(), revoked_reason = 'revoked' WHERE id = $1", person.login_id)
    with pytest.raises(Refused) as refused:
        await node.peer(person)
    assert refused.value.content["data"]["code"] == "auth.revoked"


async def test_commands_before_being_let_in_are_passed_over(node: LiveNode) -> None:
    person, peer = await node.person(), await node.peer()
    await peer.send_text('427["test.echo",{"text":"too early"}]')
    await peer.send_bytes(b"\x00\x01")
    await peer.connect(person.token)
    assert (await peer.ask("test.echo", {"text": "in time"}))["ok"]
    assert peer.answers == {}


async def test_a_socket_nobody_is_let_in_through_is_closed(node: LiveNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECT_SECONDS", 0)
    peer = await node.peer()
    await peer.until_closed()


async def test_each_connection_has_a_row_until_it_ends(node: LiveNode) -> None:
    person = await node.person()
    first, second = await node.peer(person), await node.peer(person)
    assert await node.rows() == 2
    await first.leave()
    await node.until(lambda: _is(node.rows(), 1))
    await second.send_text("41")
    await node.until(lambda: _is(node.rows(), 0))
    assert node.gateway.connection_count == 0
    await second.until_closed()


async def test_a_user_has_a_bounded_number_of_connections(node: LiveNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_PER_USER", 3)
    person, stranger = await node.person(), await node.person()
    outcomes = await asyncio.gather(*(node.peer(person) for _ in range(6)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert len(refused) == 3
    assert {outcome.content["data"]["code"] for outcome in refused} == {"limit.connections"}
    assert await node.rows() == 3
    await node.peer(stranger)


async def test_deflate_is_never_agreed_upon(node: LiveNode) -> None:
    peer = await node.peer()
    assert "Sec-WebSocket-Extensions" not in peer.socket._response.headers


@pytest.mark.parametrize(
    "query", ["EIO=4&transport=polling", "EIO=3&transport=websocket", "", "transport=websocket&EIO=4&sid=abc"]
)
async def test_other_transports_are_refused(node: LiveNode, query: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{node.url}/socket.io/?{query}") as answer:
        assert answer.status == 400


def _error(answer: Any) -> dict[str, Any]:
    assert answer["ok"] is False
    error: dict[str, Any] = answer["error"]
    assert set(error) == {"code", "message", "status", "retryable", "fields"}
    return error


async def test_an_unknown_command_is_a_404(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    for name in ("nothing.here", "", "connect", "disconnect", "*", "a" * 10_000, "__class__"):
        error = _error(await peer.ask(name, {}))
        assert (error["code"], error["status"], error["retryable"], error["fields"]) == ("command.unknown", 404, False, [])
    assert (await peer.ask("test.echo", {"text": "still here"}))["ok"]


async def test_every_mistake_in_a_payload_has_an_entry(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    error = _error(await peer.ask("test.echo", {"count": 0, "extra": 1, "other": {}}))
    assert (error["code"], error["status"]) == ("request.invalid", 422)
    assert sorted(field["path"] for field in error["fields"]) == ["count", "extra", "other", "text"]


@pytest.mark.parametrize("arguments", [[], [None], [[]], ["text"], [5], [{"text": "a"}, {"text": "b"}], [{"text": "a"}, None]])
async def test_anything_but_one_object_is_refused(node: LiveNode, arguments: list[Any]) -> None:
    peer = await node.peer(await node.person())
    error = _error(await peer.ask("test.echo", *arguments))
    assert (error["code"], error["status"]) == ("request.invalid", 422)
    assert [field["path"] for field in error["fields"]] == [""]


@pytest.mark.parametrize(
    "content",
    ["", "[", "{}", "[]", "null", '"test.echo"', "[5]", "[null,{}]", "[{}]", '["test.echo",{]', '["test.echo",NaN]', "[[[["],
)
async def test_a_packet_that_cannot_be_read_is_answered_when_it_has_an_id(node: LiveNode, content: str) -> None:
    peer = await node.peer(await node.person())
    error = _error(await peer.ask_text(content))
    assert (error["code"], error["status"]) == ("request.malformed", 400)
    assert (await peer.ask("test.echo", {"text": "still here"}))["ok"]


async def test_deep_json_is_refused(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    for depth in (100, 1000, 5_000):
        error = _error(await peer.ask_text('["test.echo",' + '{"a":' * depth + "1" + "}" * depth + "]"))
        assert error["code"] == "request.malformed"
    brackets = "[" * 500 + '\\"{' * 100
    assert (await peer.ask_text('["test.echo",{"text":"' + brackets + '"}]'))["ok"], "brackets in texts are no nesting"


async def test_binary_content_is_refused_and_its_attachments_are_passed_over(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    error = _error(await peer.ask_text('["test.echo",{"_placeholder":true,"num":0}]', kind="451-"))
    assert (error["code"], error["status"]) == ("request.unsupported_media_type", 415)
    await peer.send_bytes(b"attachment")
    await peer.send_text('459999999999-["test.echo",{"_placeholder":true,"num":0}]')
    assert (await peer.ask("test.echo", {"text": "still here"}))["ok"]


async def test_a_payload_over_64_kib_is_refused_and_over_1_mib_closes(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    for text in ("x" * 66_000, "é" * 40_000, "x" * 1_000_000):
        error = _error(await peer.ask("test.echo", {"text": text}))
        assert (error["code"], error["status"]) == ("limit.payload_too_large", 413)
    assert (await peer.ask("test.echo", {"text": "x" * 65_000}))["ok"]
    await peer.send_text('421["test.echo",{"text":"' + "x" * 1_100_000 + '"}]')
    await peer.until_closed()


@pytest.mark.parametrize(
    "frame", ["", "x", "4", "47", "4x", "44{}", "40{", "40[]", "40" + '{"a":' * 50 + "1" + "}" * 50, "9", "42²"]
)
async def test_a_malformed_packet_ends_its_connection_and_no_other(node: LiveNode, frame: str) -> None:
    person = await node.person()
    good, bad = await node.peer(person), await node.peer(person)
    await bad.send_text(frame)
    if frame != "42²":
        await bad.until_closed()
        await node.until(lambda: _is(node.rows(), 1))
    assert (await good.ask("test.echo", {"text": "unaffected"}))["ok"]


@pytest.mark.parametrize(
    "frame",
    [
        "2",
        "2probe",
        "5",
        "6",
        "3",
        "3probe",
        "43[]",
        "431[1]",
        "461-[1]",
        '42/admin,1["test.echo",{}]',
        "41/admin,",
        '42["test.echo"]',
    ],
)
async def test_packets_that_mean_nothing_here_are_passed_over(node: LiveNode, frame: str) -> None:
    peer = await node.peer(await node.person())
    for _ in range(3):
        await peer.send_text(frame)
    assert (await peer.ask("test.echo", {"text": "still here"}))["ok"]


async def test_other_namespaces_are_refused(node: LiveNode) -> None:
    person = await node.person()
    peer = await node.peer(person)
    await peer.send_text("40/admin," + orjson.dumps({"token": person.token}).decode())
    await peer.until(lambda: peer.refused is not None)
    assert (await peer.ask("test.echo", {"text": "still here"}))["ok"]
    await peer.send_text("40" + orjson.dumps({"token": person.token}).decode())
    assert (await peer.ask("test.echo", {"text": "still here"}))["ok"]
    assert await node.rows() == 1


async def test_an_unforeseen_failure_tells_nothing(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    error = _error(await peer.ask("test.crash", {"text": "x"}))
    assert (error["code"], error["status"]) == ("internal", 500)
    assert "secret" not in str(error)


async def test_an_expected_failure_is_told_as_it_is(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    assert _error(await peer.ask("test.refuse", {"text": "x"}))["code"] == "state.conflict"
    assert _error(await peer.ask("test.admins_only", {"text": "x"}))["code"] == "auth.forbidden"
    admin = await node.peer(await node.person("admin"))
    assert (await admin.ask("test.admins_only", {"text": "x"}))["ok"]


async def test_ordered_commands_are_carried_out_in_the_order_they_were_sent(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    texts = ["a", "bb", "cccccccc", "d", "eeeeeeee"]
    await asyncio.gather(*(peer.ask("test.append", {"text": text}) for text in texts))
    assert node.live.extras["appended"] == texts


async def test_commands_in_flight_are_bounded(node: LiveNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COMMANDS_IN_FLIGHT", 4)
    node.live.extras["release"] = asyncio.Event()
    peer = await node.peer(await node.person())
    waiting = [asyncio.create_task(peer.ask("test.wait", {"text": str(number)})) for number in range(4)]
    await node.until(lambda: node.gateway.commands_in_flight == 4)
    error = _error(await peer.ask("test.echo", {"text": "one too many"}))
    assert (error["code"], error["retryable"]) == ("limit.rate", True)
    node.live.extras["release"].set()
    assert all(answer["ok"] for answer in await asyncio.gather(*waiting))
    assert (await peer.ask("test.echo", {"text": "room again"}))["ok"]


async def test_too_many_commands_are_refused_and_going_on_closes(
    shared_database: Database, stack: AsyncExitStack, direct: bool
) -> None:
    node = await run_node(stack, shared_database, direct=direct, flood_limits=SLOW_FLOOD)
    person = await node.person()
    peer, calm = await node.peer(person), await node.peer(person)
    answers = [await peer.ask("test.echo", {"text": "x"}) for _ in range(8)]
    assert [answer["ok"] for answer in answers[:5]] == [True] * 5
    error = _error(answers[-1])
    assert (error["code"], error["status"], error["retryable"]) == ("limit.rate", 429, True)
    for _ in range(10):
        await peer.send_text('42["test.echo",{"text":"x"}]')
    closing = await peer.next_event("connection.closing")
    assert closing["code"] == "limit.flood"
    assert closing["retryable"] is True
    assert closing["reconnect_after_ms"] >= 1000
    await peer.until_closed()
    assert (await calm.ask("test.echo", {"text": "unaffected"}))["ok"]


@pytest.mark.parametrize("frame", ["3", "2", '42/x,["a"]', "40/x,", b"binary", "ping"])
async def test_a_flood_of_frames_of_any_kind_closes(
    shared_database: Database, stack: AsyncExitStack, direct: bool, frame: str | bytes
) -> None:
    flood_limits = FloodLimits(frames_per_second=5, frames_burst=20)
    node = await run_node(stack, shared_database, direct=direct, flood_limits=flood_limits)
    person = await node.person()
    peer, calm = await node.peer(person), await node.peer(person)
    with pytest.raises(TimeoutError):
        await peer.until_closed(0.1)
    try:
        for _ in range(60):
            if frame == "ping":
                await peer.socket.ping()
            elif isinstance(frame, bytes):
                await peer.send_bytes(frame)
            else:
                await peer.send_text(frame)
    except (aiohttp.ClientError, ConnectionError):
        pass
    await peer.until_closed()
    assert (await calm.ask("test.echo", {"text": "unaffected"}))["ok"]


async def test_a_flooded_socket_that_was_never_let_in_is_closed(
    shared_database: Database, stack: AsyncExitStack, direct: bool
) -> None:
    flood_limits = FloodLimits(frames_per_second=5, frames_burst=20)
    node = await run_node(stack, shared_database, direct=direct, flood_limits=flood_limits)
    peer = await node.peer()
    for _ in range(30):
        await peer.send_text("2")
    await peer.until_closed()


async def test_a_thousand_broken_connections_leave_nothing_behind(node: LiveNode) -> None:
    person = await node.person()
    for _ in range(20):
        peers = [RawPeer(node.url) for _ in range(20)]
        await asyncio.gather(*(peer.open() for peer in peers))
        await asyncio.gather(*(peer.connect(person.token) for peer in peers))
        for number, peer in enumerate(peers):
            if number % 3 == 0:
                peer.reset()
            elif number % 3 == 1:
                await peer.send_text("garbage")
        await asyncio.gather(*(peer.leave() for peer in peers))
        await node.until(lambda: _is(node.rows(), 0))
    assert node.gateway.connection_count == 0
    await node.until(lambda: not node.gateway._wires)
    engine = node.gateway._engine
    await node.until(lambda: not engine.eio.sockets)
    assert not engine.environ
    assert not engine.manager.rooms.get("/")


async def _is(count: Any, expected: int) -> bool:
    return bool(await count == expected)
