"""The live door: who is let in, how commands are answered, and what bad input does."""

from __future__ import annotations

import asyncio

import pytest

from config import limits
from tests.realtime.conftest import LiveNode
from tests.realtime.raw import Refused


async def test_a_command_is_answered_with_its_data(node: LiveNode) -> None:
    person = await node.person()
    peer = await node.peer(person)
    answer = await peer.ask("test.echo", {"text": "hello ✨"})
    assert answer == {"ok": True, "data": {"text": "hello ✨", "user_id": str(person.user_id)}}


@pytest.mark.parametrize("token", [None, "", 5, "nonsense", "a" * 5000, {"a": 1}])
async def test_a_bad_token_is_refused_with_the_http_error_body(node: LiveNode, token: object) -> None:
    peer = await node.peer()
    with pytest.raises(Refused) as refused:
        await peer.connect(token)
    content = refused.value.content
    assert content["data"]["code"] == "auth.unauthenticated"
    assert content["data"]["status"] == 401
    assert content["message"] == content["data"]["detail"]
    await peer.until_closed()
