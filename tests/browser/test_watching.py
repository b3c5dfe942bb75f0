"""A reader's livestream in Chromium, from the studio's camera to a phone's screen and back as chat and gifts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Playwright, expect

from tests.browser.accessibility import check_accessibility
from tests.browser.browsers import FLAGS
from tests.browser.conftest import OpenWindow
from tests.browser.livestreams import StudioView
from tests.browser.visitors import PHONE
from tests.browser.watching import Watcher
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser


@dataclass
class Evening:
    """A reader live from the studio, and two who watch: one on a phone, who has money, and one at a desk."""

    reader: ApiClient
    giver: ApiClient
    other: ApiClient
    studio: StudioView
    phone: Watcher
    desk: Watcher
    id: str


@pytest.fixture
async def evening(site: Server, open_window: OpenWindow) -> Evening:
    reader = await add_reader(site, name="Mara Lindqvist")
    giver, other = await add_client(site, balance=5_000), await add_client(site)
    studio = StudioView(await open_window(site, "studio"))
    phone = Watcher(await open_window(site, "phone", process=1, size=PHONE))
    desk = Watcher(await open_window(site, "desk", process=1))
    await studio.open(reader)
    await studio.go_live()
    livestream_id = await studio.livestream_id(reader)
    for watcher, person in ((phone, giver), (desk, other)):
        await watcher.visitor.log_in(person.email, PASSWORD)
        await watcher.open(livestream_id)
        await watcher.sees_the_picture_move()
    return Evening(reader, giver, other, studio, phone, desk, livestream_id)


async def test_a_gift_sent_on_a_phone_appears_on_every_screen(evening: Evening) -> None:
    phone, desk = evening.phone, evening.desk
    for watcher in (phone, desk):
        await watcher.visitor.picture("picture")
        await check_accessibility(watcher.visitor)
    await phone.gives("Rose", more=2, words="For your patience")
    for watcher in (phone, desk):
        await watcher.sees_gift("For your patience")
        await watcher.visitor.picture("gift")
        await watcher.page.emulate_media(color_scheme="dark")
        await watcher.visitor.picture("dark")
        await check_accessibility(watcher.visitor, rules=["color-contrast"])
    await expect(phone.page.get_by_role("button", name="Once more")).to_be_visible()
    await expect(evening.studio.page.locator(".gift-moment").get_by_text("For your patience")).to_be_visible()
    paid = 3 * 299
    assert (await evening.giver.get("/wallet")).body["balance_minor"] == 5_000 - paid
    assert (await evening.reader.get("/me/earnings")).body["total_minor"] == paid * 7 // 10


async def test_a_publisher_who_is_lost_is_announced_and_the_picture_goes_on_when_they_are_back(evening: Evening) -> None:
    phone, desk, studio = evening.phone, evening.desk, evening.studio
    await studio.page.goto("about:blank")
    for watcher in (phone, desk):
        await watcher.visitor.sees("Mara Lindqvist will be right back")
        await watcher.visitor.picture("right-back")
        await check_accessibility(watcher.visitor)
    await studio.visitor.visit("/studio")
    for watcher in (phone, desk):
        await expect(watcher.page.get_by_text("will be right back")).to_have_count(0)
        await watcher.sees_the_picture_move()
    await studio.is_live()
    await studio.end()
    for watcher in (phone, desk):
        await watcher.visitor.sees("This livestream is over")
        await watcher.visitor.picture("over")
        await check_accessibility(watcher.visitor)


async def test_what_is_said_is_read_by_everybody_as_text_and_order_can_be_kept(site: Server, evening: Evening) -> None:
    phone, desk = evening.phone, evening.desk
    said = '<img src=x onerror="document.title=1"> https://example.com'
    await phone.says(said)
    for watcher in (phone, desk):
        await watcher.reads(said)
        assert await watcher.page.get_by_role("log").locator("a, img").count() == 0
    reader = await site.connect(evening.reader)
    about = {"livestream_id": evening.id}
    await reader.command("livestream.set_chat", slow_mode_seconds=60, **about)
    await desk.says("Good evening")
    await phone.reads("Good evening")
    await expect(desk.page.get_by_text("Slow mode: you can write again in")).to_be_visible()
    await reader.command("livestream.sanction", user_id=evening.giver.id, kind="muted", seconds=600, reason="Links", **about)
    await phone.visitor.sees("Reason: Links")
    await phone.visitor.picture("muted")
    await check_accessibility(phone.visitor)
    await reader.command("livestream.sanction", user_id=evening.other.id, kind="banned", **about)
    await desk.visitor.sees("You may not take part in Mara Lindqvist's livestreams.")
    await expect(desk.video).to_have_count(0)
    await phone.sees_the_picture_move()


async def test_everything_can_be_done_by_keyboard(evening: Evening) -> None:
    page = evening.desk.page
    await page.get_by_role("textbox", name="Say something").focus()
    await page.keyboard.type("By hand")
    await page.keyboard.press("Enter")
    await evening.phone.reads("By hand")
    gift = page.get_by_role("button", name=re.compile("Send .* a gift"))
    await gift.focus()
    await page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    await expect(sheet.get_by_role("radio").first).to_be_visible()
    await evening.desk.visitor.picture("sheet")
    await check_accessibility(evening.desk.visitor)
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(gift).to_be_focused()
    await evening.phone.page.get_by_role("button", name=re.compile("Send .* a gift")).click()
    await expect(evening.phone.page.get_by_role("dialog").get_by_role("radio").first).to_be_visible()
    await evening.phone.visitor.picture("sheet")
    await check_accessibility(evening.phone.visitor)


async def test_a_visitor_finds_who_is_live_logs_in_and_watches(site: Server, evening: Evening, open_window: OpenWindow) -> None:
    late = await add_client(site)
    newcomer = Watcher(await open_window(site, "newcomer", process=1))
    await newcomer.visitor.visit("/")
    await newcomer.page.get_by_role("link", name="Mara Lindqvist is live now: watch").first.click()
    await newcomer.visitor.follow("Log in to watch")
    await newcomer.visitor.fill("E-mail", late.email)
    await newcomer.visitor.fill("Password", PASSWORD)
    await newcomer.visitor.click("Log in")
    await expect(newcomer.page).to_have_url(re.compile(f"/live/{evening.id}$"))
    await newcomer.sees_the_picture_move()
    await newcomer.visitor.visit("/live")
    await expect(newcomer.page.get_by_role("region", name="Live now").get_by_role("link").first).to_be_visible()
    await newcomer.visitor.picture("list")


async def test_a_page_that_nobody_touched_starts_without_sound_and_says_so(
    site: Server, evening: Evening, playwright: Playwright, chromium_path: str
) -> None:
    flags = [*FLAGS, "--autoplay-policy=document-user-activation-required"]
    async with await playwright.chromium.launch(executable_path=chromium_path, args=flags) as browser:
        login = await evening.phone.visitor.context.storage_state()
        page = await (await browser.new_context(storage_state=login, locale="en-US")).new_page()
        # Whatever a test asks a page counts as a touch, so the page has to say it by itself.
        await page.add_init_script(
            "document.addEventListener('volumechange', ({ target }) => target.muted && console.log('silenced'), true)"
        )
        async with page.expect_console_message(lambda message: message.text == "silenced"):
            await page.goto(f"{site.url}/live/{evening.id}")
        await page.get_by_role("button", name="Sound on").click()
        await expect(page.get_by_role("button", name="Sound off")).to_be_visible()


async def test_a_viewer_gets_in_line_for_a_private_consultation_and_the_others_are_told_of_the_pause(
    site: Server, evening: Evening
) -> None:
    phone, desk = evening.phone, evening.desk
    await phone.visitor.click("About")
    about = phone.page.get_by_role("dialog", name="About")
    await about.get_by_role("button", name="Ask for a private consultation").click()
    asking = phone.page.get_by_role("dialog", name="A private consultation with Mara Lindqvist")
    await asking.get_by_role("button", name="Wait in line (you would be next)").click()
    await expect(asking.get_by_text("You are next in line for Mara Lindqvist.")).to_be_visible()
    await phone.visitor.picture("in-line")
    await check_accessibility(phone.visitor)
    await asking.get_by_role("button", name="Close").click()
    await about.get_by_role("button", name="Close").first.click()
    await phone.sees_the_picture_move()
    reader = await site.connect(evening.reader)
    await reader.command("livestream.pause", livestream_id=evening.id)
    await expect(phone.page.get_by_role("heading", name="Mara Lindqvist is free for you now")).to_be_visible()
    await desk.visitor.sees("Mara Lindqvist is in a private consultation")
    await desk.visitor.picture("private")
    await check_accessibility(desk.visitor)


async def test_a_lost_network_loses_nothing_that_was_said_and_the_picture_comes_back(evening: Evening) -> None:
    phone, desk = evening.phone, evening.desk
    await phone.says("Before")
    await desk.reads("Before")
    await desk.visitor.go_offline()
    await desk.page.get_by_role("textbox", name="Say something").fill("Said without a network")
    await desk.visitor.click("Send")
    await phone.says("Meanwhile")
    await phone.reads("Meanwhile")
    await desk.visitor.come_online()
    for watcher in (phone, desk):
        await watcher.reads("Meanwhile")
        await watcher.reads("Said without a network")
        lines = await watcher.page.get_by_role("log").locator(".line-said").all_inner_texts()
        assert len(lines) == 3, lines
    await desk.sees_the_picture_move()
