"""A livestream that was recorded in Chromium and is watched again by a visitor, with what was said and given in it."""

from __future__ import annotations

import asyncio

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

STORED_WITHIN_SECONDS = 40


async def publish_once_stored(reader: ApiClient, livestream_id: str) -> None:
    async with asyncio.timeout(STORED_WITHIN_SECONDS):
        while (await reader.get(f"/livestreams/{livestream_id}")).body["recording"]["state"] != "stored":  # noqa: ASYNC110  (nobody is told)
            await asyncio.sleep(0.5)
    published = await reader.patch(f"/livestreams/{livestream_id}/recording", {"is_published": True})
    assert published.status == 200, published.content


async def test_a_published_recording_is_watched_again_with_what_was_said_and_given(site: Server, open_window: OpenWindow) -> None:
    reader, giver = await add_reader(site, name="Mara Lindqvist"), await add_client(site, balance=5_000)
    studio = StudioView(await open_window(site, "studio"))
    viewer = Watcher(await open_window(site, "viewer", process=1))
    await studio.open(reader)
    await studio.go_live(recorded=True)
    livestream_id = await studio.livestream_id(reader)
    await viewer.visitor.log_in(giver.email, PASSWORD)
    await viewer.open(livestream_id)
    await viewer.sees_the_picture_move()
    await viewer.says("Good evening")
    await viewer.reads("Good evening")
    await viewer.gives("Rose")
    await viewer.sees_gift("gives Rose")
    await studio.end()
    await publish_once_stored(reader, livestream_id)

    for name, size in (("late", (1280, 800)), ("late-phone", PHONE)):
        late = Watcher(await open_window(site, name, process=1, size=size))
        await late.visitor.visit("/live")
        await late.page.get_by_role("region", name="Watch again").get_by_role("link").first.click()
        await late.visitor.sees("What was said and given comes up here as you watch.")
        await late.visitor.click("Play")
        await late.sees_the_picture_move()
        await late.reads("Good evening")
        await late.sees_gift("gives Rose")
        await expect(late.page.get_by_role("slider", name="Position")).to_be_visible()
        await late.visitor.picture("replay")
        await check_accessibility(late.visitor)
