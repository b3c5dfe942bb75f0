"""A reader goes live from the desk on the engine of the server itself, is lost and comes back, pauses, and ends."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenWindow
from tests.browser.livestreams import StudioView
from tests.browser.visitors import DESKTOP
from tests.support.consultations import add_reader
from tests.support.servers import Server

pytestmark = pytest.mark.browser


async def test_a_reader_goes_live_in_two_clicks_from_the_desk(site: Server, open_window: OpenWindow) -> None:
    reader = await add_reader(site)
    visitor = await open_window(site, "reader", size=DESKTOP)
    studio = StudioView(visitor)
    await studio.open(reader)
    await visitor.picture("01-desk")
    await studio.go_live()
    await visitor.picture("02-live")
    await check_accessibility(visitor)
    livestream_id = await studio.livestream_id(reader)
    snapshot = (await reader.get(f"/livestreams/{livestream_id}")).body
    assert (snapshot["title"], snapshot["is_paused"]) == (f"Live with {reader.user['display_name']}", False)

    await studio.end()
    await expect(visitor.page.get_by_text("You ended it.")).to_be_visible()
    await visitor.picture("03-over")
    await check_accessibility(visitor)
