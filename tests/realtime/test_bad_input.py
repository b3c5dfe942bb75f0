"""Whatever anybody sends: a clear answer or the end of that connection, never a crash, never an internal error."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest
from engineio.packet import Packet as EnginePacket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from config import limits
from config.ids import new_id
from realtime.flood import FloodLimits
from realtime.packets import Reading, Refused, StrictPacket, is_deeper, judge_frame
from server.live_catalogue import COMMANDS
from storage.database import Database
from tests.realtime.conftest import LiveNode, run_node
from tests.realtime.raw import RawPeer

GENEROUS = FloodLimits(
    commands_per_second=100_000, commands_burst=100_000, refused_before_closing=100_000, frames_per_second=1e6, frames_burst=1e6
)
WITH_FIXTURES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# What JSON can carry over the wire: no lone surrogates, since they have no UTF-8.
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
frames = st.one_of(
    texts,
    st.builds(
        "".join, st.lists(st.sampled_from(["4", "2", "0", "1", "3", "5", "6", "-", "/", ",", "[", "]", "{}", '"x"', "٣", "\x00"]))
    ),
    st.builds("4{}{}{}".format, st.sampled_from("0123456789"), st.sampled_from(["", "1", "51-", "/x,", "/x?a,7"]), texts),
    st.builds("42{}".format, json_values.map(lambda value: orjson.dumps(value).decode())),
)


@given(frames)
@settings(max_examples=500, deadline=None)
def test_every_frame_is_judged_and_what_is_passed_on_can_be_read(frame: str) -> None:
    if judge_frame(frame, is_connected=True) is not Reading.PASS_ON:
        return
    outer = EnginePacket(encoded_packet=frame)
    if frame[0] == "4":
        inner = StrictPacket(encoded_packet=outer.data)
        assert inner.attachment_count == 0
        assert inner.packet_type in (0, 1, 2)
        if inner.packet_type == 2:
            assert isinstance(inner.data[0], str | Refused)


@given(st.binary())
def test_binary_frames_become_refusals(content: bytes) -> None:
    packet = StrictPacket(encoded_packet=content or b"\x00")
    assert isinstance(packet.data[0], Refused)


@given(json_values, st.integers(0, 6))
@settings(max_examples=300, deadline=None)
def test_depth_is_measured_as_json_has_it(value: Any, depth: int) -> None:
    def level(part: Any) -> int:
        if isinstance(part, dict):
            return 1 + max((level(inner) for inner in part.values()), default=0)
        return 1 + max((level(inner) for inner in part), default=0) if isinstance(part, list) else 0

    assert is_deeper(orjson.dumps(value).decode(), depth) == (level(value) > depth)


@pytest.fixture
async def product(shared_database: Database, stack: AsyncExitStack, direct: bool) -> LiveNode:
    """A node with every command of the product."""
    return await run_node(stack, shared_database, direct=direct, commands=COMMANDS, flood_limits=GENEROUS)


@pytest.fixture
async def peers(product: LiveNode) -> dict[str, RawPeer]:
    return {role: await product.peer(await product.person(role)) for role in ("client", "reader", "admin")}


def payloads(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Anything at all, and objects with the right names and mostly wrong values."""
    value = st.one_of(
        json_values,
        st.just(str(new_id())),
        st.sampled_from(["", "chat", "text", "\x00", "🜁" * 5000, 0, -1, 2**31, 2**64, 1e308, True, "online"]),
    )
    fields = dict.fromkeys(model.model_fields, value)
    return st.one_of(json_values, st.fixed_dictionaries(fields), st.fixed_dictionaries({}, optional={**fields, "surplus": value}))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
async def test_no_payload_of_any_command_is_an_internal_error(peers: dict[str, RawPeer], command: Any) -> None:
    @given(st.sampled_from(["client", "reader", "admin"]), payloads(command.payload))
    @WITH_FIXTURES
    async def send(role: str, payload: Any) -> None:
        answer = await peers[role].ask(command.name, payload)
        if not answer["ok"]:
            error = answer["error"]
            assert set(error) == {"code", "message", "status", "retryable", "fields"}
            assert 400 <= error["status"] < 500, error
            assert all(set(field) == {"path", "message"} for field in error["fields"])

    await _run(send)


async def _run(send: Any) -> None:
    """Run a property's async body in the loop that is running already: examples are drawn first, then sent."""
    drawn: list[tuple[Any, ...]] = []
    original = send.hypothesis.inner_test

    def draw(*arguments: Any, **keywords: Any) -> None:
        drawn.append((arguments, keywords))

    send.hypothesis.inner_test = draw
    send()
    for arguments, keywords in drawn:
        await original(*arguments, **keywords)


async def test_random_packets_end_at_most_their_own_connection(product: LiveNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REFUSED_SOCKET_SECONDS", 0)
    person = await product.person()
    good = await product.peer(person)
    sent: list[str] = []

    @given(frames)
    @settings(max_examples=300, deadline=None)
    def draw(frame: str) -> None:
        sent.append(frame)

    draw()
    bad = await product.peer(person)
    for frame in sent:
        if not await survives(bad, frame):
            await bad.until_closed()
            await product.until(lambda: product.gateway.connection_count <= 1)
            bad = await product.peer(person)
    assert (await good.ask("readers.watch", {"on": True}))["ok"]


async def survives(peer: RawPeer, frame: str) -> bool:
    """Whether the connection goes on after the frame; one that said goodbye is closed by the server a little later."""
    try:
        await peer.send_text(frame)
        await peer.send_text('42999["nothing",{}]')
    except ConnectionError:
        return False
    await peer.until(lambda: peer.closed or 999 in peer.answers)
    peer.answers.clear()
    return not peer.closed
