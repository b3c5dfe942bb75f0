"""Gifts in a consultation, their receipts, and that what was paid and what was earned agree to the cent."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenWindow
from tests.browser.people import start_talking
from tests.browser.visitors import PHONE
from tests.browser.watching import Watcher
from tests.support.servers import Server

pytestmark = pytest.mark.browser


async def test_a_gift_in_a_consultation_is_seen_by_both_and_has_a_receipt(site: Server, open_window: OpenWindow) -> None:
    client = await open_window(site, "client", size=PHONE)
    reader = await open_window(site, "reader", process=1)
    client_room, _ = await start_talking(client, reader, site)
    await Watcher(client).gives("Star", words="Thank you for tonight")
    for visitor in (client, reader):
        await expect(visitor.page.locator(".gift-moment").get_by_text("Thank you for tonight")).to_be_visible()
        await visitor.picture("moment")
        await check_accessibility(visitor)
    await client_room.end()
    await client.visit("/wallet")
    await client.page.get_by_role("link", name=re.compile("Gift.*Star for")).click()
    await expect(client.page.get_by_role("heading", name="Receipt")).to_be_visible()
    await client.sees("$4.99")
    await client.sees("Thank you for tonight")
    await client.picture("receipt")
    await check_accessibility(client)
