"""The directory: who is listed, filters, search, sorts, and pages that survive ties."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from config.clock import MovableClock
from server.http.pagination import encode_cursor
from tests.support.clients import ApiClient
from tests.support.consultations import go_online
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, StartServer, run_server

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def listed(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server of this module's own, so that its directory holds what the tests put there."""
    async with postgres.database() as dsn, run_server(dsn, tmp_path_factory.mktemp("var")) as server:
        yield server


async def add(
    server: Server, name: str, *, tag: str, verified: bool = True, ratings: tuple[int, ...] = (), **profile: Any
) -> ApiClient:
    """A reader who can be found by the specialty `tag`, which keeps the tests apart."""
    reader = await server.register("reader", display_name=name)
    profile["specialties"] = [tag, *profile.get("specialties", [])]
    reply = await reader.patch("/me/reader", profile)
    assert reply.status == 200, reply.content
    async with server.database.transaction() as tx:
        if verified:
            await tx.execute(
                "UPDATE readers SET verification = 'verified', verified_at = clock_timestamp() WHERE user_id = $1",
                UUID(reader.id),
            )
        await tx.execute(
            "UPDATE readers SET rating_count = $2, rating_sum = $3 WHERE user_id = $1",
            UUID(reader.id),
            len(ratings),
            sum(ratings),
        )
    return reader


async def names(server: Server, **params: Any) -> list[str]:
    visitor = await server.visitor()
    reply = await visitor.get("/readers", params={name: str(value) for name, value in params.items()})
    assert reply.status == 200, reply.content
    return [item["display_name"] for item in reply.body["items"]]


async def test_only_verified_and_active_readers_are_listed(listed: Server) -> None:
    await add(listed, "Vera Verified", tag="listing")
    await add(listed, "Penny Pending", tag="listing", verified=False)
    suspended = await add(listed, "Sue Suspended", tag="listing")
    async with listed.database.transaction() as tx:
        await tx.execute("UPDATE users SET status = 'suspended' WHERE id = $1", UUID(suspended.id))
    assert await names(listed, specialty="listing") == ["Vera Verified"]


async def test_a_card_shows_what_a_client_chooses_by(listed: Server) -> None:
    rates = {"chat": {"rate_per_minute_minor": 399}, "video": {"rate_per_minute_minor": 599}}
    reader = await add(
        listed, "Cora Card", tag="card", ratings=(5, 4, 4), headline="Clear words", languages=["en", "pt-br"], rates=rates
    )
    visitor = await listed.visitor()
    card = (await visitor.get("/readers", params={"specialty": "card"})).body["items"][0]
    assert card == {
        "id": reader.id,
        "display_name": "Cora Card",
        "avatar_url": None,
        "headline": "Clear words",
        "specialties": ["card"],
        "languages": ["en", "pt-BR"],
        "experience_years": 0,
        "status": "offline",
        "rates": {"chat": {"rate_per_minute_minor": 399}, "call": None, "video": {"rate_per_minute_minor": 599}},
        "currency": "USD",
        "rating_average": 4.33,
        "rating_count": 3,
        "consultations_count": 0,
        "waiting_count": 0,
        "followers_count": 0,
        "is_followed": None,
        "livestream_id": None,
        "next_available_at": None,
        "is_demonstration": False,
    }


async def test_filters_narrow_the_list(listed: Server) -> None:
    await add(listed, "Ann", tag="filters", languages=["en"], rates={"chat": {"rate_per_minute_minor": 200}})
    await add(
        listed,
        "Ben",
        tag="filters",
        languages=["de"],
        rates={"chat": {"rate_per_minute_minor": 500}, "call": {"rate_per_minute_minor": 300}},
    )
    assert await names(listed, specialty="Filters", language="DE") == ["Ben"]
    await add(listed, "Pia", tag="filters", languages=["pt-BR"])
    assert await names(listed, specialty="filters", language="pt") == ["Pia"]
    assert await names(listed, specialty="filters", language="pt-BR") == ["Pia"]
    assert await names(listed, specialty="filters", language="pt-PT") == []
    assert await names(listed, specialty="filters", type="call") == ["Ben"]
    assert await names(listed, specialty="filters", type="video") == []
    assert await names(listed, specialty="filters", max_rate_minor=250) == ["Ann"]
    assert set(await names(listed, specialty="filters", max_rate_minor=300)) == {"Ann", "Ben"}
    assert await names(listed, specialty="filters", max_rate_minor=300, type="chat") == ["Ann"]


async def test_search_finds_beginnings_of_words_in_names_and_profiles(listed: Server) -> None:
    await add(listed, "Lucy Moreau", tag="search", headline="Tarot readings for new beginnings")
    await add(listed, "Will Black", tag="search", headline="Astrology", bio="Thirty years of charts")
    for words, found in {
        "luc": ["Lucy Moreau"],
        "LUCY": ["Lucy Moreau"],
        "tar": ["Lucy Moreau"],
        "reading": ["Lucy Moreau"],
        "moreau tarot": ["Lucy Moreau"],
        "will": ["Will Black"],
        "the charts": ["Will Black"],
        "lucy astrology": [],
        "!!! :* & |": [],
        "'thirty' :*charts\\": ["Will Black"],
    }.items():
        assert await names(listed, specialty="search", q=words) == found, words


async def test_a_new_name_is_found_and_the_old_one_no_more(listed: Server) -> None:
    reader = await add(listed, "Oldname", tag="renamed")
    assert (await reader.patch("/me", {"display_name": "Newname"})).status == 200
    assert await names(listed, specialty="renamed", q="oldn") == []
    assert await names(listed, specialty="renamed", q="newn") == ["Newname"]


async def test_status_is_what_the_reader_chose_while_connected(listed: Server) -> None:
    reader = await add(listed, "Stella", tag="status")
    assert await names(listed, specialty="status", status="online") == []
    live = await go_online(listed, reader)
    assert await names(listed, specialty="status", status="online") == ["Stella"]
    await live.command("reader.set_status", status="away")
    assert await names(listed, specialty="status", status="away") == ["Stella"]
    await live.command("reader.set_status", status="invisible")
    assert await names(listed, specialty="status", status="offline") == ["Stella"]


async def test_a_connection_on_a_dead_node_is_no_presence(start_server: StartServer) -> None:
    server = await start_server(clock=MovableClock())
    reader = await add(server, "Nora", tag="dead")
    await go_online(server, reader)
    assert await names(server, specialty="dead", status="online") == ["Nora"]
    assert isinstance(server.clock, MovableClock)
    server.clock.advance(60)
    assert await names(server, specialty="dead", status="online") == []


async def test_recommended_puts_online_first_then_the_better_rated_by_many(listed: Server) -> None:
    await add(listed, "One lucky review", tag="recommended", ratings=(5,))
    await add(listed, "Often praised", tag="recommended", ratings=(5,) * 40)
    await add(listed, "New and experienced", tag="recommended", experience_years=20)
    await add(listed, "New", tag="recommended")
    online = await add(listed, "Badly rated but there", tag="recommended", ratings=(1, 1))
    await go_online(listed, online)
    assert await names(listed, specialty="recommended") == [
        "Badly rated but there",
        "Often praised",
        "One lucky review",
        "New and experienced",
        "New",
    ]
    assert (await names(listed, specialty="recommended", sort="rating"))[:2] == ["Often praised", "One lucky review"]
    assert (await names(listed, specialty="recommended", sort="newest"))[0] == "Badly rated but there"


async def test_rate_sorts_by_the_type_that_is_asked_for(listed: Server) -> None:
    chat, call = {"rate_per_minute_minor": 100}, {"rate_per_minute_minor": 900}
    await add(listed, "Cheap chat, dear call", tag="rates", rates={"chat": chat, "call": call})
    await add(listed, "Even", tag="rates", rates={"chat": {"rate_per_minute_minor": 300}, "call": {"rate_per_minute_minor": 300}})
    await add(listed, "Nothing yet", tag="rates")
    assert await names(listed, specialty="rates", sort="rate") == ["Cheap chat, dear call", "Even", "Nothing yet"]
    assert await names(listed, specialty="rates", sort="rate", type="call") == ["Even", "Cheap chat, dear call"]


@pytest.mark.parametrize("sort", ["recommended", "rating", "rate", "newest"])
async def test_pages_neither_repeat_nor_skip_equal_readers(listed: Server, sort: str) -> None:
    tag = f"ties-{sort}"
    made = [
        (await add(listed, f"Twin {next(_numbers)}", tag=tag, ratings=(4,), rates={"chat": {"rate_per_minute_minor": 100}})).id
        for _ in range(4)
    ] + [(await add(listed, f"Twin {next(_numbers)}", tag=tag)).id for _ in range(3)]
    async with listed.database.transaction() as tx:
        await tx.execute("UPDATE readers SET verified_at = '2026-01-01Z' WHERE user_id = ANY($1)", [UUID(id) for id in made])
    visitor, seen, cursor = await listed.visitor(), [], None
    while True:
        params = {"specialty": tag, "sort": sort, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await visitor.get("/readers", params=params)).body
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    whole = (await visitor.get("/readers", params={"specialty": tag, "sort": sort})).body["items"]
    assert seen == [item["id"] for item in whole]


async def test_a_cursor_of_another_order_is_refused(listed: Server) -> None:
    for _ in range(2):
        await add(listed, f"Cursor {next(_numbers)}", tag="cursors")
    visitor = await listed.visitor()
    cursor = (await visitor.get("/readers", params={"specialty": "cursors", "limit": "1"})).body["next_cursor"]
    reader_id = UUID("01890000-0000-7000-8000-000000000000")
    for wrong in (
        cursor,
        "nonsense",
        encode_cursor("rating", 1, None, reader_id),
        encode_cursor("rating", 1, 1, "no id"),
        encode_cursor("rate:", None, None),
    ):
        reply = await visitor.get("/readers", params={"sort": "rating", "cursor": wrong})
        assert (reply.status, reply.body["fields"][0]["path"]) == (422, "cursor"), wrong
    huge = encode_cursor("rating", 2**62, -(2**62), reader_id)
    assert (await visitor.get("/readers", params={"sort": "rating", "cursor": huge})).status == 200


async def test_what_cannot_be_meant_is_refused_field_by_field(listed: Server) -> None:
    visitor = await listed.visitor()
    wrong = {"status": "invisible", "type": "fax", "sort": "random", "limit": "0", "language": "english!", "colour": "red"}
    reply = await visitor.get("/readers", params=wrong)
    assert reply.status == 422
    assert {field["path"] for field in reply.body["fields"]} == set(wrong)


async def test_facets_count_what_listed_readers_offer(listed: Server) -> None:
    await add(listed, "Fay", tag="facet", languages=["is"])
    await add(listed, "Finn", tag="facet", languages=["is"])
    await add(listed, "Fritz", tag="facet", languages=["is"], verified=False)
    visitor = await listed.visitor()
    facets = (await visitor.get("/readers/facets")).body
    assert {"value": "facet", "count": 2} in facets["specialties"]
    assert {"value": "is", "count": 2} in facets["languages"]
