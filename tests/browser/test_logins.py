"""A login that ends or is renewed while somebody looks at a page."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from config import limits
from config.clock import MovableClock
from tests.browser.conftest import OpenWindow
from tests.support.consultations import add_client
from tests.support.servers import PASSWORD, Server, StartServer

pytestmark = pytest.mark.browser

UNAUTHORISED = "status of 401"


async def test_a_token_that_runs_out_in_use_is_renewed_in_silence(start_server: StartServer, open_window: OpenWindow) -> None:
    clock = MovableClock()
    server = await start_server(clock=clock)
    person = await server.register(display_name="Robin")
    client = await open_window(server, "client")
    await client.log_in(person.email, PASSWORD)
    clock.advance(limits.ACCESS_TOKEN_SECONDS + 1)
    with client.expecting(UNAUTHORISED):
        await client.follow("Account")
        name = client.page.get_by_label("Name that others see")
        await expect(name).to_have_value("Robin")
        await name.fill("Robin Redbreast")
        clock.advance(limits.ACCESS_TOKEN_SECONDS + 1)
        await client.page.get_by_role("button", name="Save").first.click()
        await client.sees("Saved.")
    await person.refresh()
    assert (await person.get("/me")).body["display_name"] == "Robin Redbreast"


async def test_a_device_logged_out_from_another_is_closed_within_two_seconds(site: Server, open_window: OpenWindow) -> None:
    person = await add_client(site, balance=1000)
    phone, desktop = await open_window(site, "phone", process=0), await open_window(site, "desktop", process=1)
    await phone.log_in(person.email, PASSWORD)
    await phone.follow("Wallet")
    await phone.sees("$10.00")
    await desktop.log_in(person.email, PASSWORD)
    await desktop.follow("Account")
    # The third login is the test's own, by which the person was made.
    devices = desktop.page.locator(".line", has=desktop.page.get_by_role("button", name="Log out"))
    await expect(devices).to_have_count(2)
    await desktop.picture("devices")
    with phone.expecting(UNAUTHORISED):
        await devices.filter(has_text="Chrome").get_by_role("button", name="Log out").click()
        await expect(phone.page).to_have_url(re.compile("/login.*expired"), timeout=2_000)
    await phone.sees("Your login ended. Log in again to go on")
    await desktop.sees("That device is logged out.")
    await expect(devices).to_have_count(1)
    await phone.fill("E-mail", person.email)
    await phone.fill("Password", PASSWORD)
    await phone.click("Log in")
    await expect(phone.page).to_have_url(f"{site.url}/wallet")
