"""Booking a time on the pages: choosing it in one's own zone, seeing it come, the waiting room, and giving it up."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import check_accessibility
from tests.browser.calls import DEVICES, CallView
from tests.browser.conftest import SETTINGS, OpenWindow
from tests.browser.rooms import RoomView
from tests.browser.visitors import PHONE, Visitor
from tests.support.bookings import book, offer_times
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server, StartServer

pytestmark = pytest.mark.browser


@pytest.fixture
async def site_with_fee(start_server: StartServer) -> Server:
    overrides = {**SETTINGS, "consultations": {"client_no_show_minutes": 2}}
    return await start_server(overrides, demo=True, payments=True)


async def make_people(server: Server) -> tuple[ApiClient, ApiClient]:
    reader, client = await add_reader(server, name="Mara"), await add_client(server, balance=10_000)
    await offer_times(reader, time_zone="America/New_York")
    return reader, client


async def inspect(visitor: Visitor, name: str) -> None:
    await visitor.picture(f"{name}-light")
    await check_accessibility(visitor)
    await visitor.page.emulate_media(color_scheme="dark")
    await visitor.picture(f"{name}-dark")
    await check_accessibility(visitor, rules=["color-contrast"])
    await visitor.page.emulate_media(color_scheme="light")


async def bring_near(server: Server, consultation_id: str, *, in_seconds: float) -> None:
    """The time of a booking comes; nothing else of it changes."""
    at = server.clock.now() + timedelta(seconds=in_seconds)
    async with server.database.transaction() as tx:
        await tx.execute(
            "UPDATE consultations SET scheduled_at = $2, waiting_room_opens_at = $2::timestamptz - interval '10 minutes',"
            " kept_free_from_at = $2::timestamptz - interval '5 minutes', version = version + 1 WHERE id = $1",
            UUID(consultation_id),
            at,
        )


async def test_a_time_is_booked_waited_for_and_begins_by_itself(site_with_fee: Server, open_window: OpenWindow) -> None:
    reader_account, client_account = await make_people(site_with_fee)
    client = await open_window(site_with_fee, "client", size=PHONE, timezone_id="Europe/Berlin")
    reader = await open_window(site_with_fee, "reader", process=1)
    await reader.log_in(reader_account.email, PASSWORD)
    await reader.sees("When clients book a time within your hours, it appears here.")
    await client.log_in(client_account.email, PASSWORD)
    await client.visit(f"/readers/{reader_account.id}")
    await client.click("Book a time")
    dialog = client.page.get_by_role("dialog", name="Book Mara")
    await expect(dialog.get_by_text("Mara's own time zone is America/New_York")).to_be_visible()
    await dialog.get_by_label("How long?").select_option(label="45 minutes")
    await dialog.locator(".day-strip").get_by_role("radio").nth(2).check(force=True)
    await dialog.locator(".time-grid").get_by_role("radio").nth(9).check(force=True)
    await expect(dialog.get_by_text(re.compile("^For Mara that is "))).to_be_visible()
    await expect(dialog.get_by_text("If you do not come while the reader waits, $7.98 is charged.")).to_be_visible()
    await inspect(client, "booking")
    await dialog.get_by_role("button", name=re.compile("^Book chat · ")).click()
    await expect(client.page.get_by_role("dialog", name="It is booked")).to_be_visible()
    await inspect(client, "booked")
    await expect(reader.page.get_by_text(re.compile("Chat · .* · 45 minutes"))).to_be_visible()
    letter = await site_with_fee.letter_saying(client_account.email, "Chat with Mara is booked.")
    assert "Europe/Berlin" in letter["text"], "the browser's zone became the account's"
    await client.follow("See your bookings")
    await expect(client.page.get_by_role("heading", name="Coming up")).to_be_visible()
    await inspect(client, "coming")
    (booking,) = (await client_account.get("/me/bookings")).body["items"]

    await bring_near(site_with_fee, booking["id"], in_seconds=400)
    for visitor in (client, reader):
        await visitor.page.reload()
    await expect(reader.page.locator(".wide-bar--live")).to_contain_text(re.compile("begins in 6:"))
    await client.page.locator(".wide-bar--live").get_by_role("link", name="Open the waiting room").click()
    await client.sees("You are in the waiting room")
    await client.sees("Mara is not here yet")
    await reader.page.locator(".wide-bar--live").get_by_role("link", name="Open the waiting room").click()
    await client.sees("Mara is here")
    await inspect(client, "waiting-room")
    await reader.picture("waiting-room-desktop")
    # One of them looks elsewhere meanwhile, and is taken in when it begins.
    await reader.page.go_back()
    await expect(reader.page).to_have_url(f"{reader.url}/desk")
    await bring_near(site_with_fee, booking["id"], in_seconds=0)
    rooms = RoomView(client), RoomView(reader)
    for room in rooms:
        await room.has_opened()
        await room.expect_clock(running=True)
    await rooms[0].end()


async def test_a_booked_video_opens_by_itself_for_who_got_ready_in_the_waiting_room(
    site_with_fee: Server, open_window: OpenWindow
) -> None:
    reader_account = await add_reader(site_with_fee, name="Mara", rate=200, call=300, video=400)
    client_account = await add_client(site_with_fee, balance=20_000)
    await offer_times(reader_account)
    client = await open_window(site_with_fee, "client", size=PHONE)
    reader = await open_window(site_with_fee, "reader", process=1)
    at = site_with_fee.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    booking = (await book(client_account, reader_account, at, type="video")).body
    await bring_near(site_with_fee, booking["id"], in_seconds=400)
    for visitor, account in ((client, client_account), (reader, reader_account)):
        await visitor.context.grant_permissions(DEVICES)
        await visitor.log_in(account.email, PASSWORD)
        await visitor.visit(f"/room/{booking['id']}")
        await visitor.click("Join when it begins")
        await visitor.sees("You are ready. The call opens by itself when it begins.")
    await inspect(client, "waiting-for-video")
    await bring_near(site_with_fee, booking["id"], in_seconds=0)
    for view in (CallView(client), CallView(reader)):
        await view.has_opened()
        await view.sees_the_other()
        await view.expect_clock(running=True)
    await CallView(client).end()


async def test_a_booking_is_cancelled_by_keyboard_with_a_word_for_the_other(
    site_with_fee: Server, open_window: OpenWindow
) -> None:
    reader_account, client_account = await make_people(site_with_fee)
    quarter = timedelta(minutes=15)
    now = site_with_fee.clock.now()
    at = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1) + quarter
    reply = await book(client_account, reader_account, at)
    assert reply.status == 201, reply.content
    client = await open_window(site_with_fee, "client")
    reader = await open_window(site_with_fee, "reader", process=1, size=PHONE)
    await client.log_in(client_account.email, PASSWORD)
    await client.visit("/consultations")
    await client.sees(re.compile("Chat · .* · 30 minutes"))
    await reader.log_in(reader_account.email, PASSWORD)
    await reader.sees("Coming up")
    await inspect(reader, "desk-with-booking")
    cancel = reader.page.get_by_role("button", name="Cancel the booking")
    await cancel.focus()
    await reader.page.keyboard.press("Enter")
    dialog = reader.page.get_by_role("dialog", name=re.compile("^Cancel with "))
    await expect(dialog).to_be_visible()
    await reader.page.keyboard.press("Tab")
    await reader.page.keyboard.type("I lost my voice")
    await inspect(reader, "cancelling")
    await dialog.get_by_role("button", name="Cancel it").focus()
    await reader.page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await reader.sees("When clients book a time within your hours, it appears here.")
    await client.sees(re.compile("^Mara cancelled the booking of "))
    await expect(client.page.get_by_role("heading", name="Coming up")).to_have_count(0)
    await site_with_fee.letter_saying(client_account.email, "I lost my voice")
    await client.visit(f"/room/{reply.body['id']}")
    await client.sees("The reader cancelled. You were not charged.")


async def test_a_time_that_somebody_else_takes_meanwhile_is_said_and_the_others_are_shown(
    site_with_fee: Server, open_window: OpenWindow
) -> None:
    reader_account, client_account = await make_people(site_with_fee)
    other = await add_client(site_with_fee)
    client = await open_window(site_with_fee, "client", size=PHONE)
    await client.log_in(client_account.email, PASSWORD)
    await client.visit(f"/readers/{reader_account.id}")
    await client.click("Book a time")
    dialog = client.page.get_by_role("dialog", name="Book Mara")
    await dialog.locator(".day-strip").get_by_role("radio").nth(1).check(force=True)
    times = dialog.locator(".time-grid").get_by_role("radio")
    chosen = times.nth(4)
    await chosen.check(force=True)
    at = await chosen.get_attribute("value")
    count = await times.count()
    payload = {"reader_id": reader_account.id, "type": "chat", "scheduled_at": at, "minutes": 30}
    assert (await other.post("/consultations", payload)).status == 201
    with client.expecting("status of 409"):
        await dialog.get_by_role("button", name=re.compile("^Book chat · ")).click()
        await client.sees("Somebody else has just booked this time. Choose another one.")
    await dialog.locator(".day-strip").get_by_role("radio").nth(1).check(force=True)
    await expect(times).to_have_count(count - 3)
    await expect(dialog.locator(f'input[value="{at}"]')).to_have_count(0)
