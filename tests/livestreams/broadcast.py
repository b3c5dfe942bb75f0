"""A reader and viewers with aiortc instead of browsers, over a running server's doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.support.clients import ApiClient
from tests.support.live import LiveClient


@dataclass
class Broadcast:
    """`publisher` and `watching` are the peer connections that are open now."""

    reader: ApiClient
    reader_live: LiveClient
    viewer: ApiClient
    viewer_live: LiveClient
    id: str = ""
    publisher: TestPublisher | None = None
    watching: TestViewer | None = None
    opened: list[Any] = field(default_factory=list)

    async def make(self) -> None:
        reply = await self.reader.post("/livestreams", {"title": "Evening cards", "category": "tarot"})
        assert reply.status == 201, reply.content
        self.id = reply.body["id"]

    async def publish(self) -> Any:
        """Returns once there is a picture."""
        self.publisher = TestPublisher()
        self.opened.append(self.publisher)
        data = await self.reader_live.command(
            "livestream.start", livestream_id=self.id, description={"type": "offer", "sdp": await self.publisher.offer()}
        )
        await self.publisher.accept(data["description"]["sdp"])
        event = await self.reader_live.next_event(
            "livestream.resumed",
            lambda event: event["livestream"]["media_id"] == data["livestream"]["media_id"],
            timeout=30,
        )
        return event["livestream"]

    async def watch(self) -> None:
        """Returns once a picture has come."""
        joined = await self.viewer_live.command("livestream.join", livestream_id=self.id)
        assert joined["media"] == "offered", joined
        self.watching = TestViewer()
        self.opened.append(self.watching)
        answer = await self.watching.answer(joined["description"]["sdp"])
        await self.viewer_live.command("livestream.answer", livestream_id=self.id, description={"type": "answer", "sdp": answer})
        await self.until_seen()

    async def until_seen(self, pictures: int = 5) -> None:
        """So many pictures more."""
        assert self.watching is not None
        await self.watching.until_received("video", pictures)

    async def told(self, name: str, **wanted: Any) -> Any:
        """The livestream, as the viewer is told in the next such event in which it has these values."""
        event = await self.viewer_live.next_event(
            f"livestream.{name}",
            lambda event: all(event["livestream"][key] == value for key, value in wanted.items()),
            timeout=30,
        )
        return event["livestream"]

    async def close(self) -> None:
        for peer in self.opened:
            await peer.close()
