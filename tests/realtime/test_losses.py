"""Connections that end: when the loss is dated, and that it is written down whatever happens."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from config import limits
from config.errors import DependencyUnavailable
from tests.realtime.conftest import LiveNode, Person
from tests.realtime.raw import RawPeer


@pytest.fixture(autouse=True)
def quick_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING_INTERVAL_SECONDS", 0.6)
    monkeypatch.setattr(limits, "PING_TIMEOUT_SECONDS", 0.9)


@pytest.fixture
async def person(quick_pings: None, node: LiveNode) -> Person:
    return await node.person()


async def attend(node: LiveNode, person: Person, peer: RawPeer) -> None:
    """Put the person into a room through the connection, so that its loss matters to somebody."""
    reader = await node.person("reader")
    async with node.database.transaction() as tx:
        await node.consult(tx, person, reader, status="in_progress")
        await tx.execute(
            "INSERT INTO attendances (consultation_id, user_id, connection_id, node_id, joined_at)"
            " VALUES ($1, $1, $2, $3, now())",
            person.user_id,
            peer.connected["sid"],
            node.node.id,
        )


async def written_loss(node: LiveNode, timeout: float = 10) -> datetime:
    await node.until(lambda: node.lost, timeout)
    ((_connection, _user, lost_at),) = node.lost
    return lost_at


@pytest.mark.parametrize("way", ["close frame", "disconnect packet", "engine close", "reset"])
async def test_a_peer_that_goes_is_lost_now(node: LiveNode, person: Person, way: str) -> None:
    peer = await node.peer(person)
    await attend(node, person, peer)
    await asyncio.sleep(0.5)
    went_at = datetime.now(UTC)
    if way == "close frame":
        await peer.leave()
    elif way == "reset":
        peer.reset()
    else:
        await peer.send_text("41" if way == "disconnect packet" else "1")
    lost_at = await written_loss(node)
    assert abs(lost_at - went_at) < timedelta(seconds=0.3)
    assert node.lost[0][:2] == (peer.connected["sid"], person.user_id)


async def test_a_peer_that_falls_silent_is_lost_since_its_last_frame(node: LiveNode, person: Person) -> None:
    peer = await node.peer(person)
    await attend(node, person, peer)
    await peer.until(lambda: peer.pings >= 1)
    peer.vanish()
    await peer.ask("test.echo", {"text": "the last frame"})
    silent_at = datetime.now(UTC)
    lost_at = await written_loss(node)
    noticed_at = datetime.now(UTC)
    assert abs(lost_at - silent_at) < timedelta(seconds=0.3)
    at_most = limits.PING_INTERVAL_SECONDS + 2 * limits.PING_TIMEOUT_SECONDS + 1
    assert timedelta(seconds=0.5) < noticed_at - silent_at < timedelta(seconds=at_most)
    await peer.until_closed()


async def test_a_peer_that_answers_pings_stays(node: LiveNode, person: Person) -> None:
    peer = await node.peer(person)
    await peer.until(lambda: peer.pings >= 4, timeout=15)
    assert (await peer.ask("test.echo", {"text": "still here"}))["ok"]
    assert not node.lost


async def test_a_peer_that_talks_but_never_answers_pings_is_lost(node: LiveNode, person: Person) -> None:
    peer = await node.peer(person)
    peer.vanish()
    async with asyncio.timeout(12):
        while not peer.closed:
            await peer.send_text('42["test.echo",{"text":"chatter"}]')
            await asyncio.sleep(0.2)


async def test_a_connection_closed_by_the_server_is_lost_now(node: LiveNode, person: Person) -> None:
    peer = await node.peer(person)
    await attend(node, person, peer)
    await asyncio.sleep(0.5)
    closed_at = datetime.now(UTC)
    await node.gateway.close_logins([person.login_id])
    assert abs(await written_loss(node) - closed_at) < timedelta(seconds=0.3)


async def test_a_loss_is_written_once_the_database_is_back(
    node: LiveNode, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = await node.peer(person)
    await attend(node, person, peer)
    reachable = asyncio.Event()
    really_transact = node.database.transact

    async def transact(action: object) -> object:
        if not reachable.is_set():
            raise DependencyUnavailable
        return await really_transact(action)  # type: ignore[arg-type]

    monkeypatch.setattr(node.database, "transact", transact)
    went_at = datetime.now(UTC)
    await peer.leave()
    await node.until(lambda: node.gateway.connection_count == 0)
    await asyncio.sleep(0.8)
    assert not node.lost
    reachable.set()
    assert abs(await written_loss(node) - went_at) < timedelta(seconds=0.3)
    await node.until(lambda: _no_rows(node))


async def test_many_losses_at_once_are_all_written(node: LiveNode) -> None:
    people = [await node.person() for _ in range(30)]
    peers = [await node.peer(person) for person in people]
    for person, peer in list(zip(people, peers, strict=True))[::5]:
        await attend(node, person, peer)
    await asyncio.gather(*(peer.leave() for peer in peers))
    await node.until(lambda: _no_rows(node))
    assert {user_id for _, user_id, _ in node.lost} == {person.user_id for person in people[::5]}
    assert len(node.lost) == 6


async def _no_rows(node: LiveNode) -> bool:
    return await node.rows() == 0
