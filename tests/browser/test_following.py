"""A client on a phone follows a reader, is asked once whether the browser may tell them, and is told in the page and outside."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import SETTINGS, OpenWindow
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from tests.following.people import add_livestream, tell_followers
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader
from tests.support.push_service import Browser, run_push_service
from tests.support.servers import PASSWORD, Server, StartServer

pytestmark = pytest.mark.browser

MARA = "Mara Quill"

# The push service of a browser's maker is out of reach of a test: its part of the browser is played by a subscription of ours.
# What a browser remembers over reloads lies in the page's own storage.
_SUBSCRIBED = """({ subscription }) => {
    const kept = (name, value) => value === undefined
        ? globalThis.localStorage?.getItem(`test.${name}`) : localStorage.setItem(`test.${name}`, value);
    const given = () => ({ ...subscription, toJSON: () => subscription,
        options: { applicationServerKey: Uint8Array.from(JSON.parse(kept("key"))).buffer },
        unsubscribe: async () => { localStorage.removeItem("test.key"); return true; } });
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
        kept("key", JSON.stringify([...applicationServerKey]));
        return given();
    };
    PushManager.prototype.getSubscription = async () => (kept("key") ? given() : null);
    Object.defineProperty(Notification, "permission", { get: () => kept("permission") ?? "default" });
    Notification.requestPermission = async () => (kept("permission", "granted"), "granted");
}"""


async def give_subscription(visitor: Visitor, browser: Browser) -> None:
    options = json.dumps({"subscription": browser.subscription()})
    await visitor.context.add_init_script(f"if (location.protocol === 'http:') ({_SUBSCRIBED})({options})")
    await visitor.context.grant_permissions(["notifications"])


async def deliver(visitor: Visitor, message: Any) -> None:
    """Hands a message to the service worker, as the browser does when its push service has one; no page of ours is open then."""
    session = await visitor.context.new_cdp_session(visitor.page)
    registered: asyncio.Queue[str] = asyncio.Queue()

    def note(event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            registered.put_nowait(registration["registrationId"])

    session.on("ServiceWorker.workerRegistrationUpdated", note)
    await session.send("ServiceWorker.enable")
    async with asyncio.timeout(10):
        registration_id = await registered.get()
    await visitor.page.goto("about:blank")
    await session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": visitor.url, "registrationId": registration_id, "data": json.dumps(message)},
    )


async def shown_notifications(visitor: Visitor) -> Any:
    return await visitor.page.evaluate(
        """async () => (await (await navigator.serviceWorker.ready).getNotifications())
            .map(({ title, body, tag, data }) => ({ title, body, tag, data }))"""
    )


async def until_subscribed(server: Server) -> None:
    async with asyncio.timeout(10):
        while not await _count_subscriptions(server):  # noqa: ASYNC110  (the page has said all that it says)
            await asyncio.sleep(0.02)


async def _count_subscriptions(server: Server) -> int:
    async with server.database.connection() as db:
        return int(await db.fetch_value("SELECT count(*) FROM push_subscriptions"))


async def look_at(visitor: Visitor, stage: str) -> None:
    for scheme in ("light", "dark"):
        await visitor.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        await visitor.picture(f"{stage}-{scheme}")
        await check_accessibility(visitor)
    await visitor.page.emulate_media(color_scheme="light")


async def make_people(server: Server) -> tuple[ApiClient, ApiClient]:
    return await add_reader(server, rate=100, name=MARA), await add_client(server, balance=1000)


async def test_who_follows_a_reader_is_told_in_the_page_and_outside_it(
    start_server: StartServer, open_window: OpenWindow
) -> None:
    server = await start_server({**SETTINGS, "push": {"allow_private": True}})
    account, person = await make_people(server)
    client = await open_window(server, "client", size=PHONE)
    async with run_push_service() as service:
        browser = service.subscribe()
        await give_subscription(client, browser)
        await client.log_in(person.email, PASSWORD)
        await client.visit(f"/readers/{account.id}")

        # By keyboard alone.
        button = client.page.get_by_role("button", name=re.compile(f"^Follow(ing)? {MARA}$"))
        await button.focus()
        await client.page.keyboard.press("Enter")
        await expect(button).to_have_attribute("aria-pressed", "true")
        await client.sees("1 follower")
        offer = client.page.get_by_role("region", name="Be told also when this site is closed?")
        await expect(offer).to_be_visible()
        await look_at(client, "offer")
        await client.click("Turn on notifications", within=offer)
        await expect(offer).to_be_hidden()

        bell = client.page.get_by_role("link", name=re.compile("^Notifications"))
        await expect(bell).to_have_accessible_name("Notifications")
        await until_subscribed(server)
        livestream_id = await add_livestream(server, account)
        await tell_followers(server, "reader_live", account, livestream_id)
        await client.sees(f"{MARA} is live")
        await expect(bell).to_have_accessible_name("Notifications, 1 unread")
        await client.picture("told")

        # The same, sealed for this browser, at its push service.
        message = browser.open((await service.next_of(browser)).body)
        await deliver(client, message)
        await client.visit("/notifications")
        async with asyncio.timeout(10):
            while not (shown := await shown_notifications(client)):  # noqa: ASYNC110  (the browser tells nobody)
                await asyncio.sleep(0.05)
        assert shown == [
            {
                "title": f"{MARA} is live",
                "body": "Tea and cards",
                "tag": message["id"],
                "data": {"url": f"/live/{livestream_id}", "offUrl": message["off_url"]},
            }
        ]
        await expect(client.page.locator(".told__item")).to_have_attribute("href", f"/live/{livestream_id}")
        await client.sees("New")
        await expect(bell).to_have_accessible_name("Notifications")
        await look_at(client, "list")
        assert (await person.get("/me/notifications")).body["unread_count"] == 0

        await client.follow("Choose what you are told")
        await client.sees("This browser tells you also when the site is closed")
        box = client.page.get_by_role("checkbox", name="A reader I follow goes live: by push")
        await box.uncheck()
        await expect(box).not_to_be_checked()
        await look_at(client, "settings")
        await client.page.reload()
        await expect(box).not_to_be_checked()
        await client.click("Turn off")
        await client.sees("This browser says nothing while the site is closed.")

        # What the message's own address does needs no login.
        await client.context.clear_cookies()
        await client.visit(message["off_url"])
        await look_at(client, "off")
        await client.click("Turn off messages when a reader you follow goes live")
        await client.sees("You will not get messages when a reader you follow goes live any more.")
        await look_at(client, "done")
        items = (await person.get("/me/notification-preferences")).body["items"]
        assert [item["kind"] for item in items if not item["in_page"]] == ["reader_live"]


async def test_followed_readers_can_be_found_again(start_server: StartServer, open_window: OpenWindow) -> None:
    server = await start_server(SETTINGS)
    account, person = await make_people(server)
    await add_reader(server, name="Somebody Else")
    stranger, client = await open_window(server, "stranger"), await open_window(server, "client", process=1)
    await stranger.visit(f"/readers/{account.id}")
    await stranger.page.get_by_role("link", name=f"Follow {MARA}").click()
    await expect(stranger.page).to_have_url(re.compile(f"/login.next=%2Freaders%2F{account.id}"))
    await client.log_in(person.email, PASSWORD)
    await person.put(f"/readers/{account.id}/follow")
    await client.visit("/")
    await expect(client.page.locator(".reader-card")).to_have_count(2)
    await client.page.get_by_role("checkbox", name="Followed").check(force=True)
    await expect(client.page).to_have_url(f"{server.url}/?followed=true")
    await expect(client.page.locator(".reader-card")).to_have_count(1)
    await client.sees(MARA)
    await look_at(client, "directory")
    await client.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await client.visit("/?followed=true&sort=rate")
    await expect(client.page.locator(".reader-card")).to_have_count(1)
    await look_at(client, "directory-phone")
    await client.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    await client.visit(f"/readers/{account.id}")
    await client.click(f"Following {MARA}")
    await client.sees(f"You do not follow {MARA} any more.")
    await look_at(client, "profile")
    await client.visit("/?followed=true")
    await client.sees("Nobody you follow is here")
    await client.visit("/notifications")
    await client.sees("Nothing yet")
    await look_at(client, "nothing")
    await client.visit("/account#notifications")
    await client.sees("You follow nobody yet.")
    await look_at(client, "account")
