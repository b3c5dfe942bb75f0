"""The room as somebody sees it: its figures, its messages, and what they do there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.async_api import Locator, Page, expect

from tests.browser.visitors import Visitor

CLOCK = "Time together"
MINUTES_LEFT = "Minutes left"
SPENT = "Spent"
EARNED = "Earned"


class RoomView:
    """Only what is on the page; what the server thinks is asked elsewhere."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    @property
    def page(self) -> Page:
        return self.visitor.page

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Write a message", exact=True)

    @property
    def notice(self) -> Locator:
        """The bar between head and messages."""
        return self.page.locator(".room-bar")

    @property
    def stopped(self) -> Locator:
        """What lies over the dimmed room when the money has ended."""
        return self.page.get_by_role("alertdialog", name="The clock has stopped")

    @property
    def unsent(self) -> Locator:
        return self.page.locator(".bubble--unsent")

    def figure(self, label: str) -> Locator:
        box = self.page.locator(".room-head__figures > div", has=self.page.get_by_text(label, exact=True))
        return box.locator("dd")

    async def has_opened(self) -> None:
        await expect(self.page).to_have_url(re.compile("/room/"))
        await expect(self.composer).to_be_visible()

    @property
    def id(self) -> str:
        return self.page.url.rpartition("/")[2]

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def shows(self, texts: Sequence[str]) -> None:
        """Exactly these messages, each once, in this order, all of them stored."""
        await expect(self.unsent).to_have_count(0)
        await expect(self.page.locator(".bubble__text")).to_have_text(list(texts))

    async def reads_clock(self) -> int:
        """Seconds together."""
        minutes, seconds = (await self.figure(CLOCK).inner_text()).split(":")
        return int(minutes) * 60 + int(seconds)

    async def reads_figures(self) -> dict[str, str]:
        """All of one moment, by their labels."""
        return dict(
            await self.page.evaluate(
                """() => [...document.querySelectorAll(".room-head__figures > div")]
                    .map((box) => [box.querySelector("dt").textContent, box.querySelector("dd").textContent])"""
            )
        )

    async def expect_clock(self, *, running: bool) -> None:
        box = self.figure(CLOCK).locator("..")
        if running:
            await expect(box).not_to_contain_class("is-standing")
        else:
            await expect(box).to_contain_class("is-standing")

    async def end(self) -> None:
        await self.visitor.click("End")
        dialog = self.page.get_by_role("dialog", name="End this consultation?")
        await self.visitor.click("End now", within=dialog)
        await expect(self.page.get_by_role("heading", name="The consultation has ended")).to_be_visible()
