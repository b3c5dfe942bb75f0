"""From the directory to a request, and through the room, with nothing but keys."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.people import open_desk
from tests.browser.rooms import RoomView
from tests.browser.visitors import Visitor
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser

MOST_STOPS = 60
FOCUS = """() => {
    const element = document.activeElement;
    const visible = [element, element.closest("label"), element.parentElement].some((one) => {
        if (!one) return false;
        const style = getComputedStyle(one);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    });
    const isNowhere = element === document.body;
    const name = isNowhere ? "" : element.ariaLabel || element.labels?.[0]?.innerText || element.innerText;
    return { name, isSeen: isNowhere || visible };
}"""


async def tab_to(visitor: Visitor, name: str) -> None:
    """Presses Tab until the element of this name has the focus; each stop on the way must be seen to have it."""
    for _ in range(MOST_STOPS):
        await visitor.page.keyboard.press("Tab")
        focus = await visitor.page.evaluate(FOCUS)
        assert focus["isSeen"], f"nobody can see that the focus is at {focus}"
        if name in focus["name"]:
            return
    raise AssertionError(f"{name!r} cannot be reached with {MOST_STOPS} presses of Tab")


async def test_a_consultation_can_be_asked_for_and_held_with_keys_alone(site: Server, open_window: OpenWindow) -> None:
    reader_account, client_account = await add_reader(site, rate=100, name="Peregrine Ferrars"), await add_client(site)
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1)
    await open_desk(reader, reader_account)
    await client.log_in(client_account.email, PASSWORD)
    keyboard = client.page.keyboard
    await client.visit("/")
    await expect(client.page.get_by_role("link", name="Peregrine Ferrars")).to_be_visible()
    await tab_to(client, "Search by name or topic")
    await keyboard.type("Peregrine")
    await expect(client.page.locator(".reader-card")).to_have_count(1)
    await tab_to(client, "Peregrine Ferrars")
    await keyboard.press("Enter")
    await expect(client.page.get_by_role("button", name="Start chat")).to_be_enabled()
    await tab_to(client, "Start chat")
    await keyboard.press("Enter")
    await client.sees("Asking Peregrine Ferrars…")
    await tab_to(reader, "Accept")
    await reader.page.keyboard.press("Enter")
    room = RoomView(client)
    await room.has_opened()
    await tab_to(client, "Write a message")
    await keyboard.type("No mouse here")
    await keyboard.press("Shift+Enter")
    await keyboard.type("Two lines")
    await keyboard.press("Enter")
    await RoomView(reader).shows(["No mouse here\nTwo lines"])
    await tab_to(client, "End")
    await keyboard.press("Enter")
    dialog = client.page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await keyboard.press("Enter")
    await tab_to(client, "End now")
    await keyboard.press("Enter")
    await expect(client.page.get_by_role("heading", name="The consultation has ended")).to_be_visible()
