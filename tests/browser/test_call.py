"""A voice call in two real browsers: muted by key, taken over by a second page, rested with the socket, ended with one bill."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import check_accessibility
from tests.browser.calls import CALL_RATE, CLIENT_BALANCE, VIDEO_RATE, CallView, meet, second_page
from tests.browser.conftest import OpenWindow
from tests.browser.people import add_money
from tests.browser.rooms import SPENT
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from tests.browser.wires import Wire
from tests.support.servers import Server

pytestmark = pytest.mark.browser


async def test_a_call_is_charged_while_both_hear_each_other_and_ends_with_one_bill(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client", size=DESKTOP), await open_window(site, "reader", process=1, size=PHONE)
    couple = await meet(site, client, reader, "call")
    for view in couple.both:
        await expect(view.quality).to_contain_text("Good connection")
        await expect(view.page.locator("video")).to_have_count(0)
        await view.visitor.picture("01-call")
        await check_accessibility(view.visitor)
    await expect(couple.client.figure(SPENT)).to_have_text("$6.00")
    await couple.client.end()
    await client.sees("Voice call with")
    statement = (await couple.client_account.get(f"/consultations/{couple.client.id}/statement")).body
    others = (await couple.reader_account.get(f"/consultations/{couple.client.id}/statement")).body
    amounts = [line["amount_minor"] for line in statement["lines"] if line["kind"] == "charge"]
    assert amounts == [CALL_RATE] * len(amounts)
    assert statement["total_cost_minor"] == others["total_cost_minor"] == sum(amounts)
    assert (await couple.client_account.get("/wallet")).body["balance_minor"] == CLIENT_BALANCE - sum(amounts)


async def test_a_call_whose_money_ends_rests_until_some_is_added(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client", size=PHONE), await open_window(site, "reader", process=1)
    couple = await meet(site, client, reader, "video", balance=2 * VIDEO_RATE)
    await expect(couple.client.stopped).to_be_visible()
    await expect(couple.reader.stopped).to_contain_text("balance is used up")
    await expect(couple.reader.page.get_by_text("Your picture rests")).to_be_visible()
    for view in couple.both:
        await view.visitor.picture("01-stopped")
        await check_accessibility(view.visitor)
    await add_money(client, amount="$20.00")
    for view in couple.both:
        await expect(view.stopped).to_have_count(0)
        await view.expect_clock(running=True)
        await view.sees_the_other()


async def test_keys_mute_and_never_while_somebody_types(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1)
    couple = await meet(site, client, reader, "call")
    await client.page.keyboard.press("m")
    await expect(couple.client.control("Unmute")).to_be_visible()
    await couple.client.open_chat()
    await couple.client.composer.press_sequentially("mmm")
    await expect(couple.client.composer).to_have_value("mmm")
    await expect(couple.client.control("Unmute")).to_be_visible()
    # Silence is sent as well as words: the clock runs on.
    await couple.client.expect_clock(running=True)


async def test_a_second_page_of_the_same_person_can_take_the_call_over(site: Server, open_window: OpenWindow) -> None:
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1)
    couple = await meet(site, client, reader, "call")
    page = await second_page(couple.client)
    second = CallView(Visitor("second", client.url, client.context, page, client._pictures))
    await second.visitor.sees("You are in this call on another device")
    await second.visitor.picture("01-elsewhere")
    await second.visitor.click("Take the call over here")
    await expect(second.control("Mute")).to_be_visible()
    await client.sees("You are in this call on another device")
    for view in (second, couple.reader):
        await expect(view.quality).to_contain_text(re.compile("Good|Fair"))
        await view.expect_clock(running=True)
    assert second.visitor.complaints == []


async def test_a_socket_that_falls_silent_rests_the_sound_although_the_media_would_go_on(
    site: Server, open_window: OpenWindow
) -> None:
    client, reader = await open_window(site, "client"), await open_window(site, "reader", process=1)
    async with Wire(site.url) as wire:
        client.url = wire.url
        couple = await meet(site, client, reader, "call")
        wire.fall_silent()
        await expect(couple.reader.notice).to_contain_text("Nothing is charged meanwhile.")
        await expect(couple.reader.page.get_by_text("The sound rests while the clock stands.")).to_be_visible()
        await expect(couple.client.notice).to_contain_text("You lost the connection")
        await expect(couple.client.page.get_by_text("The sound rests while the clock stands.")).to_be_visible()
        wire.carry_again()
        for view in couple.both:
            await view.expect_clock(running=True)
            await expect(view.notice).to_have_count(0)
