"""Calls as two people see them: asking for one, getting ready, and what picture, sound and controls show."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from tests.browser.people import open_desk
from tests.browser.rooms import RoomView
from tests.browser.visitors import Visitor
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server

CHAT_RATE, CALL_RATE, VIDEO_RATE = 200, 300, 400
CLIENT_BALANCE = 20_000
DEVICES = ["camera", "microphone"]


class CallView(RoomView):
    """A room with sound or picture."""

    @property
    def picture(self) -> Locator:
        """The other's."""
        return self.page.locator(".stage__picture")

    @property
    def quality(self) -> Locator:
        return self.page.locator(".stage__signs [role=status]")

    def control(self, name: str) -> Locator:
        return self.page.get_by_label("Controls of the call").get_by_role("button", name=name, exact=True)

    async def has_opened(self) -> None:
        await expect(self.page).to_have_url(re.compile("/room/"))
        await expect(self.page.get_by_label("Controls of the call")).to_be_visible()

    async def join(self, text: str = "Join") -> None:
        await self.visitor.click(text)
        await expect(self.control("Mute")).to_be_visible()

    async def sees_the_other(self) -> None:
        """Pictures come in one after another, and they show something."""
        await expect(self.picture).to_be_visible()
        await self.page.wait_for_function(
            """() => {
                const video = document.querySelector(".stage__picture");
                if (!video || video.videoWidth === 0) return false;
                const canvas = new OffscreenCanvas(32, 32);
                const paint = canvas.getContext("2d");
                paint.drawImage(video, 0, 0, 32, 32);
                const isColoured = paint.getImageData(0, 0, 32, 32).data.some((value, at) => at % 4 === 1 && value > 60);
                const frames = video.getVideoPlaybackQuality().totalVideoFrames;
                window.seenFrames ??= frames;
                return isColoured && frames > window.seenFrames + 5;
            }"""
        )
        await self.page.evaluate("() => { delete window.seenFrames }")

    async def reads_safety_words(self) -> list[str]:
        await self.control("More").click()
        await self.visitor.click("Safety words")
        dialog = self.page.get_by_role("dialog", name="Safety words")
        await expect(dialog.get_by_role("listitem")).to_have_count(4)
        words = await dialog.get_by_role("listitem").all_inner_texts()
        await self.visitor.click("Done", within=dialog)
        return words

    async def go_on(self, way: str) -> None:
        """By one press in the sheet behind "More"."""
        await self.control("More").click()
        await self.page.get_by_role("dialog", name="More").get_by_role("button", name=way).click()

    async def open_chat(self) -> None:
        if not await self.composer.is_visible():
            await self.page.get_by_role("button", name=re.compile("^Chat")).click()
        await expect(self.composer).to_be_visible()


@dataclass(frozen=True)
class Couple:
    """Two people in a room of their own."""

    client: CallView
    reader: CallView
    client_account: ApiClient
    reader_account: ApiClient

    @property
    def both(self) -> tuple[CallView, CallView]:
        return self.client, self.reader


async def ask(client: Visitor, reader: ApiClient, kind: str) -> None:
    """`kind`: "call" or "video"."""
    await client.visit(f"/readers/{reader.id}")
    await client.page.get_by_role("radio", name=kind.capitalize()).check(force=True)
    await client.page.get_by_role("button", name=f"Start {kind}").click()
    await client.sees(f"Asking {reader.user['display_name']}…")


async def meet(server: Server, client: Visitor, reader: Visitor, kind: str, *, balance: int = CLIENT_BALANCE) -> Couple:
    """From the profile to a clock that runs: asked, checked while it rings, accepted, checked, joined."""
    reader_account = await add_reader(server, rate=CHAT_RATE, call=CALL_RATE, video=VIDEO_RATE)
    client_account = await add_client(server, balance=balance)
    for visitor in (client, reader):
        await visitor.context.grant_permissions(DEVICES)
    await open_desk(reader, reader_account)
    await client.log_in(client_account.email, PASSWORD)
    await ask(client, reader_account, kind)
    await client.click(f"Join when {reader_account.user['display_name']} answers")
    await client.sees("You are ready.")
    await reader.click("Accept")
    couple = Couple(CallView(client), CallView(reader), client_account, reader_account)
    for view in couple.both:
        await view.has_opened()
    await expect(couple.client.notice).to_contain_text("The clock has not started.")
    await couple.reader.join("Join" if kind == "video" else "Join with sound")
    for view in couple.both:
        await view.expect_clock(running=True)
    return couple


async def second_page(view: CallView) -> Page:
    """The same person opens the same room once more."""
    page = await view.visitor.context.new_page()
    await page.goto(view.page.url)
    return page
