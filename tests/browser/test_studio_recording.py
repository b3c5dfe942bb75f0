"""A livestream that is recorded: what becomes of the recording is its reader's choice, at the end and later."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenWindow
from tests.browser.livestreams import StudioView
from tests.browser.visitors import PHONE
from tests.browser.watching import Watcher
from tests.support.consultations import add_reader
from tests.support.servers import Server

pytestmark = pytest.mark.browser


async def test_a_recording_is_published_watched_again_and_deleted(site: Server, open_window: OpenWindow) -> None:
    reader = await add_reader(site)
    studio = StudioView(await open_window(site, "reader", process=1))
    visitor, page = studio.visitor, studio.page
    await studio.open(reader)
    await studio.go_live(recorded=True)
    livestream_id = await studio.livestream_id(reader)
    await page.wait_for_timeout(3_000)
    await studio.end()
    await visitor.sees("Private: only you can watch it.")
    await visitor.picture("01-over")
    await check_accessibility(visitor)
    guest = Watcher(await open_window(site, "guest", size=PHONE))
    with guest.visitor.expecting("status of 404"):
        await guest.visitor.visit(f"/live/{livestream_id}")
        await expect(guest.page.locator("h1, h2").first).to_be_visible()
        await expect(guest.page.locator("video")).to_have_count(0)
    await visitor.click("Publish")
    await visitor.sees("Published: everybody can watch it.")
    await guest.visitor.visit(f"/live/{livestream_id}")
    await guest.visitor.click("Play")
    await guest.sees_the_picture_move()

    await visitor.click("Done")
    await visitor.sees("Past livestreams")
    line = page.get_by_role("listitem").filter(has_text=f"Live with {reader.user['display_name']}")
    await expect(line).to_contain_text("Published")
    await visitor.picture("02-past")
    await visitor.click("Delete the recording", within=line)
    await visitor.click("Delete it", within=page.get_by_role("dialog", name="Delete the recording?"))
    await expect(line).not_to_contain_text("Published")
