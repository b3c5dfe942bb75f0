"""The room when its page is reloaded, when its line goes silent, and with the demonstration's guide in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from server.demo import DEMO_LOGINS, DEMO_PASSWORD
from server.demo_guide import GREETING
from server.demo_readers import GUIDE
from tests.browser.conftest import OpenWindow
from tests.browser.people import start_talking
from tests.browser.rooms import CLOCK, SPENT, RoomView
from tests.browser.visitors import PHONE
from tests.browser.wires import Wire
from tests.support.servers import Server

pytestmark = pytest.mark.browser


async def test_a_reload_in_the_middle_brings_back_everything_and_the_draft(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client", size=PHONE), await open_window(site, "reader", process=1)
    room, others_room = await start_talking(client, reader, site)
    await room.say("First of all")
    await others_room.say("Go on")
    await room.shows(["First of all", "Go on"])
    await room.composer.press_sequentially("As I was say")
    await expect(room.figure(CLOCK)).to_have_text(re.compile("^0:(0[2-9]|1)"))
    await client.page.reload()
    await room.has_opened()
    await room.shows(["First of all", "Go on"])
    await expect(room.composer).to_have_value("As I was say")
    await room.expect_clock(running=True)
    assert await room.reads_clock() >= 1
    await room.composer.press_sequentially("ing")
    await room.composer.press("Enter")
    await others_room.shows(["First of all", "Go on", "As I was saying"])


async def test_a_browser_whose_clock_is_wrong_shows_the_servers_time(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1)
    await client.page.clock.install(time=datetime.now(UTC) + timedelta(hours=3))
    room, others_room = await start_talking(client, reader, site)
    await expect(room.figure(CLOCK)).to_have_text(re.compile("^0:0[1-9]"))
    both = [await one.reads_clock() for one in (room, others_room)]
    assert abs(both[0] - both[1]) <= 2


async def test_a_line_that_goes_silent_is_told_to_both_and_loses_nothing(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1)
    async with Wire(site.url) as wire:
        client.url = wire.url
        room, others_room = await start_talking(client, reader, site)
        await others_room.say("Are you still there?")
        await room.shows(["Are you still there?"])
        wire.fall_silent()
        # Written before anybody can know that the line is dead.
        await room.say("Yes")
        await expect(others_room.notice).to_contain_text("lost the connection. Nothing is charged meanwhile.")
        await others_room.expect_clock(running=False)
        await expect(room.notice).to_contain_text("You lost the connection")
        await room.expect_clock(running=False)
        wire.carry_again()
        for one in (room, others_room):
            await one.expect_clock(running=True)
            await one.shows(["Are you still there?", "Yes"])


async def test_the_demonstrations_guide_accepts_and_answers_by_itself(site: Server, open_window: OpenWindow) -> None:
    client = await open_window(site, "client", size=PHONE)
    await client.log_in(DEMO_LOGINS["client"], DEMO_PASSWORD)
    await client.page.get_by_role("link", name=GUIDE.display_name).click()
    await client.page.get_by_role("button", name="Start chat").click()
    room = RoomView(client)
    await room.has_opened()
    await expect(client.page.get_by_text(GREETING)).to_be_visible()
    await room.say("What happens now?")
    await expect(client.page.get_by_text("I have read that.")).to_be_visible()
    await expect(room.figure(SPENT)).not_to_have_text("$0.00")
    await room.end()
    await client.picture("summary")
