"""Two real browsers have their video recorded by the server, stop it, and play it back."""

from __future__ import annotations

import io

import pytest
from playwright.async_api import Browser, expect

from tests.browser.accessibility import check_accessibility
from tests.browser.calls import CallView, Couple, meet
from tests.browser.conftest import OpenWindow
from tests.browser.networks import find_network
from tests.browser.visitors import DESKTOP, PHONE
from tests.media.peers import measure
from tests.recordings.conftest import host_of
from tests.support.servers import Server

pytestmark = pytest.mark.browser

MARK = ".recording-mark"


async def ask_to_record(view: CallView, other: str) -> None:
    await view.control("More").click()
    await view.page.get_by_role("dialog", name="More").get_by_role("button", name="Ask to record").click()
    dialog = view.page.get_by_role("dialog", name=f"Record this talk with {other}?")
    await expect(dialog).to_contain_text("deleted 30 days after it ends")
    await view.visitor.click(f"Ask {other}", within=dialog)
    await expect(view.page.get_by_text("You asked to record.")).to_be_visible()


async def is_recorded(couple: Couple) -> None:
    for view in couple.both:
        await expect(view.page.locator(MARK)).to_have_text("RecordingStop recording")
        await view.sees_the_other()


async def test_a_video_is_recorded_with_both_sides_consent_and_played_back_by_both(
    site: Server, browsers: list[Browser], open_window: OpenWindow
) -> None:
    client = await open_window(site, "client", size=PHONE)
    reader = await open_window(site, "reader", process=1, size=DESKTOP)
    couple = await meet(site, client, reader, "video")
    names = [account.user["display_name"] for account in (couple.client_account, couple.reader_account)]
    words = await couple.client.reads_safety_words()

    await ask_to_record(couple.client, names[1])
    await expect(reader.page.get_by_text(f"{names[0]} asks to record this talk.")).to_be_visible()
    await reader.picture("01-question")
    await check_accessibility(reader)
    await reader.click("Do not record")
    await expect(client.page.get_by_text(f"{names[1]} does not want to be recorded.")).to_be_visible()
    assert not host_of(site).held_ids

    await ask_to_record(couple.client, names[1])
    await reader.click("Agree to record")
    await is_recorded(couple)
    for view in couple.both:
        await view.visitor.picture("02-recording")
        await check_accessibility(view.visitor)
    await couple.client.control("More").click()
    await client.click("Safety words")
    await client.sees("While it is recorded there are no safety words")
    await client.click("Done")
    # The clock runs on, on what passes through the relay.
    spent = await couple.client.figure("Spent").inner_text()
    await expect(couple.client.figure("Spent")).not_to_have_text(spent)
    await reader.page.wait_for_timeout(4_000)
    await _lose_the_network(couple, browsers[0])
    await reader.click("Stop recording")
    for view in couple.both:
        await expect(view.page.locator(MARK)).to_have_count(0)
        await view.sees_the_other()
        await view.expect_clock(running=True)
    await expect(client.page.get_by_text(f"{names[1]} stopped the recording.")).to_be_visible()
    assert await couple.client.reads_safety_words() == words
    await couple.client.end()
    await plays_back(site, couple)


async def _lose_the_network(couple: Couple, browser: Browser) -> None:
    """The clock stands and the recording rests; afterwards both go on, the client's in a part of its own if need be."""
    with (await find_network(browser)).pulled():
        await couple.reader.expect_clock(running=False)
        await expect(couple.reader.page.locator(MARK)).to_contain_text("Recording rests while the clock stands")
        await couple.reader.page.wait_for_timeout(3_000)
    for view in couple.both:
        await view.expect_clock(running=True)
    await is_recorded(couple)
    await couple.reader.page.wait_for_timeout(3_000)


async def plays_back(site: Server, couple: Couple) -> None:
    consultation_id = couple.client.id
    for view in couple.both:
        page = view.page
        await view.visitor.visit(f"/consultations/{consultation_id}")
        await expect(page.locator(".together__side")).to_have_count(2)
        await view.visitor.click("Play")
        # Both pictures move, and neither runs ahead of the other.
        await page.wait_for_function(
            """() => [...document.querySelectorAll(".together video")]
                .filter((video) => video.currentTime > 2 && video.videoWidth > 0).length >= 2"""
        )
        times = await page.evaluate(
            "() => [...document.querySelectorAll('.together video:not([hidden])')].map((v) => v.currentTime)"
        )
        assert abs(times[0] - times[1]) < 1.5, times
        await view.visitor.click("Pause")
        await view.visitor.picture("03-played")
        await check_accessibility(view.visitor)
    reply = await couple.reader_account.get(f"/consultations/{consultation_id}/recordings")
    (recording,) = reply.body["items"]
    assert {file["side"] for file in recording["files"]} == {"client", "reader"}
    for file in recording["files"]:
        content = (await couple.reader_account.get(file["url"], root=True)).content
        found = measure(io.BytesIO(content))
        assert found["container"][0] == pytest.approx(file["seconds"], abs=0.1)
        assert found["video"][1] > 10
        assert found["audio"][0] == pytest.approx(file["seconds"], abs=1.5)
        async with couple.client.page.expect_download() as started:
            await couple.client.page.locator(f'a[href*="/{file["side"]}/{file["part"]}"]').click()
        assert (await started.value).suggested_filename.endswith(f"-{file['side']}-{file['part']}.webm")
