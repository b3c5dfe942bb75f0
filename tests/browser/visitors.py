"""One person at one browser window: what they do on every page, and what their page complained about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Locator, Page, expect

PHONE = (360, 740)
DESKTOP = (1280, 800)
# What Chromium itself writes for each request while the network is taken away.
OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
# And where the page gives up a connection that it had begun to open, because the network came back and a new one is surer.
GIVEN_UP = "WebSocket is closed before the connection is established"


class Visitor:
    """`complaints` must be empty at the end of a test: errors of scripts, of the console, and of the content policy."""

    def __init__(self, name: str, url: str, context: BrowserContext, page: Page, pictures: Path) -> None:
        self.name = name
        self.url = url
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        self._pictures = pictures
        self._allowed: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", self._hear_error)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in self._allowed):
            self.complaints.append(f"{self.name} at {self.page.url}: {message.type}: {message.text}")

    def _hear_error(self, error: Error) -> None:
        self.complaints.append(f"{self.name} at {self.page.url}: {error}")

    @contextmanager
    def expecting(self, *texts: str) -> Iterator[None]:
        """Within, console errors with one of these texts are what the test is about."""
        self._allowed += texts
        yield
        for text in texts:
            self._allowed.remove(text)

    async def go_offline(self) -> None:
        self._allowed += (OFFLINE, GIVEN_UP)
        await self.context.set_offline(True)

    async def come_online(self) -> None:
        await self.context.set_offline(False)

    async def visit(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def click(self, name: str, *, within: Locator | None = None) -> None:
        """The one button of this name."""
        await (within or self.page).get_by_role("button", name=name, exact=True).click()

    async def follow(self, name: str) -> None:
        """The first link of this name: the same links are in the bar above and in the tabs of a phone."""
        await self.page.get_by_role("link", name=name, exact=True).locator("visible=true").first.click()

    async def fill(self, label: str, text: str) -> None:
        await self.page.get_by_label(label, exact=True).fill(text)

    async def log_in(self, email: str, password: str) -> None:
        await self.visit("/login")
        await self.fill("E-mail", email)
        await self.fill("Password", password)
        await self.click("Log in")
        await expect(self.page).not_to_have_url(f"{self.url}/login")

    async def sees(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    async def picture(self, stage: str) -> None:
        """Kept for whoever wants to look; no page that is looked at may be wider than its window."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=self._pictures / f"{stage}-{self.name}.png", animations="disabled")
        await self.check_width()

    async def check_width(self) -> None:
        """Fails with the elements that reach past the window's edge."""
        wide = await self.page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
                .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
                .map((element) => element.outerHTML.slice(0, 120))"""
        )
        assert wide == [], f"{self.page.url} is wider than its window:\n" + "\n".join(wide)
