"""Every page on a narrow phone: nothing scrolls sideways, everything has a name, and all of it can be read in light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from server.demo import DEMO_LOGINS, DEMO_PASSWORD
from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenWindow
from tests.browser.visitors import PHONE, Visitor
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader, go_online
from tests.support.servers import PASSWORD, Server

pytestmark = pytest.mark.browser

# A word that no line can break at a space.
LONG_WORD = "incomprehensibilities" * 6


@dataclass(frozen=True)
class Past:
    """One ended consultation with a review, whose it was, and what its reader announced."""

    client: ApiClient
    reader: ApiClient
    id: str
    livestream_id: str


@pytest.fixture(scope="session")
async def past(site: Server) -> Past:
    reader, client = await add_reader(site, name=f"Avery {LONG_WORD[:40]}"), await add_client(site)
    reader_live, client_live = await go_online(site, reader), await site.connect(client)
    asked = await client_live.command("consultation.request", reader_id=reader.id, type="chat", nonce="ask")
    room = {"consultation_id": asked["consultation"]["id"]}
    await reader_live.command("consultation.accept", **room)
    await client_live.command("consultation.join", **room)
    await reader_live.command("consultation.join", **room)
    for number, live in enumerate((client_live, reader_live)):
        await live.command("message.send", content=f"{LONG_WORD} {number}", kind="text", nonce="say", **room)
    await client_live.next_event("consultation.charged", lambda event: event["increment"] == 2)
    await client_live.command("consultation.end", **room)
    await client.post(f"/consultations/{room['consultation_id']}/review", {"rating": 5, "comment": LONG_WORD})
    at = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    draft = {"title": f"About {LONG_WORD}"[:120], "description": LONG_WORD, "category": "Tarot", "scheduled_at": at}
    goal = {"title": LONG_WORD[:80], "goal_minor": 10_000}
    livestream = await reader.post("/livestreams", draft | {"gift_goal": goal})
    return Past(client, reader, room["consultation_id"], livestream.body["id"])


async def inspect(visitor: Visitor, paths: list[str]) -> None:
    for path in paths:
        await visitor.page.emulate_media(color_scheme="light")
        await visitor.visit(path)
        await expect(visitor.page.locator("h1, h2").first).to_be_visible()
        await expect(visitor.page.locator(".skeleton")).to_have_count(0)
        first, _, further = path.partition("?")[0].strip("/").partition("/")
        name = f"{first or 'directory'}{'-one' if further else ''}"
        await visitor.picture(f"{name}-light")
        await check_accessibility(visitor)
        await visitor.page.emulate_media(color_scheme="dark")
        await visitor.picture(f"{name}-dark")
        await check_accessibility(visitor, rules=["color-contrast"])


async def test_every_page_of_a_visitor_fits_a_phone_and_can_be_read(site: Server, past: Past, open_window: OpenWindow) -> None:
    visitor = await open_window(site, "visitor", size=PHONE)
    with visitor.expecting("status of 404", "status of 422"):
        await inspect(visitor, ["/", f"/readers/{past.reader.id}", "/login", "/register", "/reset-password", "/nowhere"])
        await inspect(visitor, ["/live", f"/live/{past.livestream_id}", "/live/nowhere"])
        await inspect(visitor, ["/verify-email?token=used"])


async def test_every_page_of_a_client_fits_a_phone_and_can_be_read(site: Server, past: Past, open_window: OpenWindow) -> None:
    client = await open_window(site, "client", size=PHONE)
    await client.log_in(past.client.email, PASSWORD)
    await inspect(client, ["/live", f"/live/{past.livestream_id}"])
    pages = ["/wallet", "/consultations", f"/consultations/{past.id}", f"/room/{past.id}", "/account", "/notifications"]
    await inspect(client, [f"/readers/{past.reader.id}", *pages])


async def test_every_page_of_a_reader_fits_a_phone_and_can_be_read(site: Server, past: Past, open_window: OpenWindow) -> None:
    reader = await open_window(site, "reader", process=1, size=PHONE)
    await reader.log_in(past.reader.email, PASSWORD)
    await inspect(reader, ["/desk", "/studio", f"/consultations/{past.id}", f"/room/{past.id}"])


async def test_the_admins_page_fits_a_phone_and_can_be_read(site: Server, open_window: OpenWindow) -> None:
    await site.register("reader", display_name=LONG_WORD[:60])
    admin = await open_window(site, "admin", process=1, size=PHONE)
    await admin.log_in(DEMO_LOGINS["admin"], DEMO_PASSWORD)
    await inspect(admin, ["/admin", "/admin/livestreams", "/admin/livestreams?show=ended", "/admin/gift-kinds"])
