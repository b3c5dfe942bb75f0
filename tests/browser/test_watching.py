"""A reader's livestream in Chromium, from the studio's camera to a phone's screen and back as chat and gifts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import check_accessibility
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
    return Evening(reader, giver, studio, phone, desk, livestream_id)


async def test_a_gift_sent_on_a_phone_appears_on_every_screen(evening: Evening) -> None:
    phone, desk = evening.phone, evening.desk
    for watcher in (phone, desk):
        await watcher.visitor.picture("picture")
        await check_accessibility(watcher.visitor)
    await phone.gives("Rose", more=2, words="For your patience")
    for watcher in (phone, desk):
        await watcher.sees_gift("For your patience")
        await watcher.visitor.picture("gift")
    await expect(phone.page.get_by_role("button", name="Once more")).to_be_visible()
    assert (await evening.giver.get("/wallet")).body["balance_minor"] == 5_000 - 3 * 299


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
