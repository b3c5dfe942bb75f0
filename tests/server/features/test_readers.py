"""Readers' profiles: the public one, the own one, and the desk."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.clients import ApiClient
from tests.support.consultations import Scene, add_reader
from tests.support.servers import Server


async def test_a_reader_fills_in_the_profile_step_by_step(metered: Server) -> None:
    reader = await metered.register("reader", display_name="Mara")
    first = {
        "headline": "  Calm and clear ",
        "bio": "Line one\nLine two",
        "specialties": ["Tarot", " love   and Loss ", "tarot"],
        "languages": ["EN", "zh-hant-tw", "pt-br"],
        "experience_years": 7,
        "certifications": ["Certified"],
        "rates": {"chat": {"rate_per_minute_minor": 399}, "video": {"rate_per_minute_minor": 599}},
    }
    body = (await reader.patch("/me/reader", first)).body
    assert body["headline"] == "Calm and clear"
    assert body["bio"] == "Line one\nLine two"
    assert body["specialties"] == ["tarot", "love and loss"]
    assert body["languages"] == ["en", "zh-Hant-TW", "pt-BR"]
    assert body["rates"] == {"chat": {"rate_per_minute_minor": 399}, "call": None, "video": {"rate_per_minute_minor": 599}}
    body = (await reader.patch("/me/reader", {"rates": {"video": None}, "headline": None})).body
    assert body["headline"] is None
    assert body["rates"] == {"chat": {"rate_per_minute_minor": 399}, "call": None, "video": None}
    assert (body["experience_years"], body["is_verified"], body["verification"]) == (7, False, "pending")
    assert body == (await reader.get("/me/reader")).body


@pytest.mark.parametrize(
    ("payload", "paths"),
    [
        ({"headline": "x" * 141}, ["headline"]),
        ({"bio": "nul \x00"}, ["bio"]),
        ({"languages": ["english!", "en"]}, ["languages.0"]),
        ({"specialties": [" ", "ok"]}, ["specialties.0"]),
        ({"specialties": ["x"] * 21}, ["specialties"]),
        ({"experience_years": 101}, ["experience_years"]),
        ({"experience_years": "7"}, ["experience_years"]),
        ({"rates": {"chat": {"rate_per_minute_minor": 0}}}, ["rates.chat.rate_per_minute_minor"]),
        ({"rates": {"chat": {"rate_per_minute_minor": 3.99}}}, ["rates.chat.rate_per_minute_minor"]),
        ({"rates": {"fax": None}}, ["rates.fax"]),
        ({"rates": {"chat": 399}, "headline": 5}, ["headline", "rates.chat"]),
        ({"chosen_status": "online"}, ["chosen_status"]),
    ],
)
async def test_each_mistake_in_a_profile_is_named(metered: Server, payload: dict[str, Any], paths: list[str]) -> None:
    reader = await metered.register("reader")
    reply = await reader.patch("/me/reader", payload)
    assert reply.status == 422
    assert sorted(field["path"] for field in reply.body["fields"]) == paths


async def test_only_readers_have_a_profile_and_a_desk(metered: Server, admin: ApiClient) -> None:
    client = await metered.register("client")
    visitor = await metered.visitor()
    for path in ("/me/reader", "/me/desk"):
        assert (await client.get(path)).status == 403
        assert (await admin.get(path)).status == 403
        assert (await visitor.get(path)).status == 401
    assert (await client.patch("/me/reader", {})).status == 403
    assert (await client.put("/me/availability", {"windows": []})).status == 403


async def test_an_unlisted_reader_is_hidden_from_everybody_else(metered: Server, admin: ApiClient) -> None:
    reader, client = await metered.register("reader"), await metered.register("client")
    visitor = await metered.visitor()
    for suffix in ("", "/reviews", "/availability"):
        path = f"/readers/{reader.id}{suffix}"
        assert (await visitor.get(path)).status == 404
        assert (await client.get(path)).status == 404
        assert (await reader.get(path)).status == 200
        assert (await admin.get(path)).status == 200
    assert (await admin.post(f"/admin/readers/{reader.id}/verify")).status == 200
    assert (await visitor.get(f"/readers/{reader.id}")).status == 200
    assert (await admin.patch(f"/admin/users/{reader.id}", {"status": "suspended", "reason": "test"})).status == 200
    assert (await visitor.get(f"/readers/{reader.id}")).status == 404


async def test_what_is_no_reader_is_not_found(metered: Server) -> None:
    client = await metered.register("client")
    for reader_id in (client.id, "01890000-0000-7000-8000-000000000000", "facets-not", "1"):
        assert (await client.get(f"/readers/{reader_id}")).status == 404


async def test_the_public_profile_holds_no_secrets(metered: Server) -> None:
    reader = await add_reader(metered)
    profile = (await (await metered.visitor()).get(f"/readers/{reader.id}")).body
    assert set(profile) == {
        "id", "display_name", "avatar_url", "headline", "specialties", "languages", "experience_years", "status", "rates",
        "currency", "rating_average", "rating_count", "consultations_count", "waiting_count", "livestream_id", "followers_count",
        "next_available_at", "is_followed", "is_demonstration", "bio", "certifications", "rating_distribution",
        "time_zone", "created_at",
    }  # fmt: skip
    assert profile["rating_distribution"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}


async def test_the_desk_counts_today_and_shows_the_live_consultation(metered: Server) -> None:
    scene = await Scene.start(metered, balance=2000)
    desk = (await scene.reader.get("/me/desk")).body
    assert (desk["status"], desk["chosen_status"], desk["is_verified"]) == ("busy", "online", True)
    assert desk["live_consultation"]["id"] == scene.id
    assert desk["live_consultation"]["earnings_minor"] == 279
    await scene.pass_time(90)
    desk = (await scene.reader.get("/me/desk")).body
    assert (desk["earnings_today_minor"], desk["minutes_today"], desk["consultations_today"]) == (558, 1.5, 1)
    await scene.end(by_reader=True)
    desk = (await scene.reader.get("/me/desk")).body
    assert desk["live_consultation"] is None
    assert (desk["status"], desk["earnings_today_minor"], desk["minutes_today"]) == ("online", 418, 1.5)


async def test_today_begins_at_midnight_of_the_readers_zone(metered: Server) -> None:
    scene = await Scene.start(metered, balance=2000)
    await scene.end(by_reader=True)
    await scene.reader.patch("/me", {"time_zone": "Pacific/Auckland"})
    assert (await scene.reader.get("/me/desk")).body["consultations_today"] == 1
    async with metered.database.transaction() as tx:
        await tx.execute("UPDATE consultations SET started_at = $1::timestamptz - interval '20 hours'", scene.clock.now())
    # 2026-01-05 12:00 UTC is one in the morning of the 6th in Auckland.
    assert (await scene.reader.get("/me/desk")).body["consultations_today"] == 0


async def test_the_live_consultation_is_found_by_both_and_by_nobody_else(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.prepare(metered)
    assert (await scene.client.get("/me/live-consultation")).body == {"consultation": None}
    await scene.request()
    for person in (scene.client, scene.reader):
        assert (await person.get("/me/live-consultation")).body["consultation"]["id"] == scene.id
    assert (await admin.get("/me/live-consultation")).body == {"consultation": None}
    assert (await (await metered.visitor()).get("/me/live-consultation")).status == 401
