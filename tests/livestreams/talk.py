"""People who talk in a livestream, through the doors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tests.livestreams.people import Show, Viewer
from tests.support.clients import ApiClient
from tests.support.live import LiveClient
from tests.support.servers import Server


async def say(show: Show, who: Viewer | LiveClient, content: str, *, nonce: str | None = None) -> Any:
    """The message as the sender is told of it."""
    live = who.live if isinstance(who, Viewer) else who
    data = await live.command("livestream.say", livestream_id=show.id, content=content, nonce=nonce or live.nonce())
    return data["message"]


async def refused(show: Show, who: Viewer | LiveClient, content: str = "Hello") -> Any:
    """The error with which saying it is refused."""
    live = who.live if isinstance(who, Viewer) else who
    return await live.refused("livestream.say", livestream_id=show.id, content=content, nonce=live.nonce())


async def hear(who: Viewer | LiveClient, content: str | None = None) -> Any:
    """The next message that somebody is told of, or the one that says this."""
    live = who.live if isinstance(who, Viewer) else who
    event = await live.next_event("livestream.said", lambda event: content is None or event["message"]["content"] == content)
    return event["message"]


async def add_audience(show: Show, count: int, *, server: Server | None = None) -> list[Viewer]:
    """Viewers who have joined."""
    viewers = [await show.add(server=server, balance=0) for _ in range(count)]
    for viewer in viewers:
        await viewer.join()
    return viewers


async def calm(show: Show, seconds: float = 6) -> None:
    """Time passes, so that whoever has spoken may speak again."""
    await show.pass_time(seconds)


async def fetch(show: Show, person: ApiClient | None = None, *, after_seq: int = 0) -> list[Any]:
    """All messages, page by page."""
    found: list[Any] = []
    params = {"after_seq": str(after_seq), "limit": "50"}
    while True:
        reply = await (person or show.reader).get(f"/livestreams/{show.id}/messages", params=params)
        assert reply.status == 200, reply.content
        found += reply.body["items"]
        if reply.body["next_cursor"] is None:
            return found
        params["cursor"] = reply.body["next_cursor"]


async def follow(server: Server, follower: ApiClient, reader: ApiClient) -> None:
    async with server.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO follows (follower_id, reader_id, created_at) VALUES ($1, $2, $3)",
            UUID(follower.id),
            UUID(reader.id),
            server.clock.now(),
        )


def seqs(messages: Iterable[Any]) -> list[int]:
    return [message["seq"] for message in messages]


def said_to(live: LiveClient, show: Show) -> list[Any]:
    """Everything that a connection was told was said there."""
    return [
        payload["message"] for name, payload in live.events if name == "livestream.said" and payload["livestream_id"] == show.id
    ]


def follow_events(known: list[Any], live: LiveClient, show: Show) -> list[Any]:
    """What somebody knows who had these messages and heard everything since."""
    state = {message["seq"]: message for message in known}
    for name, payload in live.events:
        if payload is None or payload.get("livestream_id") != show.id:
            continue
        if name == "livestream.said":
            state.setdefault(payload["message"]["seq"], payload["message"])
        elif name == "livestream.message_deleted" and payload["seq"] in state:
            state[payload["seq"]] = state[payload["seq"]] | {"content": "", "is_deleted": True}
    return [state[seq] for seq in sorted(state)]
