"""Connections that the server ends: told why, closed in time, on every node, whatever the peer does."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from config import limits
from config.settings import NodesSettings
from storage.database import Database
from tests.realtime.conftest import LiveNode, run_node
from tests.realtime.raw import Refused


async def test_revoking_a_login_closes_its_connections_and_no_others(node: LiveNode) -> None:
    person = await node.person()
    other = await node.another_login(person)
    first, second, kept = await node.peer(person), await node.peer(person), await node.peer(other)
    started = time.monotonic()
    await node.gateway.close_logins([person.login_id])
    for peer in (first, second):
        closing = await peer.next_event("connection.closing")
        assert closing == {"code": "auth.revoked", "retryable": False, "reconnect_after_ms": 0}
        await peer.until_closed()
    assert time.monotonic() - started < 2
    assert (await kept.ask("test.echo", {"text": "kept"}))["ok"]
    await node.until(lambda: len(node.lost) == 0 and node.gateway.connection_count == 1)


async def test_closing_a_user_closes_every_connection(node: LiveNode) -> None:
    person, stranger = await node.person(), await node.person()
    peers = [await node.peer(person), await node.peer(await node.another_login(person))]
    kept = await node.peer(stranger)
    await node.gateway.close_user(person.user_id)
    for peer in peers:
        assert (await peer.next_event("connection.closing"))["code"] == "auth.revoked"
        await peer.until_closed()
    assert (await kept.ask("test.echo", {"text": "kept"}))["ok"]


async def test_connections_can_be_closed_by_id(node: LiveNode) -> None:
    person = await node.person()
    closed, kept = await node.peer(person), await node.peer(person)
    await node.gateway.close_connections([closed.connected["sid"], "unknown"], "limit.flood")
    assert (await closed.next_event("connection.closing"))["code"] == "limit.flood"
    await closed.until_closed()
    assert (await kept.ask("test.echo", {"text": "kept"}))["ok"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE logins SET revoked_at = now(), revoked_reason = 'revoked' WHERE id = $1", "auth.revoked"),
        ("UPDATE logins SET expires_at = now() - interval '1 second' WHERE id = $1", "auth.expired"),
        ("UPDATE users SET status = 'suspended' WHERE id = (SELECT user_id FROM logins WHERE id = $1)", "auth.revoked"),
        ("UPDATE users SET status = 'banned' WHERE id = (SELECT user_id FROM logins WHERE id = $1)", "auth.revoked"),
        ("DELETE FROM logins WHERE id = $1", "auth.revoked"),
    ],
)
async def test_a_login_that_no_longer_holds_is_noticed_without_being_told(node: LiveNode, statement: str, code: str) -> None:
    person = await node.person()
    peer, kept = await node.peer(person), await node.peer(await node.person())
    async with node.database.transaction() as tx:
        await tx.execute(statement, person.login_id)
    assert (await peer.next_event("connection.closing"))["code"] == code
    await peer.until_closed(3)
    assert (await kept.ask("test.echo", {"text": "kept"}))["ok"]


async def test_a_socket_outlives_its_access_token(node: LiveNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ACCESS_TOKEN_SECONDS", 1)
    person = await node.another_login(await node.person())
    peer = await node.peer(person)
    await asyncio.sleep(2.5)
    with pytest.raises(Refused):
        await node.peer(person)
    assert (await peer.ask("test.echo", {"text": "still in"}))["ok"]


async def test_a_peer_that_does_not_read_is_closed_all_the_same(node: LiveNode) -> None:
    person = await node.person()
    sender, deaf = await node.peer(person), await node.peer(person)
    deaf.stop_reading()
    for _ in range(60):
        await sender.ask("test.tell", {"text": "x" * 60_000, "count": 1})
    started = time.monotonic()
    await node.gateway.close_connections([deaf.connected["sid"]], "limit.flood")
    await node.until(lambda: node.gateway.connection_count == 1)
    assert time.monotonic() - started < 3
    await node.until(lambda: len(node.gateway._wires) == 1)
    deaf.reset()


async def test_a_peer_that_ignores_the_close_is_cut_off(node: LiveNode) -> None:
    peer = await node.peer(await node.person(), answers_closes=False)
    await node.gateway.close_connections([peer.connected["sid"]], "limit.flood")
    await node.until(lambda: not node.gateway._wires, timeout=4)
    assert node.gateway.connection_count == 0


async def test_a_stop_tells_everybody_and_lets_nobody_in(empty_database: Database, stack: AsyncExitStack, direct: bool) -> None:
    node = await run_node(stack, empty_database, direct=direct)
    person = await node.person()
    peers = [await node.peer(person) for _ in range(5)]
    unconnected = await node.peer()
    started = time.monotonic()
    await node.gateway.stop()
    assert time.monotonic() - started < 4
    waits = set()
    for peer in peers:
        closing = await peer.next_event("connection.closing")
        assert (closing["code"], closing["retryable"]) == ("server.restarting", True)
        waits.add(closing["reconnect_after_ms"])
        await peer.until_closed()
    assert len(waits) == 5, "they do not all come back in one instant"
    await unconnected.until_closed()
    assert await node.rows() == 5, "the node's release takes the rows away"
    await node.node.release(_nothing)
    assert await node.rows() == 0


async def test_a_stop_answers_what_is_under_way(empty_database: Database, stack: AsyncExitStack, direct: bool) -> None:
    node = await run_node(stack, empty_database, direct=direct)
    node.live.extras["release"] = asyncio.Event()
    peer = await node.peer(await node.person())
    waiting = asyncio.create_task(peer.ask("test.wait", {"text": "under way"}))
    await node.until(lambda: node.gateway.commands_in_flight == 1)
    stopping = asyncio.create_task(node.gateway.stop())
    await asyncio.sleep(0.1)
    node.live.extras["release"].set()
    assert (await waiting)["data"]["text"] == "under way"
    assert (await peer.next_event("connection.closing"))["code"] == "server.restarting"
    await stopping


async def test_commands_that_come_after_the_closing_are_refused(node: LiveNode) -> None:
    peer = await node.peer(await node.person(), answers_closes=False)
    connection = node.gateway._connections.find(peer.connected["sid"])
    assert connection is not None
    connection.closing_code = "server.restarting"
    answer = await peer.ask("test.echo", {"text": "too late"})
    assert (answer["error"]["code"], answer["error"]["retryable"]) == ("server.restarting", True)


async def test_a_node_that_was_frozen_longer_than_its_lease_starts_anew(
    empty_database: Database, stack: AsyncExitStack, direct: bool
) -> None:
    settings = NodesSettings(lease_seconds=0.6, renew_seconds=0.3)
    node = await run_node(stack, empty_database, direct=direct, keeps_lease=False, nodes=settings.model_dump())
    person = await node.person()
    peer = await node.peer(person)
    old_id, renewed_at = node.node.id, node.node.renewed_at
    await asyncio.sleep(0.7)
    answer = await peer.ask("test.echo", {"text": "after the freeze"})
    assert answer["error"]["code"] == "server.restarting"
    with pytest.raises(Refused):
        await node.peer(person)
    await node.keeper.keep()
    assert (await peer.next_event("connection.closing"))["code"] == "server.restarting"
    await peer.until_closed()
    assert node.nodes_lost == [(old_id, renewed_at)], "dated at the last renewal"
    assert node.lost == [], "the node's death has told of its people already"
    assert node.node.id != old_id
    assert await node.rows() == 0
    again = await node.peer(person)
    assert (await again.ask("test.echo", {"text": "back"}))["ok"]


async def _nothing(*_arguments: object) -> None:
    return None
