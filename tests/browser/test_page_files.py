"""Pages are files of their own: one that a newer version replaced, and one that the network does not bring."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import OpenWindow
from tests.browser.visitors import OFFLINE
from tests.support.servers import Server

pytestmark = pytest.mark.browser

LOGIN_FILE = re.compile(r"/assets/login-.*\.js")


async def test_a_page_that_a_newer_version_replaced_is_reloaded_and_shown(site: Server, open_window: OpenWindow) -> None:
    visitor = await open_window(site, "visitor")
    asked_for: list[str] = []

    async def miss_once(route: Route) -> None:
        asked_for.append(route.request.url)
        await (route.fulfill(status=404) if len(asked_for) == 1 else route.continue_())

    await visitor.context.route(LOGIN_FILE, miss_once)
    await visitor.visit("/")
    with visitor.expecting("status of 404"):
        await visitor.follow("Log in")
        await expect(visitor.page.get_by_role("heading", name="Log in")).to_be_visible()
    assert len(asked_for) == 2


async def test_a_page_that_the_network_does_not_bring_says_so(site: Server, open_window: OpenWindow) -> None:
    visitor = await open_window(site, "visitor")
    await visitor.visit("/")
    await expect(visitor.page.locator(".reader-card").first).to_be_visible()
    with visitor.expecting(OFFLINE):
        await visitor.context.set_offline(True)
        await visitor.follow("Log in")
        await visitor.sees("This page could not be shown")
        await visitor.context.set_offline(False)
        await visitor.click("Reload")
        await expect(visitor.page.get_by_role("heading", name="Log in")).to_be_visible()
