"""Following readers: who may, what is counted, and that nobody sees who follows whom."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from config import limits
from config.ids import new_id
from tests.following.people import add_follower
from tests.support.consultations import add_reader
from tests.support.servers import Server


async def test_following_is_counted_once_and_can_be_taken_back(site: Server) -> None:
    reader, client = await add_reader(site), await site.register()
    for _ in range(2):
        reply = await client.put(f"/readers/{reader.id}/follow")
        assert reply.body == {"reader_id": reader.id, "is_followed": True, "followers_count": 1}
    for _ in range(2):
        reply = await client.delete(f"/readers/{reader.id}/follow")
        assert reply.body == {"reader_id": reader.id, "is_followed": False, "followers_count": 0}


async def test_profiles_and_lists_say_how_many_follow_and_whether_the_visitor_does(site: Server) -> None:
    reader = await add_reader(site, name="Fanny Followed")
    follower = await add_follower(site, reader)
    other, stranger = await site.register(), await site.visitor()
    for person, expected in ((follower, True), (other, False), (stranger, None)):
        profile = (await person.get(f"/readers/{reader.id}")).body
        card = (await person.get("/readers", params={"q": "Fanny"})).body["items"][0]
        for found in (profile, card):
            assert (found["followers_count"], found["is_followed"]) == (1, expected)
    assert (await reader.get("/me/reader")).body["followers_count"] == 1


async def test_the_directory_can_be_narrowed_to_followed_readers(site: Server) -> None:
    followed = await add_reader(site)
    await add_reader(site)
    client = await add_follower(site, followed)
    shown = (await client.get("/readers", params={"followed": "true"})).body["items"]
    assert [reader["id"] for reader in shown] == [followed.id]
    stranger = await site.visitor()
    assert (await stranger.get("/readers", params={"followed": "true"})).code == "auth.unauthenticated"
    assert (await client.get("/readers", params={"followed": "perhaps"})).status == 422


async def test_the_own_list_has_the_newest_first_by_pages(site: Server) -> None:
    client = await site.register()
    readers = [await add_reader(site) for _ in range(3)]
    for reader in readers:
        await client.put(f"/readers/{reader.id}/follow")
    first = (await client.get("/me/follows", params={"limit": "2"})).body
    rest = (await client.get("/me/follows", params={"limit": "2", "cursor": first["next_cursor"]})).body
    assert {item["id"] for item in first["items"] + rest["items"]} == {reader.id for reader in readers}
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert (await client.get("/me/follows", params={"cursor": "nonsense"})).status == 422


async def test_only_listed_readers_can_be_followed_and_nobody_themselves(site: Server) -> None:
    client, reader, unlisted = await site.register(), await add_reader(site), await site.register("reader")
    for nobody in (str(new_id()), client.id, unlisted.id, "nonsense"):
        assert (await client.put(f"/readers/{nobody}/follow")).status == 404
        assert (await client.delete(f"/readers/{nobody}/follow")).status == 404
    assert (await reader.put(f"/readers/{reader.id}/follow")).code == "follow.oneself"
    assert (await (await site.visitor()).put(f"/readers/{reader.id}/follow")).status == 401


async def test_readers_may_follow_each_other(site: Server) -> None:
    reader = await add_reader(site)
    other = await add_follower(site, reader, role="reader")
    assert [item["id"] for item in (await other.get("/me/follows")).body["items"]] == [reader.id]


async def test_nobody_follows_more_than_the_maximum(site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOLLOWS_PER_USER", 2)
    client, readers = await site.register(), [await add_reader(site) for _ in range(4)]
    replies = await asyncio.gather(*(client.put(f"/readers/{reader.id}/follow") for reader in readers))
    assert sorted(reply.status for reply in replies) == [200, 200, 409, 409]
    assert {reply.code for reply in replies if reply.status == 409} == {"follow.too_many"}
    assert len((await client.get("/me/follows")).body["items"]) == 2


async def test_many_who_follow_at_once_are_all_counted(site: Server) -> None:
    reader, people = await add_reader(site), [await site.register() for _ in range(8)]
    await asyncio.gather(*(person.put(f"/readers/{reader.id}/follow") for person in people))
    await asyncio.gather(*(person.delete(f"/readers/{reader.id}/follow") for person in people[:3]))
    assert (await people[0].get(f"/readers/{reader.id}")).body["followers_count"] == 5


async def test_the_count_follows_a_deleted_account(site: Server) -> None:
    reader = await add_reader(site)
    leaver, stayer = await add_follower(site, reader), await add_follower(site, reader)
    async with site.database.transaction() as tx:
        await tx.execute("DELETE FROM follows WHERE follower_id = $1", UUID(leaver.id))
    assert (await stayer.get(f"/readers/{reader.id}")).body["followers_count"] == 1


async def test_a_reader_who_is_not_listed_any_more_vanishes_and_can_be_left(site: Server) -> None:
    reader = await add_reader(site)
    client = await add_follower(site, reader)
    async with site.database.transaction() as tx:
        await tx.execute("UPDATE users SET status = 'suspended' WHERE id = $1", UUID(reader.id))
    assert (await client.get("/me/follows")).body["items"] == []
    assert (await client.delete(f"/readers/{reader.id}/follow")).body["is_followed"] is False
    assert (await client.delete(f"/readers/{reader.id}/follow")).status == 404
    async with site.database.connection() as db:
        assert await db.fetch_value("SELECT count(*) FROM follows WHERE reader_id = $1", UUID(reader.id)) == 0


async def test_no_answer_to_a_reader_names_a_follower(site: Server) -> None:
    reader = await add_reader(site)
    follower = await add_follower(site, reader)
    live = await site.connect(reader)
    await follower.delete(f"/readers/{reader.id}/follow")
    await follower.put(f"/readers/{reader.id}/follow")
    seen = [await reader.get(path) for path in (f"/readers/{reader.id}", "/me/reader", "/me/desk", "/me/notifications")]
    assert all(follower.id.encode() not in reply.content for reply in seen)
    assert follower.id not in str(live.events)
