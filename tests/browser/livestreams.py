"""Livestreams as their reader and their viewers see them: going live from the desk, and whether a picture moves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from realtime.livestreams.hosting import LivestreamHost
from tests.browser.calls import DEVICES
from tests.browser.visitors import Visitor
from tests.livestreams.engines.peers import TestViewer
from tests.support.clients import ApiClient
from tests.support.consultations import add_client
from tests.support.live import LiveClient
from tests.support.servers import PASSWORD, Server

# One that the server tells of, or that reaches a page through it.
PATIENCE_MS = 20_000


async def has_moving_picture(page: Page, selector: str) -> None:
    """Pictures come in one after another, and they show something."""
    await page.wait_for_function(
        """(selector) => {
            const video = document.querySelector(selector);
            if (!video || video.videoWidth === 0) return false;
            const canvas = new OffscreenCanvas(32, 32);
            const paint = canvas.getContext("2d");
            paint.drawImage(video, 0, 0, 32, 32);
            const isColoured = paint.getImageData(0, 0, 32, 32).data.some((value, at) => at % 4 === 1 && value > 60);
            const frames = video.getVideoPlaybackQuality().totalVideoFrames;
            if (video.seenFrames === undefined) video.seenFrames = frames;
            const isMoving = frames > video.seenFrames + 5;
            if (isColoured && isMoving) delete video.seenFrames;
            return isColoured && isMoving;
        }""",
        arg=selector,
    )


class StudioView:
    """The studio of one reader."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    @property
    def page(self) -> Page:
        return self.visitor.page

    @property
    def stage(self) -> Locator:
        return self.page.get_by_label("What viewers see")

    @property
    def clock(self) -> Locator:
        return self.stage.get_by_role("timer")

    @property
    def quality(self) -> Locator:
        return self.page.locator(".studio-quality")

    def control(self, name: str) -> Locator:
        return self.page.get_by_label("Controls of the livestream").get_by_role("button", name=name, exact=True)

    def figure(self, label: str) -> Locator:
        facts = self.page.get_by_label("Your livestream in figures").locator(".facts > div")
        return facts.filter(has_text=label).locator(".fact__value")

    async def open(self, reader: ApiClient) -> None:
        """Logged in, at the desk, with a camera that the browser allows."""
        await self.visitor.context.grant_permissions(DEVICES)
        await self.visitor.log_in(reader.email, PASSWORD)
        await expect(self.page).to_have_url(f"{self.visitor.url}/desk")

    async def go_live(self, *, recorded: bool = False) -> None:
        """Two clicks from the desk; one more to be recorded."""
        await self.visitor.follow("Go live")
        await has_moving_picture(self.page, ".preview__picture")
        if recorded:
            box = self.page.get_by_role("checkbox", name=re.compile("^Record it"))
            # Beside the picture it is in sight, on a phone it is folded.
            if not await box.is_visible():
                await self.page.get_by_text("Description, cover, recording, gift goal").click()
            await box.check()
        await self.visitor.click("Go live")
        await self.is_live()

    async def is_live(self) -> None:
        await expect(self.quality).to_be_visible(timeout=PATIENCE_MS)
        await has_moving_picture(self.page, ".studio-stage .stage__picture")

    async def end(self) -> None:
        await self.control("End").click()
        await self.visitor.click("End for everybody", within=self.page.get_by_role("dialog", name="End the livestream?"))
        await expect(self.page.get_by_role("heading", name="Your livestream has ended")).to_be_visible()

    async def livestream_id(self, reader: ApiClient) -> str:
        """Of the one that is live."""
        reply = await reader.get(f"/livestreams?reader_id={reader.id}&status=live")
        return str(reply.body["items"][0]["id"])


def host_of(server: Server) -> LivestreamHost:
    live = server.services.live
    assert live is not None
    assert live.livestreams is not None
    return live.livestreams


@dataclass
class Watcher:
    """Somebody who watches without a browser, and decodes what comes."""

    live: LiveClient
    livestream_id: str
    viewer: TestViewer
    version: int = 0

    async def sees(self) -> None:
        """Pictures and sound go on coming."""
        await self.viewer.until_received("video", 10)
        await self.viewer.until_received("audio", 20)

    async def told(self, name: str) -> None:
        """Something that was not told before."""
        event = await self.live.next_event(
            f"livestream.{name}",
            lambda event: event["livestream_id"] == self.livestream_id and event["version"] > self.version,
        )
        self.version = event["version"]

    async def watch(self) -> None:
        """Join, or join again where the media are now."""
        await self.viewer.close()
        self.viewer = TestViewer()
        joined = await self.live.command("livestream.join", livestream_id=self.livestream_id)
        assert joined["media"] == "offered", joined
        self.version = joined["livestream"]["version"]
        answer = await self.viewer.answer(joined["description"]["sdp"])
        description = {"type": "answer", "sdp": answer}
        await self.live.command("livestream.answer", livestream_id=self.livestream_id, description=description)


@asynccontextmanager
async def watching(server: Server, livestream_id: str) -> AsyncIterator[Watcher]:
    watcher = Watcher(await server.connect(await add_client(server)), livestream_id, TestViewer())
    await watcher.watch()
    try:
        yield watcher
    finally:
        await watcher.viewer.close()
