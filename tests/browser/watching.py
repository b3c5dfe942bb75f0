"""A livestream as whoever watches it sees it: the picture, what is said, gifts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from tests.browser.visitors import Visitor


@dataclass
class Watcher:
    """A page that watches."""

    visitor: Visitor

    @property
    def page(self) -> Page:
        return self.visitor.page

    @property
    def video(self) -> Locator:
        return self.page.locator(".viewer-stage__video")

    async def open(self, livestream_id: str) -> None:
        await self.visitor.visit(f"/live/{livestream_id}")

    async def sees_the_picture_move(self) -> None:
        """Two looks at the picture differ, and it shows something."""
        await expect(self.video).to_be_visible()
        await self.page.evaluate("() => { window.firstLook = undefined; }")
        await self.page.wait_for_function(
            """() => {
                const video = document.querySelector(".viewer-stage__video");
                if (!video || video.videoWidth === 0) return false;
                const canvas = new OffscreenCanvas(64, 36);
                const paint = canvas.getContext("2d");
                paint.drawImage(video, 0, 0, 64, 36);
                const look = [...paint.getImageData(0, 0, 64, 36).data];
                if (!look.some((value, at) => at % 4 === 1 && value > 60)) return false;
                window.firstLook ??= look;
                return look.filter((value, at) => Math.abs(value - window.firstLook[at]) > 24).length > 20;
            }"""
        )

    async def says(self, text: str) -> None:
        await self.page.get_by_role("textbox", name="Say something").fill(text)
        await self.visitor.click("Send")

    async def reads(self, text: str) -> None:
        await expect(self.page.get_by_role("log").get_by_text(text)).to_be_visible()

    async def gives(self, kind: str, *, more: int = 0, words: str = "") -> None:
        await self.page.get_by_role("button", name=re.compile(r"Send .* a gift")).click()
        sheet = self.page.get_by_role("dialog")
        await sheet.get_by_role("radio", name=re.compile(kind)).check(force=True)
        for _ in range(more):
            await self.visitor.click("One more", within=sheet)
        if words:
            await sheet.get_by_label("A few words (may be left out)").fill(words)
        await sheet.get_by_role("button", name=re.compile(f"^Send .*{kind}")).click()
        await expect(sheet).to_have_count(0)

    async def sees_gift(self, words: str) -> None:
        await expect(self.page.locator(".gift-moment").get_by_text(words)).to_be_visible()
