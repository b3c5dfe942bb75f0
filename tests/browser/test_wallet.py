"""Cards that do not pay: shown as what they are, and nothing is added."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.people import add_money
from tests.support.consultations import add_client
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser


async def test_a_card_that_does_not_pay_is_shown_as_what_it_is(site: Server, open_window: OpenWindow) -> None:
    person = await add_client(site, balance=0)
    client = await open_window(site, "client")
    await client.log_in(person.email, PASSWORD)
    await client.follow("Wallet")
    problem = client.page.get_by_role("alert").locator(".note--danger")
    with client.expecting("status of 402"):
        await add_money(client, amount="$50.00", card="Declined card")
        await expect(problem).to_have_text("The bank declined this card. Nothing was charged; try another card.")
        await client.picture("declined")
        await add_money(client, amount="$50.00", card="Card that asks for confirmation")
        await client.sees("The bank wants you to confirm this payment")
        await client.picture("bank")
        await client.click("Refuse")
        await expect(problem).to_have_text("The bank did not get your confirmation. Nothing was charged.")
    await expect(client.page.locator(".wallet__figure")).to_have_text("$0.00")
    await add_money(client, amount="$50.00", card="Visa that works")
    await expect(client.page.locator(".wallet__figure")).to_have_text("$50.00")
    with client.expecting("status of 402"):
        await client.click("Add money")
        await add_money(client, amount="$20.00", card="Card that asks for confirmation")
        await client.click("Confirm as the bank would")
        await expect(client.page.locator(".wallet__figure")).to_have_text("$70.00")
    await expect(client.page.locator(".line__title")).to_have_text(["Money added", "Money added"])
