"""One person alone, in one browser, tries a video consultation with the demonstration's guide."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from server.demo import DEMO_LOGINS, DEMO_PASSWORD
from server.demo_guide import CALL_GREETING
from server.demo_readers import GUIDE
from tests.browser.calls import DEVICES, CallView
from tests.browser.conftest import OpenWindow
from tests.browser.rooms import SPENT
from tests.browser.visitors import DESKTOP
from tests.support.servers import Server

pytestmark = pytest.mark.browser


async def test_a_video_with_the_demonstrations_guide_needs_nobody_else(site: Server, open_window: OpenWindow) -> None:
    client = await open_window(site, "client", size=DESKTOP)
    await client.context.grant_permissions(DEVICES)
    await client.log_in(DEMO_LOGINS["client"], DEMO_PASSWORD)
    await client.page.get_by_role("link", name=GUIDE.display_name).click()
    await client.page.get_by_role("radio", name="Video").check(force=True)
    await client.page.get_by_role("button", name="Start video").click()
    view = CallView(client)
    await expect(client.page).to_have_url(re.compile("/room/"))
    await view.join()
    await view.expect_clock(running=True)
    await view.sees_the_other()
    await expect(view.quality).to_contain_text("Good connection")
    await client.picture("01-video")
    await expect(view.figure(SPENT)).not_to_have_text("$0.00")
    await view.open_chat()
    await expect(client.page.get_by_text(CALL_GREETING)).to_be_visible()
    await client.page.reload()
    await view.sees_the_other()
    await view.expect_clock(running=True)
    await view.go_on("Go on with sound only")
    await expect(view.picture).to_have_count(0)
    await view.expect_clock(running=True)
    await view.go_on("Go on with picture")
    await client.click("Go on at $2.99 a minute")
    await view.sees_the_other()
    await view.go_on("Go on by chat")
    await expect(view.picture).to_have_count(0)
    await view.expect_clock(running=True)
    await view.end()
    await client.picture("02-summary")
