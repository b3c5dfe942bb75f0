"""The reader's desk: a request is heard and seen from another tab, and can be declined."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.people import open_desk, request_chat
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser

COUNT_TONES = """
window.tonesPlayed = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...times) {
    window.tonesPlayed += this.context.state === "running" ? 1 : 0;
    return start.apply(this, times);
};
"""


async def test_a_request_rings_flashes_in_the_title_and_can_be_declined(site: Server, open_window: OpenWindow) -> None:
    reader_account, client_account = await add_reader(site), await add_client(site)
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1)
    await reader.context.add_init_script(COUNT_TONES)
    await open_desk(reader, reader_account)
    await reader.sees("No request right now")
    quiet_title = await reader.page.title()
    await client.log_in(client_account.email, PASSWORD)
    await request_chat(client, reader_account)
    name = client_account.user["display_name"]
    card = reader.page.get_by_role("alertdialog", name=f"{name} is asking for you")
    await expect(card).to_be_visible()
    while await reader.page.evaluate("window.tonesPlayed") < 2:
        await reader.page.wait_for_timeout(100)
    flash = f"● {name} is asking"
    await expect(reader.page).to_have_title(flash)
    await expect(reader.page).not_to_have_title(flash)
    await expect(reader.page).to_have_title(flash)
    await reader.click("Not now", within=card)
    await client.sees("The reader cannot take it now. You were not charged.")
    await client.picture("declined")
    await expect(card).to_have_count(0)
    await expect(reader.page).to_have_title(quiet_title)
    tones = await reader.page.evaluate("window.tonesPlayed")
    await reader.page.wait_for_timeout(2_600)
    assert await reader.page.evaluate("window.tonesPlayed") == tones
    await expect(reader.page.get_by_role("button", name="Free now")).to_have_attribute("aria-pressed", "true")
