"""The README's pictures: `python -m tests.browser.screenshots` writes docs/screenshots/*.png from a throw-away demonstration.

The server's clock and the browser's stand still unless moved, so that a second run shows the same times and figures.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from config.clock import MovableClock
from config.logging import configure_logging
from server.demo import DEMO_LOGINS, DEMO_PASSWORD
from tests.browser.browsers import NO_CHROMIUM, PROJECT, find_chromium, open_browser
from tests.support.clients import ApiClient
from tests.support.consultations import Scene
from tests.support.live import LiveClient
from tests.support.money import fund_wallet
from tests.support.postgres import run_postgres
from tests.support.servers import Server, run_server

FOLDER = PROJECT / "docs" / "screenshots"
LARGEST_BYTES = 250_000
NOW = datetime(2026, 3, 12, 16, 5, tzinfo=UTC)
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
# The clock is moved by more than an ordinary lease.
SETTINGS = {"nodes": {"lease_seconds": 86_400}}

FREE_NOW = ("mara", "amara", "tomas", "yuki")
REVIEWS = (
    ("Jonas", "mara", 5, "Prepared, precise and warm. I left with a date and a plan."),
    ("Priya", "mara", 5, "She remembered everything I had said."),
    ("Mel", "mara", 4, "Good, a little fast for me."),
    ("Priya", "amara", 5, "I could finally say it out loud."),
    ("Jonas", "tomas", 4, "Fair to both of us."),
    ("Mel", "tomas", 5, "Kind and funny."),
    ("Jonas", "yuki", 5, "One question, one answer. It stayed with me."),
    ("Priya", "reader", 5, "Clear, kind, and no drama."),
    ("Mel", "reader", 5, "Listened first. That alone was worth it."),
    ("Jonas", "reader", 4, "Honest about what cards can and cannot say."),
)
EARLIER = (
    (True, "Hello Casey. What would you like to look at?"),
    (False, "Whether to tell my sister that I am moving away."),
    (True, "Then let us look at what keeps you from telling her."),
)
TALK = (
    (True, 4, "Hello Casey, good to have you. Bring one question, and take your time."),
    (False, 21, "I have an offer in another city. Everybody says take it, and I cannot sleep."),
    (True, 26, "Two cards then: what is already in your hands, and what you would leave behind."),
    (False, 15, "Please."),
    (
        True,
        38,
        "The Eight of Pentacles: your craft is yours and moves with you. And the Four of Wands, a home that others hold.",
    ),
    (False, 20, "So I am not afraid of the work. I am afraid of the kitchen table without me."),
)


class Picturer:
    """One server, one browser, and the clock that both go by."""

    def __init__(self, server: Server, clock: MovableClock, browser: Browser) -> None:
        self.server = server
        self.clock = clock
        self._browser = browser
        self._people: dict[str, ApiClient] = {}
        self._live: dict[str, LiveClient] = {}

    async def person(self, name: str) -> ApiClient:
        """A person of the demonstration by the first part of the address, or a new client of this name."""
        if name not in self._people:
            person = await self.server.visitor()
            reply = await person.log_in(f"{name}@demo.example.com", DEMO_PASSWORD)
            if reply.status != 200:
                person = await self.server.register(display_name=name)
                await fund_wallet(self.server.database, UUID(person.id), 10_000, clock=self.clock)
            self._people[name] = person
        # The clock moves faster than an access token lasts.
        await self._people[name].refresh()
        return self._people[name]

    async def live(self, name: str) -> LiveClient:
        if name not in self._live:
            self._live[name] = await self.server.connect(await self.person(name))
        return self._live[name]

    async def scene(self, client: str, reader: str) -> Scene:
        people = await self.person(client), await self.person(reader)
        return Scene(self.server, self.clock, *people, await self.live(client), await self.live(reader))

    async def come_online(self, reader: str) -> None:
        await (await self.live(reader)).command("reader.set_status", status="online")

    async def leave(self, name: str) -> None:
        await self._live.pop(name).close()

    @asynccontextmanager
    async def window(self, name: str, size: ViewportSize) -> AsyncIterator[Page]:
        """Logged in as this person of the demonstration."""
        scale = 2 if size is PHONE else 1
        context = await self._browser.new_context(
            base_url=self.server.url,
            viewport=size,
            device_scale_factor=scale,
            locale="en-US",
            timezone_id="Europe/London",
            color_scheme="light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.clock.set_fixed_time(self.clock.now())
        await page.goto("/login")
        await page.get_by_label("E-mail").fill(DEMO_LOGINS[name])
        await page.get_by_label("Password").fill(DEMO_PASSWORD)
        await page.get_by_role("button", name="Log in", exact=True).click()
        await expect(page.get_by_role("link", name="Account", exact=True).locator("visible=true")).to_be_visible()
        yield page
        await context.close()


async def hold(picturer: Picturer, client: str, reader: str, *, minutes: float, talk: tuple[tuple[bool, str], ...]) -> Scene:
    """A whole consultation from asking to ending."""
    await picturer.come_online(reader)
    scene = await picturer.scene(client, reader)
    await scene.request()
    await enter(scene)
    for is_reader, text in talk:
        await scene.pass_time(12)
        await scene.say(text, by_reader=is_reader)
    await scene.pass_time(minutes * 60 - 12 * len(talk))
    await scene.end()
    await picturer.leave(client)
    await picturer.leave(reader)
    return scene


async def enter(scene: Scene) -> None:
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    for live in (scene.client_live, scene.reader_live):
        await live.command("consultation.join", consultation_id=scene.id)


async def make_past(picturer: Picturer) -> None:
    """Reviews for the directory, a consultation of the client's own for the statement, earnings for the desk."""
    for client, reader, rating, comment in REVIEWS:
        scene = await hold(picturer, client, reader, minutes=0.9, talk=((True, "Hello"),))
        reply = await scene.client.post(f"/consultations/{scene.id}/review", {"rating": rating, "comment": comment})
        assert reply.status == 201, reply.content
        picturer.clock.advance(60)


async def picture_directory(picturer: Picturer) -> None:
    async with picturer.window("client", DESKTOP) as page:
        await page.goto("/")
        await expect(page.locator(".reader-card").filter(has_text="Free now")).to_have_count(len(FREE_NOW) + 2)
        await save(page, "directory")


async def picture_talk(picturer: Picturer) -> None:
    """The desk with a request on it, then the room that it leads to."""
    scene = await picturer.scene("client", "reader")
    await scene.request()
    await scene.pass_time(7)
    async with picturer.window("reader", DESKTOP) as page:
        await page.goto("/desk")
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        await save(page, "desk")
    await enter(scene)
    for is_reader, seconds, text in TALK:
        await scene.pass_time(seconds)
        await scene.say(text, by_reader=is_reader)
        other = scene.client_live if is_reader else scene.reader_live
        await other.command("message.read", consultation_id=scene.id, up_to_seq=(await scene.snapshot())["last_seq"])
    await scene.pass_time(9)
    async with picturer.window("client", PHONE) as page:
        await page.goto(f"/room/{scene.id}")
        await expect(page.locator(".bubble__text")).to_have_count(len(TALK))
        await scene.reader_live.command("typing.set", consultation_id=scene.id, is_typing=True)
        await expect(page.get_by_text("is writing…")).to_be_visible()
        await save(page, "room")
    await scene.end()


async def picture_money(picturer: Picturer, past: Scene) -> None:
    async with picturer.window("client", DESKTOP) as page:
        await page.goto("/wallet")
        await page.get_by_role("button", name="Add $10.00").click()
        await expect(page.get_by_text("$10.00 added to your wallet.")).to_be_visible()
        await page.reload()
        await expect(page.locator(".line").first).to_be_visible()
        await save(page, "wallet")
        await page.goto(f"/consultations/{past.id}")
        await expect(page.locator(".statement tfoot")).to_be_visible()
        await save(page, "statement")


async def save(page: Page, name: str) -> None:
    await expect(page.locator(".skeleton")).to_have_count(0)
    path = FOLDER / f"{name}.png"
    await page.screenshot(path=path, animations="disabled", caret="hide")
    size = path.stat().st_size
    assert size < LARGEST_BYTES, f"{path.name} has {size} bytes"
    print(f"{path.relative_to(PROJECT)}  {size // 1024} KB")


async def make_pictures(browser: Browser, folder: Path) -> None:
    clock = MovableClock(NOW)
    async with run_postgres(folder / "postgres") as postgres, postgres.database() as dsn:
        async with run_server(dsn, folder / "var", overrides=SETTINGS, clock=clock, demo=True, payments=True) as server:
            picturer = Picturer(server, clock, browser)
            await make_past(picturer)
            past = await hold(picturer, "client", "reader", minutes=2.4, talk=EARLIER)
            picturer.clock.advance(900)
            for name in (*FREE_NOW, "reader"):
                await picturer.come_online(name)
            await picture_directory(picturer)
            await picture_talk(picturer)
            picturer.clock.advance(120)
            await picture_money(picturer, past)


async def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print(NO_CHROMIUM, file=sys.stderr)
        return 1
    configure_logging(level="warning", readable=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=15_000)
    with tempfile.TemporaryDirectory(prefix="soulseer-screenshots-") as folder:
        async with async_playwright() as playwright:
            browser = await open_browser(playwright, chromium)
            await make_pictures(browser, Path(folder))
            await browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
