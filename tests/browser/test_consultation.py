"""The main job in two real browsers: from a new account to a review, with the network lost and the money used up on the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from billing.ledger.check import check_ledger
from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import MINUTE_SECONDS, OpenWindow
from tests.browser.people import accept, add_money, choose_status, open_desk, register
from tests.browser.rooms import EARNED, MINUTES_LEFT, SPENT, RoomView
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from tests.support.clients import ApiClient
from tests.support.consultations import add_reader
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser

RATE = 450
NAME = "Wren Ashby"
EMAIL = "casey-in-the-browser@example.com"
FIRST_TOP_UP, SECOND_TOP_UP = 2000, 2000


async def test_two_browsers_hold_a_consultation_from_registering_to_the_review(site: Server, open_window: OpenWindow) -> None:
    account = await add_reader(site, rate=RATE, name=NAME)
    client = await open_window(site, "client", process=0, size=PHONE)
    reader = await open_window(site, "reader", process=1, size=DESKTOP)
    await _register_and_add_money(client)
    await _find_the_reader_live(client, reader, account)
    await _ask_and_accept(client, reader)
    rooms = RoomView(client), RoomView(reader)
    said = await _talk(*rooms)
    await _see_a_charge(*rooms)
    said += await _lose_the_network(*rooms)
    await _run_out_and_go_on(*rooms)
    consultation_id = rooms[0].id
    cost = await _end(*rooms, said)
    await _review(client, account)
    await _compare_with_the_ledger(site, client, consultation_id, cost, said)


async def _register_and_add_money(client: Visitor) -> None:
    await register(client, name="Casey", email=EMAIL, role="I am looking for a reader")
    await client.follow("Wallet")
    await expect(client.page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    await add_money(client, amount="$20.00")
    await client.sees("$20.00 added to your wallet.")
    await expect(client.page.locator(".wallet__figure")).to_have_text("$20.00")
    await expect(client.page.locator(".line__title")).to_have_text(["Money added"])
    await client.picture("01-wallet")


async def _find_the_reader_live(client: Visitor, reader: Visitor, account: ApiClient) -> None:
    """The card turns free without a reload, and so does the profile's button."""
    await client.follow("Readers")
    card = client.page.get_by_role("link", name=NAME)
    await expect(card).to_contain_text("Offline")
    await open_desk(reader, account)
    await expect(card).to_contain_text("Free now")
    await client.picture("02-directory")
    await card.click()
    start = client.page.get_by_role("button", name="Start chat · $4.50 a minute")
    await choose_status(reader, "Away")
    await expect(start).to_be_disabled()
    await choose_status(reader, "Free now")
    await expect(start).to_be_enabled()
    await client.sees("costs $4.50, charged when it starts, and only while you both are connected")
    await client.sees("Your balance of $20.00 lasts 4 minutes.")
    await client.picture("03-profile")


async def _ask_and_accept(client: Visitor, reader: Visitor) -> None:
    await client.click("Start chat · $4.50 a minute")
    await client.sees(f"Asking {NAME}…")
    await client.picture("04-asking")
    card = reader.page.get_by_role("alertdialog", name="Casey is asking for you")
    await expect(card).to_contain_text("Chat at $4.50 a minute")
    await reader.picture("04-desk")
    await accept(reader)
    await RoomView(client).has_opened()


async def _talk(client: RoomView, reader: RoomView) -> list[str]:
    await expect(client.figure(SPENT)).to_have_text("$4.50")
    await client.composer.press_sequentially("Hel")
    await expect(reader.page.get_by_text("Casey is writing…")).to_be_visible()
    await client.say("Hello, are you there?")
    await expect(reader.page.get_by_text("Hello, are you there?")).to_be_visible()
    await reader.say("I am. What brings you here?")
    said = ["Hello, are you there?", "I am. What brings you here?"]
    await client.shows(said)
    await reader.shows(said)
    await expect(client.page.get_by_text("Read ·")).to_be_visible()
    return said


async def _see_a_charge(client: RoomView, reader: RoomView) -> None:
    """The figures of one moment fit each other, whichever charge was the last."""
    await expect(client.figure(SPENT)).not_to_have_text("$4.50")
    figures = await client.reads_figures()
    spent = _minor(figures[SPENT])
    assert spent in (2 * RATE, 3 * RATE, 4 * RATE)
    assert int(figures[MINUTES_LEFT]) == (FIRST_TOP_UP - spent) // RATE
    await expect(reader.figure(EARNED)).to_have_text(re.compile(r"^\$(6\.30|9\.45|12\.60)$"))
    await client.visitor.picture("05-room")
    await reader.visitor.picture("05-room")


async def _lose_the_network(client: RoomView, reader: RoomView) -> list[str]:
    """What is sent without a network waits and arrives once; what is half typed stays; nobody's clock runs meanwhile."""
    await client.composer.press_sequentially("I was about to ")
    await client.visitor.go_offline()
    await client.composer.press_sequentially("tell you something")
    await expect(client.notice).to_contain_text("You lost the connection")
    await client.composer.press("Enter")
    await expect(client.unsent).to_contain_text("Waits for the connection")
    await client.composer.press_sequentially("and there is mo")
    await expect(reader.notice).to_contain_text("Paused: Casey lost the connection. Nothing is charged meanwhile.")
    for room in (client, reader):
        await room.expect_clock(running=False)
    stood_at = [await room.reads_clock() for room in (client, reader)]
    await client.visitor.picture("06-offline")
    await reader.visitor.picture("06-offline")
    await client.page.wait_for_timeout(2_000)
    assert [await room.reads_clock() for room in (client, reader)] == stood_at
    await expect(reader.page.get_by_text("tell you something")).to_have_count(0)
    await client.visitor.come_online()
    for room in (client, reader):
        await room.expect_clock(running=True)
        await expect(room.page.get_by_text("I was about to tell you something")).to_have_count(1)
    await expect(client.unsent).to_have_count(0)
    await expect(client.composer).to_have_value("and there is mo")
    await client.composer.press_sequentially("re")
    await client.composer.press("Enter")
    await expect(reader.page.get_by_text("and there is more")).to_be_visible()
    return ["I was about to tell you something", "and there is more"]


async def _run_out_and_go_on(client: RoomView, reader: RoomView) -> None:
    await expect(client.notice).to_contain_text(re.compile("left on your balance|last paid minute"))
    await client.visitor.picture("07-low")
    await expect(client.stopped).to_be_visible()
    await expect(client.stopped.get_by_role("timer")).to_have_text(re.compile(r"^\d+:\d\d$"))
    await expect(reader.stopped).to_contain_text("Casey's balance is used up")
    await expect(client.figure(SPENT)).to_have_text("$18.00")
    await client.visitor.picture("08-stopped")
    await reader.visitor.picture("08-stopped")
    await check_accessibility(client.visitor)
    await add_money(client.visitor, amount="$20.00")
    await expect(client.stopped).to_have_count(0)
    await expect(client.figure(SPENT)).not_to_have_text("$18.00")
    for room in (client, reader):
        await room.expect_clock(running=True)
    await client.say("Back again")
    await expect(reader.page.get_by_text("Back again")).to_be_visible()


async def _end(client: RoomView, reader: RoomView, said: list[str]) -> int:
    said.append("Back again")
    await client.shows(said)
    await reader.shows(said)
    await client.end()
    await client.visitor.sees("You ended it.")
    await expect(reader.page.get_by_text("The client ended it.")).to_be_visible()
    facts = client.page.get_by_label("Summary")
    cost = await facts.locator(".fact__value").nth(1).inner_text()
    assert re.fullmatch(r"\$\d+\.\d\d", cost)
    await client.visitor.picture("09-summary")
    await reader.visitor.picture("09-summary")
    return _minor(cost)


async def _review(client: Visitor, account: ApiClient) -> None:
    await client.page.get_by_role("radio", name="4 of 5").check(force=True)
    await client.fill("A few words for others (optional)", "Calm and to the point.")
    await client.click("Publish review")
    await client.sees("Thank you. Your review is on the profile.")
    await client.follow("See the statement")
    await expect(client.page.locator(".statement tfoot")).to_contain_text("Total")
    await client.picture("10-statement")
    await client.visit(f"/readers/{account.id}")
    await expect(client.page.locator(".review")).to_contain_text("Calm and to the point.")
    await expect(client.page.locator(".review").get_by_role("img", name="4 of 5")).to_be_visible()
    await client.picture("11-review")


async def _compare_with_the_ledger(site: Server, client: Visitor, consultation_id: str, cost: int, said: list[str]) -> None:
    """What the pages said is what the server's books say, to the cent."""
    person = await site.visitor()
    await person.log_in(EMAIL, PASSWORD)
    statement = (await person.get(f"/consultations/{consultation_id}/statement")).body
    amounts = [line["amount_minor"] for line in statement["lines"] if line["amount_minor"] is not None]
    assert amounts == [RATE] * (cost // RATE)
    assert statement["total_cost_minor"] == sum(amounts) == cost
    pauses = [line["kind"] for line in statement["lines"] if line["kind"] in ("pause", "resume")]
    assert pauses == ["pause", "resume", "pause", "resume"]
    assert statement["connected_seconds"] <= len(amounts) * MINUTE_SECONDS
    assert (await person.get("/wallet")).body["balance_minor"] == FIRST_TOP_UP + SECOND_TOP_UP - cost
    messages: list[Any] = (await person.get(f"/consultations/{consultation_id}/messages")).body["items"]
    assert [message["content"] for message in messages] == said
    await client.visit("/wallet")
    await expect(client.page.locator(".wallet__figure")).to_have_text(f"${(FIRST_TOP_UP + SECOND_TOP_UP - cost) / 100:.2f}")
    await client.picture("12-wallet")
    assert (await check_ledger(site.database, site.clock)).ok


def _minor(amount: str) -> int:
    return int(amount.removeprefix("$").replace(".", ""))
