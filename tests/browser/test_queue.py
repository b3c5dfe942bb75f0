"""Three windows: a reader who is busy, somebody in line on a phone, and somebody behind them at a desk."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenWindow
from tests.browser.people import accept, open_desk
from tests.browser.rooms import RoomView
from tests.browser.visitors import PHONE, Visitor
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser

MARA = "Mara Quill"


def turn_of(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("dialog", name=f"{MARA} is free for you now")


def card_of(visitor: Visitor, reader: ApiClient) -> Locator:
    return visitor.page.locator(f'.reader-card[href="/readers/{reader.id}"]')


async def join_line(visitor: Visitor, account: ApiClient, reader: ApiClient, *, before: str) -> None:
    await visitor.log_in(account.email, PASSWORD)
    await visitor.visit(f"/readers/{reader.id}")
    await visitor.click(f"Wait in line ({before})")


async def test_two_people_wait_in_line_for_a_busy_reader_and_get_their_turns(site: Server, open_window: OpenWindow) -> None:
    account = await add_reader(site, rate=100, name=MARA)
    talking, first, second = [await add_client(site, balance=10_000) for _ in range(3)]
    reader = await open_window(site, "reader", process=1)
    ana, ben = await open_window(site, "ana", size=PHONE), await open_window(site, "ben")
    await open_desk(reader, account)
    await reader.sees("Nobody is in line.")
    live = await site.connect(talking)
    asked = await live.command("consultation.request", reader_id=account.id, type="chat", nonce="n")
    await accept(reader)

    await join_line(ana, first, account, before="you would be next")
    await ana.sees(f"You are next in line for {MARA}.")
    await join_line(ben, second, account, before="1 before you")
    await ben.sees(f"You are number 2 in line for {MARA}.")
    await ben.picture("waiting")
    # The place follows to other pages, and survives a reload.
    await ana.visit("/")
    await ana.sees(f"You are next in line for {MARA}.")
    await expect(card_of(ana, account)).to_contain_text("You are number 1 in line")
    await ana.picture("waiting")
    await check_accessibility(ana)
    await reader.visit("/")
    await expect(card_of(reader, account)).to_contain_text("Wait in line: 2 before you")
    await reader.visit("/desk")
    await reader.sees("In line for you (2)")
    await reader.picture("line")
    await check_accessibility(reader)

    # Ana types while her turn comes: nothing that she types starts anything.
    search = ana.page.get_by_role("searchbox")
    await search.focus()
    await live.command("consultation.end", consultation_id=asked["consultation"]["id"])
    await expect(turn_of(ana)).to_be_visible()
    await ana.page.keyboard.press("Enter")
    await ana.page.keyboard.press("Space")
    await expect(turn_of(ana)).to_be_visible()
    await expect(turn_of(ana).get_by_role("timer")).to_contain_text("left")
    await ana.picture("turn")
    await check_accessibility(ana)
    await reader.sees(f"Kept for {first.user['display_name']}")
    await ana.page.reload()
    await expect(turn_of(ana)).to_be_visible()

    # She passes with the keyboard; the next in line is told at once, and starts.
    pass_on = turn_of(ana).get_by_role("button", name="Pass")
    await pass_on.focus()
    await ana.page.keyboard.press("Enter")
    await expect(turn_of(ana)).to_have_count(0)
    await expect(turn_of(ben)).to_be_visible()
    await ben.picture("turn")
    await turn_of(ben).get_by_role("button", name="Start chat").click()
    await ben.sees(f"Asking {MARA}…")
    await accept(reader)
    await RoomView(ben).has_opened()
    await expect(turn_of(ben)).to_have_count(0)
    await expect(ben.page.get_by_text("in line for")).to_have_count(0)
    await ana.visit(f"/readers/{account.id}")
    await expect(ana.page.get_by_role("button", name="Wait in line (you would be next)")).to_be_visible()
    await RoomView(ben).end()


async def test_a_request_that_the_reader_declines_is_said_as_a_lost_turn(site: Server, open_window: OpenWindow) -> None:
    account = await add_reader(site, rate=100, name=MARA)
    talking, waiting = [await add_client(site, balance=10_000) for _ in range(2)]
    reader, client = await open_window(site, "reader", process=1), await open_window(site, "client", size=PHONE)
    await open_desk(reader, account)
    live = await site.connect(talking)
    asked = await live.command("consultation.request", reader_id=account.id, type="chat", nonce="n")
    await join_line(client, waiting, account, before="you would be next")
    await client.sees(f"You are next in line for {MARA}.")
    await live.command("consultation.cancel", consultation_id=asked["consultation"]["id"])
    await turn_of(client).get_by_role("button", name="Start chat").click()
    await client.sees(f"Asking {MARA}…")
    await reader.click("Not now")
    await client.sees(f"{MARA} could not take your request. The turn went to the next in line.")
    await client.picture("lost")
    await check_accessibility(client)
    # Nobody waits any more, so there is no line to join: the way leads to the reader, who is free.
    await client.click("Wait in line again")
    await expect(client.page.get_by_role("button", name="Start chat")).to_be_enabled()
    await expect(client.page.get_by_text("could not take your request")).to_have_count(0)
