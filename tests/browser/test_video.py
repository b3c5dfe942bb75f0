"""A video consultation in two real browsers, phone and desktop: from the request to a bill that both sides agree with."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from billing.ledger.check import check_ledger
from tests.browser.accessibility import check_accessibility
from tests.browser.calls import CALL_RATE, CHAT_RATE, CLIENT_BALANCE, VIDEO_RATE, Couple, ask, meet
from tests.browser.conftest import OpenWindow
from tests.browser.networks import find_network
from tests.browser.people import open_desk
from tests.browser.rooms import EARNED, SPENT
from tests.browser.visitors import DESKTOP, GIVEN_UP, PHONE
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser
# By then the one who stayed has begun a new peer connection, when the other comes back with the former one.
UNTIL_BEGUN_ANEW_MS = 12_000

READERS_SHARE = 0.7


async def test_a_video_consultation_from_the_request_to_the_bill(
    site: Server, browsers: list[Browser], open_window: OpenWindow
) -> None:
    client = await open_window(site, "client", size=PHONE)
    reader = await open_window(site, "reader", process=1, size=DESKTOP)
    couple = await meet(site, client, reader, "video")
    for view in couple.both:
        await view.sees_the_other()
        await expect(view.quality).to_contain_text("Good connection")
        await expect(view.page.get_by_label("Your own picture")).to_be_visible()
        await view.visitor.picture("01-video")
        await check_accessibility(view.visitor)
    await expect(couple.client.figure(SPENT)).to_have_text(re.compile(r"\$(4|8)\.00"))
    assert await couple.client.reads_safety_words() == await couple.reader.reads_safety_words()
    await _write_beside_the_picture(couple)
    await _lose_the_network(couple, browsers[0])
    await _go_on_by_less(couple)
    await _end_and_compare(site, couple)


async def _write_beside_the_picture(couple: Couple) -> None:
    client, reader = couple.both
    await reader.say("Can you see the cards?")
    await client.page.get_by_role("button", name="Chat, 1 unread").click()
    await expect(client.page.get_by_text("Can you see the cards?")).to_be_visible()
    await client.visitor.picture("02-chat")
    await client.say("Very well")
    await reader.shows(["Can you see the cards?", "Very well"])
    await client.visitor.click("Close the chat")
    await client.sees_the_other()


async def _lose_the_network(couple: Couple, browser: Browser) -> None:
    """Neither messages nor media get through: both clocks stand, both pages say why, and both go on by themselves."""
    client, reader = couple.both
    with client.visitor.expecting(GIVEN_UP):
        with (await find_network(browser)).pulled():
            await expect(reader.notice).to_contain_text("Nothing is charged meanwhile.")
            await reader.expect_clock(running=False)
            await expect(reader.page.locator(".stage__state")).to_contain_text(re.compile("rest|again"))
            await reader.visitor.picture("03-lost")
            stood_at = await reader.reads_figures()
            await reader.page.wait_for_timeout(UNTIL_BEGUN_ANEW_MS)
            assert await reader.reads_figures() == stood_at
            await expect(client.page.locator(".stage__state")).to_contain_text(re.compile("rest|again"))
            await client.visitor.picture("03-lost")
        for view in couple.both:
            await view.expect_clock(running=True)
            await expect(view.notice).to_have_count(0)
            await view.sees_the_other()


async def _go_on_by_less(couple: Couple) -> None:
    client, reader = couple.both
    await client.go_on("Go on with sound only")
    for view in couple.both:
        await expect(view.page.get_by_text("Call · $3.00/min")).to_be_visible()
        await expect(view.picture).to_have_count(0)
        await view.expect_clock(running=True)
    await reader.go_on("Suggest a video")
    await expect(client.notice).to_contain_text("suggests to go on with picture, at $4.00 a minute")
    await client.visitor.picture("04-suggested")
    await client.visitor.click("Go on at $4.00 a minute")
    for view in couple.both:
        await view.sees_the_other()
    await reader.go_on("Go on by chat")
    for view in couple.both:
        await view.visitor.sees("You go on by chat, at $2.00 a minute.")
        await view.expect_clock(running=True)
        await view.visitor.picture("05-by-chat")
    spent = await client.figure(SPENT).inner_text()
    await client.say("This works too")
    await reader.shows(["Can you see the cards?", "Very well", "This works too"])
    # The first minute at the chat's price.
    await expect(client.figure(SPENT)).not_to_have_text(spent)


async def _end_and_compare(site: Server, couple: Couple) -> None:
    client, reader = couple.both
    await expect(reader.figure(EARNED)).not_to_have_text("$0.00")
    await client.end()
    await client.visitor.sees("Video consultation with")
    await client.visitor.sees("At the end you went on by chat.")
    await expect(reader.page.get_by_text("The client ended it.")).to_be_visible()
    await client.visitor.picture("06-summary")
    spent = await client.page.get_by_label("Summary").locator(".fact__value").nth(1).inner_text()
    earned = await reader.page.get_by_label("Summary").locator(".fact__value").nth(1).inner_text()
    statement = (await couple.client_account.get(f"/consultations/{client.id}/statement")).body
    others = (await couple.reader_account.get(f"/consultations/{client.id}/statement")).body
    amounts = [line["amount_minor"] for line in statement["lines"] if line["kind"] == "charge"]
    assert set(amounts) <= {VIDEO_RATE, CALL_RATE, CHAT_RATE}
    assert amounts[0] == VIDEO_RATE
    assert amounts[-1] == CHAT_RATE
    assert statement["total_cost_minor"] == others["total_cost_minor"] == sum(amounts) == _minor(spent)
    assert statement["connected_seconds"] == others["connected_seconds"]
    assert abs(_minor(earned) - READERS_SHARE * sum(amounts)) <= len(amounts)
    assert (await couple.client_account.get("/wallet")).body["balance_minor"] == CLIENT_BALANCE - sum(amounts)
    assert [line["reason"] for line in statement["lines"] if line["kind"] == "mode"] == ["call", "video", "chat"]
    await client.visitor.follow("See the statement")
    await client.visitor.sees("Went on with sound only")
    await client.visitor.sees("Went on by chat")
    await client.visitor.picture("07-statement")
    assert (await check_ledger(site.database, site.clock)).ok


async def test_whoever_refuses_the_camera_is_told_what_to_do_and_may_try_again(site: Server, open_window: OpenWindow) -> None:
    reader_account, client_account = await add_reader(site, video=VIDEO_RATE), await add_client(site, balance=CLIENT_BALANCE)
    reader = await open_window(site, "reader", process=1)
    await open_desk(reader, reader_account)
    client = await open_window(site, "client", size=PHONE)
    await client.log_in(client_account.email, PASSWORD)
    await ask(client, reader_account, "video")
    await client.sees("Your browser will ask whether this site may use your camera and microphone.")
    await client.picture("01-explained")
    await check_accessibility(client)
    await client.click("Use my camera and microphone")
    await client.sees("The browser does not let this site use your microphone.")
    await client.sees("Press the icon beside the address above, allow it there, then press “Try again”.")
    await client.picture("02-refused")
    await check_accessibility(client)
    await client.context.grant_permissions(["microphone"])
    await client.page.get_by_role("button", name="Try again").first.click()
    await client.sees("The browser does not let this site use your camera.")
    await expect(client.page.get_by_role("button", name="Join without camera")).to_be_enabled()
    await client.picture("03-without-camera")
    await client.context.grant_permissions(["camera", "microphone"])
    await client.page.get_by_role("button", name="Try again").first.click()
    await expect(client.page.get_by_label("Your picture, as in a mirror")).to_be_visible()
    await client.picture("04-check")
    await check_accessibility(client)
    await client.click("Withdraw the request")


async def test_a_page_that_is_loaded_again_is_back_in_the_picture_by_itself(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1, size=PHONE)
    couple = await meet(site, client, reader, "video")
    await couple.client.control("Stop video").click()
    await expect(reader.page.get_by_text("camera is off")).to_be_visible()
    await client.page.reload()
    await couple.client.has_opened()
    await expect(couple.client.control("Start video")).to_be_visible()
    for view in couple.both:
        await view.expect_clock(running=True)
    await couple.client.sees_the_other()
    await couple.client.control("Start video").click()
    await couple.reader.sees_the_other()


async def test_a_dark_room_on_a_phone_can_be_read_in_each_state(site: Server, open_window: OpenWindow) -> None:
    client = await open_window(site, "client", size=PHONE, color_scheme="dark")
    reader = await open_window(site, "reader", process=1, size=PHONE, color_scheme="dark")
    couple = await meet(site, client, reader, "video")
    for name, way in (("Devices", "Done"), ("Safety words", "Done")):
        await couple.client.control("More").click()
        await client.picture("more")
        await check_accessibility(client)
        await client.page.get_by_role("dialog").get_by_role("button", name=name).click()
        await client.picture(name)
        await check_accessibility(client)
        await client.click(way)
    await couple.client.open_chat()
    await client.picture("chat")
    await check_accessibility(client)
    await client.page.keyboard.press("Escape")
    await couple.client.control("End").click()
    await check_accessibility(client)


def _minor(amount: str) -> int:
    return int(amount.removeprefix("$").replace(".", ""))
