"""Making livestreams over HTTP: drafts, lists, changes, and the back office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from config.fields import render_instant
from tests.livestreams.people import DRAFT, Show
from tests.support.clients import ApiClient
from tests.support.consultations import add_reader
from tests.support.servers import Server

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea73581e40000000049454e44ae426082"
)


def ahead(server: Server, **delta: float) -> str:
    return render_instant(server.clock.now() + timedelta(**delta))


async def upload(person: ApiClient) -> str:
    import aiohttp

    form = aiohttp.FormData()
    form.add_field("file", PNG, filename="cover.png", content_type="image/png")
    reply = await person.request("POST", "/uploads", data=form)
    assert reply.status == 201, reply.content
    return str(reply.body["id"])


async def test_a_livestream_is_made_with_all_that_is_said_of_it(stage: Server) -> None:
    reader = await add_reader(stage)
    cover = await upload(reader)
    draft = DRAFT | {
        "title": "  Evening cards ",
        "scheduled_at": ahead(stage, hours=3),
        "cover_upload_id": cover,
        "is_recorded": True,
        "gift_goal": {"title": "A new deck", "goal_minor": 5000},
    }
    reply = await reader.post("/livestreams", draft, key="once")
    assert reply.status == 201, reply.content
    made = reply.body
    assert (made["title"], made["cover_url"], made["is_recorded"]) == ("Evening cards", f"/api/v1/uploads/{cover}", True)
    assert made["gift_goal"] == {"title": "A new deck", "goal_minor": 5000, "reached_minor": 0}
    assert (made["status"], made["scheduled_at"], made["currency"]) == ("scheduled", draft["scheduled_at"], "USD")
    assert (await reader.post("/livestreams", draft, key="once")).body == made
    assert (await (await stage.visitor()).get(f"/livestreams/{made['id']}")).body == made


async def test_what_cannot_be_is_refused_with_the_field(stage: Server) -> None:
    reader, other = await add_reader(stage), await add_reader(stage)
    client = await stage.register("client")
    theirs = await upload(other)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"title": " "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": None}, "title"),
        ({"category": ""}, "category"),
        ({"description": "x" * 2001}, "description"),
        ({"scheduled_at": ahead(stage, seconds=-1)}, "scheduled_at"),
        ({"scheduled_at": ahead(stage, days=366)}, "scheduled_at"),
        ({"scheduled_at": "tomorrow"}, "scheduled_at"),
        ({"cover_upload_id": theirs}, "cover_upload_id"),
        ({"cover_upload_id": "01890000-0000-7000-8000-000000000000"}, "cover_upload_id"),
        ({"gift_goal": {"title": "x", "goal_minor": 0}}, "gift_goal.goal_minor"),
        ({"gift_goal": {"title": "x", "goal_minor": 10**9}}, "gift_goal.goal_minor"),
        ({"status": "live"}, "status"),
    ]
    for fields, path in wrong:
        reply = await reader.post("/livestreams", DRAFT | fields)
        assert (reply.status, [field["path"] for field in reply.body["fields"]]) == (422, [path]), (fields, reply.content)
    assert (await client.post("/livestreams", DRAFT)).status == 403
    assert (await (await stage.visitor()).post("/livestreams", DRAFT)).status == 401


async def test_a_reader_has_so_many_waiting_and_no_more(stage: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.LIVESTREAMS_COMING", 2)
    show = await Show.prepare(stage)
    await show.create()
    assert (await show.reader.post("/livestreams", DRAFT)).code == "livestream.too_many"
    assert (await show.reader.post(f"/livestreams/{show.id}/cancel")).status == 200
    await show.create()


async def test_changes_are_the_readers_own_and_told(stage: Server) -> None:
    show = await Show.prepare(stage, draft={"scheduled_at": ahead(stage, hours=2)})
    viewer = await show.add()
    await viewer.join()
    path = f"/livestreams/{show.id}"
    reply = await show.reader.patch(path, {"title": "New", "scheduled_at": None, "gift_goal": {"title": "x", "goal_minor": 9}})
    assert reply.status == 200, reply.content
    assert (reply.body["title"], reply.body["scheduled_at"], reply.body["version"]) == ("New", None, 2)
    assert await viewer.told("changed") == reply.body
    assert (await show.reader.patch(path, {"title": "New"})).body["version"] == 2, "nothing has changed"
    assert (await show.reader.patch(path, {"gift_goal": None})).body["gift_goal"] is None
    for bad in ({}, {"title": None}, {"reader_id": show.reader.id}):
        assert (await show.reader.patch(path, bad)).status == 422
    other = await add_reader(stage)
    assert (await other.patch(path, {"title": "Mine"})).status == 404
    assert (await other.post(f"{path}/cancel")).status == 404
    await show.publish()
    assert (await show.reader.patch(path, {"is_recorded": True})).code == "livestream.not_scheduled"
    assert (await show.reader.post(f"{path}/cancel")).code == "livestream.not_scheduled"
    assert (await show.reader.patch(path, {"title": "Live"})).body["title"] == "Live"
    await show.end()
    assert (await show.reader.patch(path, {"title": "Over"})).code == "livestream.ended"


async def test_a_cancelled_livestream_is_over_for_who_waits(stage: Server) -> None:
    show = await Show.prepare(stage)
    viewer = await show.add()
    await viewer.join()
    reply = await show.reader.post(f"/livestreams/{show.id}/cancel")
    assert (reply.status, reply.body["status"], reply.body["end_reason"]) == (200, "cancelled", "cancelled")
    assert await viewer.told("ended") == reply.body
    assert (await show.reader.post(f"/livestreams/{show.id}/cancel")).body == reply.body
    assert await show.refused() == "livestream.ended"


async def listed(person: ApiClient, **params: str) -> list[str]:
    reply = await person.get("/livestreams", params=params)
    assert reply.status == 200, reply.content
    return [item["id"] for item in reply.body["items"]]


async def test_lists_show_what_goes_on_then_what_comes_and_own_ones_more(stage: Server) -> None:
    visitor = await stage.visitor()
    show = await Show.prepare(stage, draft={"scheduled_at": ahead(stage, hours=5)})
    reader_id, later = show.reader.id, show.id
    soon = (await show.create(scheduled_at=ahead(stage, hours=1)))["id"]
    draft = (await show.create())["id"]
    over = (await show.create())["id"]
    await show.go_live()
    await show.end()
    live = (await show.create())["id"]
    await show.go_live()
    assert await listed(visitor, reader_id=reader_id) == [live, soon, later]
    assert await listed(visitor, reader_id=reader_id, status="scheduled") == [soon, later]
    assert await listed(visitor, reader_id=reader_id, status="live") == [live]
    assert await listed(visitor, reader_id=reader_id, status="ended") == []
    own = await listed(show.reader, reader_id=reader_id)
    assert own == [live, draft, soon, later, over]
    assert live in await listed(visitor)
    paged: list[str] = []
    params = {"reader_id": reader_id, "limit": "2"}
    while True:
        reply = await show.reader.get("/livestreams", params=params)
        paged += [item["id"] for item in reply.body["items"]]
        if reply.body["next_cursor"] is None:
            break
        params["cursor"] = reply.body["next_cursor"]
    assert paged == own
    assert (await visitor.get("/livestreams", params={"status": "gone"})).status == 422
    assert (await visitor.get("/livestreams", params={"cursor": "x"})).status == 422
    admin = await stage.make_admin()
    await admin.patch(f"/admin/users/{reader_id}", {"status": "banned", "reason": "x"})
    assert await listed(visitor, reader_id=reader_id) == []
    assert (await visitor.get(f"/livestreams/{soon}")).status == 404
    assert (await admin.get(f"/livestreams/{soon}")).status == 200


async def test_more_viewers_come_first(stage: Server) -> None:
    few, many = await Show.start(stage), await Show.start(stage, viewers=1)
    many.clock.advance(1)
    await many.sweep()
    found = await listed(await stage.visitor(), status="live")
    assert found.index(many.id) < found.index(few.id)


async def test_admins_see_all_and_end_one_and_the_log_says_so(stage: Server) -> None:
    show = await Show.start(stage, viewers=1)
    admin, media_id = await stage.make_admin(), show.place.place.media_id
    reply = await admin.get("/admin/livestreams", params={"status": "live", "reader_id": show.reader.id})
    assert [item["id"] for item in reply.body["items"]] == [show.id]
    ended = await admin.post(f"/admin/livestreams/{show.id}/end", {"reason": "House rules"})
    assert (ended.status, ended.body["end_reason"]) == (200, "ended_by_admin")
    assert await show.viewers[0].told("ended") == ended.body
    assert await show.told("ended") == ended.body
    await show.until_closed(str(media_id))
    assert (await admin.post(f"/admin/livestreams/{show.id}/end", {"reason": "x"})).code == "livestream.not_live"
    audit = (await admin.get("/admin/audit", params={"entity_id": show.id})).body["items"]
    assert [(row["action"], row["after"]["reason"], row["actor"]["id"]) for row in audit] == [
        ("livestream.end", "House rules", admin.id)
    ]
    for person in (show.reader, show.viewers[0].person):
        assert (await person.get("/admin/livestreams")).status == 403
        assert (await person.post(f"/admin/livestreams/{show.id}/end", {"reason": "x"})).status == 403
    async with stage.database.connection() as db:
        await db.execute("UPDATE users SET permissions = '{}' WHERE id::text = $1", admin.id)
    assert (await admin.get("/admin/livestreams")).status == 403


async def test_the_list_hears_of_no_draft_and_of_nobody_who_is_not_listed(stage: Server) -> None:
    show = await Show.prepare(stage)
    watcher, guest = await show.add(), await show.add()
    await watcher.live.command("livestreams.watch", on=True)
    await guest.join()
    stranger = await stage.register("reader")
    foreign = (await stranger.post("/livestreams", DRAFT | {"scheduled_at": ahead(stage, hours=2)})).body["id"]
    for person, id in ((stranger, foreign), (show.reader, show.id)):
        assert (await person.patch(f"/livestreams/{id}", {"title": "Buy at my shop"})).status == 200
    assert (await stranger.post(f"/livestreams/{foreign}/cancel")).status == 200
    await guest.told("changed", title="Buy at my shop")
    for fields in ({"scheduled_at": ahead(stage, hours=1), "title": "Come"}, {"scheduled_at": None}):
        assert (await show.reader.patch(f"/livestreams/{show.id}", fields)).status == 200
        await watcher.told("changed", id=show.id, title="Come", scheduled_at=fields["scheduled_at"])
    told = [payload["livestream"]["title"] for name, payload in watcher.live.events if name.startswith("livestream.")]
    assert told == ["Come", "Come"]
