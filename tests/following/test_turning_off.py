"""The signed address in every notification: without a login it makes things quieter, and can do nothing else."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from config.ids import new_id
from tests.following.people import add_livestream, add_readers_with_followers, notifications, tell_followers
from tests.support.clients import ApiClient, Reply
from tests.support.servers import Server


async def told(site: Server) -> tuple[ApiClient, ApiClient, str]:
    """A reader, a follower, and the address in what the follower was told."""
    reader, (follower,) = await add_readers_with_followers(site)
    await tell_followers(site, "reader_live", reader, await add_livestream(site, reader))
    (notification,) = await notifications(follower)
    return reader, follower, notification["off_url"]


async def preferences(person: ApiClient) -> dict[str, Any]:
    items = (await person.get("/me/notification-preferences")).body["items"]
    return {item["kind"]: (item["in_page"], item["by_push"]) for item in items}


async def visit(site: Server, method: str, url: str, **options: Any) -> Reply:
    return await (await site.visitor()).request(method, url, root=True, **options)


def changed(url: str, **values: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{urlencode(dict(parse_qsl(parts.query)) | values)}"


async def test_opening_the_address_shows_a_button_and_changes_nothing(site: Server) -> None:
    reader, follower, url = await told(site)
    page = await visit(site, "GET", url)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.content.count(b"<button>") == 2
    assert f"Stop following {reader.user['display_name']}".encode() in page.content
    assert (await preferences(follower))["reader_live"] == (True, True)


async def test_one_press_turns_the_kind_off(site: Server) -> None:
    reader, follower, url = await told(site)
    for _ in range(2):
        done = await visit(site, "POST", url)
        assert (done.status, b"Done" in done.content) == (200, True)
    every = await preferences(follower)
    assert every.pop("reader_live") == (False, False)
    assert set(every.values()) == {(True, True)}
    assert (await follower.get(f"/readers/{reader.id}")).body["is_followed"] is True


async def test_the_one_click_of_mail_programs_is_enough(site: Server) -> None:
    _reader, follower, url = await told(site)
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await visit(site, "POST", url, data=b"List-Unsubscribe=One-Click", headers=sent)).status == 200
    assert (await preferences(follower))["reader_live"] == (False, False)


async def test_the_other_button_stops_following(site: Server) -> None:
    reader, follower, url = await told(site)
    assert (await visit(site, "POST", changed(url, what="reader"))).status == 200
    assert (await follower.get(f"/readers/{reader.id}")).body["is_followed"] is False
    assert (await preferences(follower))["reader_live"] == (True, True)


async def test_an_address_that_was_changed_is_nothing(site: Server) -> None:
    reader, follower, url = await told(site)
    for forged in (
        changed(url, user=reader.id),
        changed(url, kind="queue_turn"),
        changed(url, reader=str(new_id())),
        changed(url, signature="nonsense"),
    ):
        for method in ("GET", "POST"):
            assert (await visit(site, method, forged)).code == "resource.not_found"
    for nonsense in (changed(url, kind="x"), changed(url, user="x"), changed(url, what="x"), urlsplit(url).path):
        assert (await visit(site, "POST", nonsense)).code == "request.invalid"
    assert (await preferences(follower))["reader_live"] == (True, True)


async def test_names_are_shown_as_text(site: Server) -> None:
    reader, _follower, url = await told(site)
    await reader.patch("/me", {"display_name": "<script>alert(1)</script>"})
    page = await visit(site, "GET", url)
    assert b"<script" not in page.content
    assert b"&lt;script&gt;" in page.content
