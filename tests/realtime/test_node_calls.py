"""Asking another node: answered, refused, or given up, and never more at once than may be. Redis is not needed for that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import pytest

from config.ids import new_id
from realtime.node_calls import Fields, NodeCalls, NodeRefused, NodeUnreachable


@dataclass
class Named:
    """As much of a node as calls need."""

    id: UUID = field(default_factory=new_id)


class Wire:
    """What one publishes, every other receives, as bytes."""

    def __init__(self, count: int) -> None:
        self.nodes = [Named() for _ in range(count)]
        self.calls = [NodeCalls(node, self._publisher(number)) for number, node in enumerate(self.nodes)]  # type: ignore[arg-type]
        self.is_cut = False

    def _publisher(self, sender: int) -> Any:
        def publish(message: dict[str, object]) -> None:
            data = orjson.loads(orjson.dumps(message))
            for number, other in enumerate(self.calls):
                if number != sender and not self.is_cut:
                    other.receive(data)

        return publish


async def test_whoever_is_asked_answers_and_nobody_else() -> None:
    wire = Wire(3)
    for number, calls in enumerate(wire.calls):

        async def serve(fields: Fields, number: int = number) -> Fields:
            return {"number": number, **fields}

        calls.serve("who", serve)
    answers = await asyncio.gather(*(wire.calls[0].ask(wire.nodes[number].id, "who", asked=number) for number in (1, 2, 1)))
    assert answers == [{"number": number, "asked": number} for number in (1, 2, 1)]


async def test_a_refusal_says_why_and_a_crash_tells_nothing_of_itself() -> None:
    wire = Wire(2)

    async def refuse(_fields: Fields) -> Fields:
        raise NodeRefused("full")

    async def crash(_fields: Fields) -> Fields:
        raise RuntimeError("a secret detail")

    wire.calls[1].serve("refuse", refuse)
    wire.calls[1].serve("crash", crash)
    for action, word in (("refuse", "full"), ("crash", "failed"), ("never heard of", "unknown")):
        with pytest.raises(NodeRefused) as refused:
            await wire.calls[0].ask(wire.nodes[1].id, action)
        assert str(refused.value) == word


async def test_whoever_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.NODE_CALL_SECONDS", 0.05)
    wire, released = Wire(2), asyncio.Event()

    async def wait(_fields: Fields) -> Fields:
        await released.wait()
        return {}

    wire.calls[1].serve("wait", wait)
    with pytest.raises(NodeUnreachable):
        await wire.calls[0].ask(wire.nodes[1].id, "wait")
    # The answer that comes too late is for nobody.
    released.set()
    await asyncio.sleep(0)
    wire.is_cut = True
    with pytest.raises(NodeUnreachable):
        await wire.calls[0].ask(wire.nodes[1].id, "wait")
    with pytest.raises(NodeUnreachable):
        await NodeCalls(wire.nodes[0], None).ask(wire.nodes[1].id, "wait")  # type: ignore[arg-type]
    for calls in wire.calls:
        await calls.close()


async def test_only_so_many_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.NODE_CALLS_AT_ONCE", 2)
    wire, released = Wire(2), asyncio.Event()

    async def wait(_fields: Fields) -> Fields:
        await released.wait()
        return {"done": True}

    wire.calls[1].serve("wait", wait)
    waiting = [asyncio.ensure_future(wire.calls[0].ask(wire.nodes[1].id, "wait")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(NodeUnreachable):
        await wire.calls[0].ask(wire.nodes[1].id, "wait")
    released.set()
    assert await asyncio.gather(*waiting) == [{"done": True}, {"done": True}]
    assert await wire.calls[0].ask(wire.nodes[1].id, "wait") == {"done": True}
