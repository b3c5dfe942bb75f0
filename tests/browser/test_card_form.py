"""Paying in Stripe's own fields: under the policy that the server sends, in the room's sheet, with the bank asking in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from billing.gateways.stripe import open_stripe_client
from billing.gateways.stripe_stand_in import StripeStandIn, run_stripe_stand_in
from tests.browser.conftest import OpenWindow
from tests.browser.people import accept, open_desk, request_chat
from tests.browser.stripe_pages import serve_stripe
from tests.browser.visitors import PHONE
from tests.support.consultations import add_client, add_reader
from tests.support.postgres import TestPostgres
from tests.support.servers import PASSWORD, Server, run_server

pytestmark = pytest.mark.browser
WEBHOOK_SECRET = "whsec_of_the_card_form"


@pytest.fixture(scope="module")
async def stripe_api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StripeStandIn]:
    async with run_stripe_stand_in(tmp_path_factory.mktemp("payments"), webhook_secret=WEBHOOK_SECRET) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
async def site_with_keys(
    postgres: TestPostgres, stripe_api: StripeStandIn, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """A site whose keys are set; the API that they are for is the stand-in."""
    keys = {
        "api_key": stripe_api.api_key,
        "api_base": stripe_api.api_base,
        "webhook_secret": WEBHOOK_SECRET,
        "publishable_key": "pk_test_x",
    }
    folder: Path = tmp_path_factory.mktemp("var")
    async with postgres.database() as dsn, run_server(dsn, folder, overrides={"stripe": keys}) as server:
        await stripe_api.send_webhooks_to(f"{server.url}/api/v1/webhooks/stripe")
        yield server


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_money_is_added_by_card_in_the_room(
    site_with_keys: Server, stripe_api: StripeStandIn, open_window: OpenWindow, scheme: str
) -> None:
    site = site_with_keys
    reader_account, client_account = await add_reader(site, rate=400), await add_client(site, balance=700)
    reader = await open_window(site, "reader")
    client = await open_window(site, "client", process=1, size=PHONE, color_scheme=scheme)
    await open_desk(reader, reader_account)
    await client.log_in(client_account.email, PASSWORD)
    await request_chat(client, reader_account)
    await accept(reader)
    async with open_stripe_client(api_key=stripe_api.api_key, api_base=stripe_api.api_base) as api:
        await serve_stripe(client.context, api)
        await client.click("Add money")
        sheet = client.page.get_by_role("dialog", name="Add money")
        await client.click("Continue with $10.00", within=sheet)
        await client.page.frame_locator("iframe[title=fields]").get_by_label("Card number").fill("4242 4242 4242 4242")
        await client.picture(f"card-{scheme}")
        await client.click("Pay $10.00", within=sheet)
        await client.picture(f"bank-{scheme}")
        await client.page.frame_locator("iframe[title=bank]").get_by_role("button", name="Yes, it is me").click()
        await expect(sheet.get_by_text("$10.00 added to your wallet.")).to_be_visible()
        await client.click("Close", within=sheet)
    await expect(client.page.get_by_label("Write a message", exact=True)).to_be_editable()
    assert client.page.url.startswith(f"{site.url}/room/")
