"""Reviews: once, by the client, of something that was paid; and what they do to the rating."""

from __future__ import annotations

from typing import Any

import pytest

from server.features.reviews.views import shorten_name
from tests.support.clients import ApiClient
from tests.support.consultations import Scene
from tests.support.servers import Server


async def ended(server: Server, *, seconds: float = 61) -> Scene:
    scene = await Scene.start(server)
    await scene.pass_time(seconds)
    await scene.end()
    return scene


async def write(scene: Scene, person: ApiClient | None = None, **payload: Any) -> Any:
    return await (person or scene.client).post(f"/consultations/{scene.id}/review", payload)


async def profile(scene: Scene) -> Any:
    return (await scene.reader.get(f"/readers/{scene.reader.id}")).body


async def test_a_review_is_written_changed_and_counted(metered: Server) -> None:
    scene = await ended(metered)
    before = await scene.snapshot()
    reply = await write(scene, rating=5, comment="  Very kind.  ")
    assert reply.status == 201, reply.content
    assert (reply.body["rating"], reply.body["comment"], reply.body["status"]) == (5, "Very kind.", "published")
    snapshot = await scene.snapshot()
    assert snapshot["version"] == before["version"] + 1
    assert snapshot["review"]["rating"] == 5
    for live in (scene.client_live, scene.reader_live):
        event = await live.next_event("consultation.changed", lambda event: event["version"] == snapshot["version"])
        assert event["consultation"]["review"]["comment"] == "Very kind."
    shown = await profile(scene)
    assert (shown["rating_average"], shown["rating_count"], shown["rating_distribution"]["5"]) == (5.0, 1, 1)

    changed = await scene.client.patch(f"/consultations/{scene.id}/review", {"rating": 2})
    assert (changed.body["rating"], changed.body["comment"]) == (2, "Very kind.")
    shown = await profile(scene)
    assert (shown["rating_average"], shown["rating_count"]) == (2.0, 1)
    assert shown["rating_distribution"] == {"1": 0, "2": 1, "3": 0, "4": 0, "5": 0}
    emptied = await scene.client.patch(f"/consultations/{scene.id}/review", {"comment": None})
    assert (emptied.body["rating"], emptied.body["comment"]) == (2, None)
    assert (await scene.snapshot())["version"] == snapshot["version"] + 2


async def test_a_consultation_has_one_review(metered: Server) -> None:
    scene = await ended(metered)
    assert (await write(scene, rating=4)).status == 201
    reply = await write(scene, rating=5)
    assert (reply.status, reply.code) == (409, "review.exists")
    assert (await profile(scene))["rating_average"] == 4.0


async def test_only_its_client_reviews_it(metered: Server, admin: ApiClient) -> None:
    scene = await ended(metered)
    assert (await write(scene, scene.reader, rating=5)).status == 403
    assert (await write(scene, await metered.register(), rating=5)).status == 404
    assert (await write(scene, admin, rating=5)).status == 404
    assert (await write(scene, await metered.visitor(), rating=5)).status == 401
    assert (await scene.client.patch(f"/consultations/{scene.id}/review", {"rating": 1})).status == 404


async def test_nothing_paid_is_nothing_to_review(metered: Server, admin: ApiClient) -> None:
    free = await ended(metered, seconds=5)
    reply = await write(free, rating=5)
    assert (reply.status, reply.code) == (409, "consultation.unpaid")
    refunded = await ended(metered)
    path = f"/admin/consultations/{refunded.id}/refund"
    assert (await admin.post(path, {"amount_minor": 798, "reason": "sorry"}, key=refunded.id)).status == 200
    reply = await write(refunded, rating=5)
    assert (reply.status, reply.code) == (409, "consultation.unpaid")


async def test_a_live_consultation_cannot_be_reviewed_yet(metered: Server) -> None:
    scene = await Scene.start(metered)
    reply = await write(scene, rating=5)
    assert (reply.status, reply.code) == (409, "consultation.not_ended")


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({}, "rating"),
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": 5, "comment": "x" * 2001}, "comment"),
        ({"rating": 5, "stars": 5}, "stars"),
    ],
)
async def test_each_mistake_in_a_review_is_named(metered: Server, payload: dict[str, Any], path: str) -> None:
    client = await metered.register()
    reply = await client.post("/consultations/01890000-0000-7000-8000-000000000000/review", payload)
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, path)


async def test_an_empty_change_is_refused(metered: Server) -> None:
    client = await metered.register()
    assert (await client.patch("/consultations/01890000-0000-7000-8000-000000000000/review", {})).status == 422


async def test_the_public_sees_a_first_name_and_an_initial_by_pages(metered: Server) -> None:
    scene = await ended(metered)
    await scene.client.patch("/me", {"display_name": "Mara van der Berg"})
    await write(scene, rating=5, comment="First")
    for _ in range(2):
        other = await Scene.start(metered)
        await other.end()
        async with metered.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO reviews (id, consultation_id, client_id, reader_id, rating, created_at, updated_at)"
                " SELECT new_uuid7(), $1::text::uuid, $2::text::uuid, $3::text::uuid, 3, now(), now()",
                other.id,
                other.client.id,
                scene.reader.id,
            )
    visitor, seen, cursor = await metered.visitor(), [], ""
    while cursor is not None:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await visitor.get(f"/readers/{scene.reader.id}/reviews", params=params)).body
        seen += page["items"]
        cursor = page["next_cursor"]
    assert len(seen) == 3
    assert seen[-1]["client"] == {"display_name": "Mara B."}
    assert set(seen[-1]) == {"id", "client", "rating", "comment", "created_at", "updated_at"}
    assert (await visitor.get(f"/readers/{scene.reader.id}/reviews", params={"cursor": "x"})).status == 422


@pytest.mark.parametrize(("name", "short"), [("Casey", "Casey"), ("Casey Client", "Casey C."), ("Ö  é Z", "Ö Z.")])
def test_names_are_shortened(name: str, short: str) -> None:
    assert shorten_name(name) == short


async def test_a_hidden_review_counts_no_more_and_again_once_published(metered: Server, admin: ApiClient) -> None:
    scene = await ended(metered)
    review = (await write(scene, rating=1, comment="Rude words")).body
    hidden = await admin.patch(f"/admin/reviews/{review['id']}", {"status": "hidden", "reason": "insult"})
    assert (hidden.status, hidden.body["status"]) == (200, "hidden")
    shown = await profile(scene)
    assert (shown["rating_average"], shown["rating_count"], shown["rating_distribution"]["1"]) == (None, 0, 0)
    assert (await scene.client.get(f"/readers/{scene.reader.id}/reviews")).body["items"] == []
    # Its author may still change it; the rating stays out of the count until it is published again.
    assert (await scene.client.patch(f"/consultations/{scene.id}/review", {"rating": 3})).status == 200
    assert (await profile(scene))["rating_count"] == 0
    assert (await admin.patch(f"/admin/reviews/{review['id']}", {"status": "published"})).status == 200
    assert (await profile(scene))["rating_average"] == 3.0
    listed = (await admin.get("/admin/reviews", params={"status": "published"})).body["items"]
    assert review["id"] in [item["id"] for item in listed]
    for refused in ({"status": "deleted"}, {}):
        assert (await admin.patch(f"/admin/reviews/{review['id']}", refused)).status == 422
    assert (await admin.patch("/admin/reviews/01890000-0000-7000-8000-000000000000", {"status": "hidden"})).status == 404
    assert (await scene.client.patch(f"/admin/reviews/{review['id']}", {"status": "hidden"})).status == 403
