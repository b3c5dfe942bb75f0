"""A reader goes live from the desk on the engine of the server itself, is lost and comes back, pauses, and ends."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.async_api import Browser, Dialog, expect

from server.demo import DEMO_LOGINS, DEMO_PASSWORD
from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenWindow
from tests.browser.livestreams import StudioView, has_moving_picture, host_of, watching
from tests.browser.networks import find_network
from tests.browser.rooms import RoomView
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser


async def open_studio(site: Server, open_window: OpenWindow, *, size: tuple[int, int] = DESKTOP) -> tuple[StudioView, str]:
    """Live; and the livestream's id."""
    reader = await add_reader(site, rate=100)
    studio = StudioView(await open_window(site, "reader", process=1, size=size))
    await studio.open(reader)
    await studio.go_live()
    return studio, await studio.livestream_id(reader)


async def test_a_reader_goes_live_in_two_clicks_from_the_desk_and_ends(site: Server, open_window: OpenWindow) -> None:
    reader = await add_reader(site)
    visitor = await open_window(site, "reader", process=1)
    studio = StudioView(visitor)
    await studio.open(reader)
    await visitor.picture("01-desk")
    await visitor.follow("Go live")
    await has_moving_picture(visitor.page, ".preview__picture")
    await visitor.picture("02-prepared")
    await check_accessibility(visitor)
    await visitor.click("Go live")
    await studio.is_live()
    livestream_id = await studio.livestream_id(reader)
    snapshot = (await reader.get(f"/livestreams/{livestream_id}")).body
    assert (snapshot["title"], snapshot["is_paused"]) == (f"Live with {reader.user['display_name']}", False)

    async with watching(site, livestream_id) as watcher:
        await watcher.sees()
        await expect(studio.figure("Watching")).to_have_text("1")
        await expect(studio.quality).to_contain_text("kbit/s")
        await visitor.picture("03-live")
        await check_accessibility(visitor)
        # With the keyboard, and without a camera: the sound goes on, and so does a quiet picture.
        await visitor.page.keyboard.press("v")
        await expect(studio.control("Start video")).to_be_visible()
        await watcher.viewer.until_received("video", 2)
        await watcher.viewer.until_received("audio", 20)
        await visitor.page.keyboard.press("v")
        await studio.is_live()
        await studio.control("Devices").click()
        await visitor.click("Done")
        # On another page it goes on, with the way back.
        await visitor.follow("Desk")
        await expect(visitor.page.get_by_role("status").filter(has_text="You are live:")).to_be_visible()
        await watcher.sees()
        await visitor.picture("04-elsewhere")
        await visitor.page.get_by_role("status").get_by_role("link", name="To the studio").click()
        await studio.is_live()
        await studio.end()
        await watcher.told("ended")
    await expect(visitor.page.get_by_text("You ended it.")).to_be_visible()
    await visitor.picture("05-over")
    await check_accessibility(visitor)
    await visitor.click("Done")
    await expect(visitor.page.get_by_role("heading", name="Past livestreams")).to_be_visible()


async def test_whoever_is_lost_comes_back_by_itself(site: Server, browsers: list[Browser], open_window: OpenWindow) -> None:
    studio, livestream_id = await open_studio(site, open_window)
    visitor = studio.visitor
    async with watching(site, livestream_id) as watcher:
        await watcher.sees()
        with visitor.expecting("WebSocket"):
            # A pulled cable: nothing is closed, nothing arrives.
            with (await find_network(browsers[1])).pulled():
                await watcher.told("paused")
            await watcher.told("resumed")
            await studio.is_live()
            await watcher.sees()
        # The process that carries it dies: another place, where the viewer joins again.
        process_id = getattr(host_of(site).places.engine, "process_id", None)
        assert process_id is not None
        os.kill(process_id, signal.SIGKILL)
        await watcher.told("paused")
        await visitor.picture("01-lost")
        await watcher.told("resumed")
        await studio.is_live()
        await watcher.watch()
        await watcher.sees()
    await studio.end()


async def test_it_goes_on_after_a_reload_and_another_tab_takes_over(site: Server, open_window: OpenWindow) -> None:
    studio, livestream_id = await open_studio(site, open_window)
    page = studio.page
    asked: list[str] = []

    async def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    await page.reload()
    assert asked == ["beforeunload"]
    await studio.is_live()
    async with watching(site, livestream_id) as watcher:
        await watcher.sees()
        other = await studio.visitor.context.new_page()
        await other.goto(page.url)
        await other.get_by_role("heading", name="You are live: go on").wait_for()
        await other.get_by_role("button", name="Go on here").click()
        await has_moving_picture(other, ".studio-stage .stage__picture")
        await expect(page.get_by_role("heading", name="You are live on another device")).to_be_visible()
        await studio.visitor.picture("01-taken-over")
        await check_accessibility(studio.visitor)
        await watcher.sees()
        # It stays there, and comes back when it is asked to.
        await page.get_by_role("button", name="Go on here").click()
        await studio.is_live()
        await expect(other.get_by_role("heading", name="You are live on another device")).to_be_visible()
        await watcher.sees()
        await other.close()
    await studio.end()


async def test_a_livestream_pauses_for_who_waits_in_line(site: Server, open_window: OpenWindow) -> None:
    reader = await add_reader(site, rate=100, name="Mara Quill")
    client = await add_client(site, balance=5_000)
    studio = StudioView(await open_window(site, "reader", process=1, size=PHONE))
    visitor = studio.visitor
    ana = await open_window(site, "ana")
    await studio.open(reader)
    button = visitor.page.get_by_role("button", name="Free now", exact=True)
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await visitor.visit("/desk")
    await visitor.follow("Go live")
    await has_moving_picture(visitor.page, ".preview__picture")
    await visitor.picture("01-prepared")
    await check_accessibility(visitor)
    await visitor.click("Go live")
    await studio.is_live()
    livestream_id = await studio.livestream_id(reader)
    # Without scrolling, what is said is read and answered.
    field = await visitor.page.get_by_role("textbox", name="Say something").bounding_box()
    bar = await visitor.page.get_by_role("navigation").last.bounding_box()
    assert field is not None
    assert bar is not None
    assert field["y"] + field["height"] <= bar["y"]

    await ana.log_in(client.email, PASSWORD)
    await ana.visit(f"/readers/{reader.id}")
    await ana.click("Wait in line (you would be next)")
    await visitor.click("Requests (1)")
    await visitor.picture("02-requests")
    await check_accessibility(visitor)
    async with watching(site, livestream_id) as watcher:
        await watcher.sees()
        await visitor.click("Take now (pauses the livestream)")
        await visitor.picture("03-asked")
        await visitor.click("Pause and take now")
        await watcher.told("paused")
        await expect(visitor.page.get_by_role("heading", name="Your livestream is paused")).to_be_visible()
        await visitor.picture("04-paused")
        await check_accessibility(visitor)
        await _talk(ana, visitor)
        bar = visitor.page.get_by_text("Your livestream is paused for up to 60 minutes more.")
        await expect(bar).to_be_visible()
        await visitor.page.get_by_role("button", name="Go back live").click()
        await expect(visitor.page).to_have_url(re.compile("/studio$"))
        await watcher.told("resumed")
        await studio.is_live()
        await watcher.watch()
        await watcher.sees()
    await studio.end()


async def _talk(ana: Visitor, reader: Visitor) -> None:
    """It is her turn; she starts, the request rings in the studio, and they talk for a moment."""
    turn = ana.page.get_by_role("dialog", name="Mara Quill is free for you now")
    await turn.get_by_role("button", name=re.compile("Start chat")).click()
    await reader.click("Accept")
    room = RoomView(reader)
    await room.has_opened()
    await RoomView(ana).expect_clock(running=True)
    await reader.picture("05-room")
    await room.end()


async def test_a_livestream_is_announced_changed_begun_and_kept_in_order(site: Server, open_window: OpenWindow) -> None:
    reader, guest = await add_reader(site), await add_client(site)
    studio = StudioView(await open_window(site, "reader", process=1, size=PHONE))
    visitor, page = studio.visitor, studio.page
    await studio.open(reader)
    await visitor.visit("/studio")
    await visitor.click("Schedule one")
    dialog = page.get_by_role("dialog", name="Announce a livestream")
    await dialog.get_by_label("Title", exact=True).fill("Full moon")
    await visitor.picture("01-announcing")
    await check_accessibility(visitor)
    await visitor.click("Announce", within=dialog)
    await visitor.click("Change")
    dialog = page.get_by_role("dialog", name="Change the livestream")
    await dialog.get_by_label("Title", exact=True).fill("New moon")
    await visitor.click("Save", within=dialog)
    await expect(page.get_by_text("New moon")).to_be_visible()
    await visitor.picture("02-announced")
    await check_accessibility(visitor)
    await page.get_by_role("listitem").filter(has_text="New moon").get_by_role("link", name="Go live").click()
    await visitor.sees("This is “New moon”")
    await has_moving_picture(page, ".preview__picture")
    await visitor.click("Go live")
    await studio.is_live()
    livestream_id = await studio.livestream_id(reader)

    live = await site.connect(guest)
    await live.command("livestream.join", livestream_id=livestream_id)
    await live.command("livestream.say", livestream_id=livestream_id, content="<b>spam</b>", nonce="n")
    await expect(page.get_by_text("<b>spam</b>")).to_be_visible()
    await visitor.picture("03-chat")
    await page.get_by_role("button", name=re.compile(guest.user["display_name"])).click()
    await visitor.click("10 minutes")
    await live.next_event("livestream.sanctioned", lambda event: event["kind"] == "muted")
    await visitor.click("Order")
    line = page.get_by_role("listitem").filter(has_text=guest.user["display_name"])
    await expect(line).to_contain_text("may not write until")
    await visitor.picture("04-order")
    await check_accessibility(visitor)
    await visitor.click("Lift", within=line)
    await expect(page.get_by_text("Nobody is kept out.")).to_be_visible()
    await page.get_by_label("Slow mode").select_option(label="30 seconds")
    await live.next_event("livestream.changed", lambda event: event["livestream"]["slow_mode_seconds"] == 30)
    # Somebody of the site's team ends it, and the reader is told who did.
    admin = await open_window(site, "admin")
    await admin.log_in(DEMO_LOGINS["admin"], DEMO_PASSWORD)
    await admin.visit("/admin/livestreams")
    await admin.click("End", within=admin.page.get_by_role("listitem").filter(has_text="New moon"))
    dialog = admin.page.get_by_role("dialog")
    await dialog.get_by_label(re.compile("^Reason")).fill("Against the rules")
    await admin.picture("05-ending")
    await check_accessibility(admin)
    await admin.click("End", within=dialog)
    await visitor.sees("The site's team ended it.")
    await expect(admin.page.get_by_role("listitem").filter(has_text="New moon")).to_contain_text("ended by the team")
