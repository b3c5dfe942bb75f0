"""Two Chromium processes for the run, one server that all of these tests share, and windows that must not complain."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, TypeAlias

import pytest
from playwright.async_api import Browser, Playwright, ViewportSize, async_playwright, expect

from tests.browser.browsers import ARTIFACTS, NO_CHROMIUM, find_chromium, open_browser
from tests.browser.visitors import DESKTOP, Visitor
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server

OpenWindow: TypeAlias = Callable[..., Awaitable[Visitor]]

PATIENCE_MS = 15_000
MINUTE_SECONDS = 4
# Short minutes, so that a whole consultation with its money running out is over within half a minute.
SETTINGS: dict[str, Any] = {
    "billing": {"minute_seconds": MINUTE_SECONDS, "free_seconds": 1, "top_up_window_seconds": 60, "tick_seconds": 0.5}
}


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chromium()
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(NO_CHROMIUM)
    pytest.skip(NO_CHROMIUM)


@pytest.fixture(scope="session")
async def playwright(chromium_path: str) -> AsyncIterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as running:
        yield running


@pytest.fixture(scope="session")
async def browsers(playwright: Playwright, chromium_path: str) -> AsyncIterator[list[Browser]]:
    """Two processes: what one of them keeps or caches, the other cannot know."""
    opened = [await open_browser(playwright, chromium_path) for _ in range(2)]
    yield opened
    for browser in opened:
        await browser.close()


@pytest.fixture(scope="session")
async def site(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The demonstration with its people, short billing minutes, and the payment stand-in."""
    folder = tmp_path_factory.mktemp("var")
    async with postgres.database() as dsn, run_server(dsn, folder, overrides=SETTINGS, demo=True, payments=True) as server:
        yield server


@pytest.fixture
async def open_window(request: pytest.FixtureRequest, browsers: list[Browser]) -> AsyncIterator[OpenWindow]:
    """`await open_window(server, "client", process=1, size=PHONE)`: a fresh window that nobody is logged in with."""
    visitors: list[Visitor] = []
    pictures = ARTIFACTS / re.sub(r"\W+", "_", request.node.name)

    async def open_one(
        server: Server, name: str, *, process: int = 0, size: tuple[int, int] = DESKTOP, **options: Any
    ) -> Visitor:
        viewport: ViewportSize = {"width": size[0], "height": size[1]}
        context = await browsers[process].new_context(
            viewport=viewport,
            locale="en-US",
            timezone_id=options.pop("timezone_id", "UTC"),
            color_scheme=options.pop("color_scheme", "light"),
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(name, server.url, context, await context.new_page(), pictures)
        visitors.append(visitor)
        return visitor

    yield open_one
    for visitor in visitors:
        if request.node.stash.get(HAS_FAILED, False):
            await visitor.page.screenshot(path=ARTIFACTS / "failed" / f"{request.node.name}-{visitor.name}.png")
        await visitor.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []


HAS_FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real Chromium")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
    return report
