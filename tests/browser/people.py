"""What clients and readers do on the pages, each as one step."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.rooms import RoomView
from tests.browser.visitors import Visitor
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader
from tests.support.servers import PASSWORD, Server


async def register(visitor: Visitor, *, name: str, email: str, role: str = "I am a reader") -> None:
    await visitor.visit("/register")
    await visitor.page.get_by_role("radio", name=role).check(force=True)
    await visitor.fill("Name that others see", name)
    await visitor.fill("E-mail", email)
    await visitor.fill("Password", PASSWORD)
    await visitor.click("Create account")
    await expect(visitor.page).not_to_have_url(f"{visitor.url}/register")


async def add_money(visitor: Visitor, *, amount: str, card: str | None = None) -> None:
    """Fills in the form on whatever page shows it; returns when the button was pressed."""
    await visitor.page.get_by_role("radio", name=amount).check(force=True)
    if card is not None:
        await visitor.page.get_by_label("Test card").select_option(label=card)
    await visitor.click(f"Add {amount}")


async def open_desk(visitor: Visitor, reader: ApiClient) -> None:
    await visitor.log_in(reader.email, PASSWORD)
    await expect(visitor.page).to_have_url(f"{visitor.url}/desk")
    await choose_status(visitor, "Free now")


async def choose_status(visitor: Visitor, status: str) -> None:
    button = visitor.page.get_by_role("button", name=status, exact=True)
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(button).to_have_attribute("aria-busy", "false")


async def request_chat(client: Visitor, reader: ApiClient) -> None:
    await client.visit(f"/readers/{reader.id}")
    await client.page.get_by_role("button", name="Start chat").click()
    await client.sees(f"Asking {reader.user['display_name']}…")


async def accept(reader: Visitor) -> None:
    await reader.click("Accept")
    await RoomView(reader).has_opened()


async def start_talking(client: Visitor, reader: Visitor, server: Server) -> tuple[RoomView, RoomView]:
    """Two people of their own, logged in, in a room whose clock runs."""
    reader_account, client_account = await add_reader(server, rate=100), await add_client(server, balance=10_000)
    await open_desk(reader, reader_account)
    await client.log_in(client_account.email, PASSWORD)
    await request_chat(client, reader_account)
    await accept(reader)
    rooms = RoomView(client), RoomView(reader)
    await rooms[0].has_opened()
    await rooms[0].expect_clock(running=True)
    return rooms
