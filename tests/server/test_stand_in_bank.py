"""Playing the bank that wants a payment confirmed: only with the stand-in, only by the top-up's owner, only while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.clients import ApiClient, Reply
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def test_mode(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    folder = tmp_path_factory.mktemp("var")
    async with postgres.database() as dsn, run_server(dsn, folder, payments=True) as server:
        yield server


async def start(client: ApiClient, card: str = "pm_card_authenticationRequired") -> str:
    """The path, below the API's base, of a top-up that waits for the bank."""
    refused = await client.post("/wallet/top-ups", {"amount_minor": 5000, "payment_method": card}, key="bank")
    assert (refused.status, refused.code) == (402, "payment.authentication_required")
    return str(refused.body["instance"]).removeprefix("/api/v1")


async def answer(client: ApiClient, place: str, outcome: Any) -> Reply:
    return await client.post(f"{place}/test-confirmation", {"outcome": outcome})


async def settled(client: ApiClient, place: str) -> str:
    async with asyncio.timeout(15):
        while True:
            found = str((await client.get(place)).body["status"])
            if found != "pending":
                return found
            await asyncio.sleep(0.05)


async def balance(client: ApiClient) -> int:
    return int((await client.get("/wallet")).body["balance_minor"])


async def test_a_confirmed_payment_is_credited_by_the_webhook_once(test_mode: Server) -> None:
    client = await test_mode.register()
    place = await start(client)
    replies = await asyncio.gather(*(answer(client, place, "confirmed") for _ in range(4)))
    refusals = [reply.code for reply in replies if reply.status != 200]
    assert refusals == ["top_up.not_waiting"] * 3
    assert await settled(client, place) == "completed"
    assert await balance(client) == 5000


async def test_a_refused_payment_has_failed_at_once_and_says_why(test_mode: Server) -> None:
    client = await test_mode.register()
    place = await start(client)
    refused = await answer(client, place, "refused")
    assert (refused.status, refused.body["status"]) == (200, "failed")
    assert refused.body["failure"] == "The bank did not get your confirmation"
    assert (await answer(client, place, "confirmed")).code == "top_up.not_waiting"
    assert await balance(client) == 0


async def test_a_confirmed_card_without_money_is_declined_after_all(test_mode: Server) -> None:
    client = await test_mode.register()
    place = await start(client, "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    assert (await answer(client, place, "confirmed")).body["status"] == "failed"
    assert await balance(client) == 0


async def test_only_the_owner_answers_for_the_bank(test_mode: Server) -> None:
    client, stranger = await test_mode.register(), await test_mode.register()
    place = await start(client)
    assert (await answer(stranger, place, "confirmed")).status == 404
    assert (await answer(await test_mode.visitor(), place, "confirmed")).status == 401
    assert (await answer(await test_mode.make_admin(), place, "confirmed")).status == 404
    assert (await client.get(place)).body["status"] == "pending"


async def test_a_payment_that_is_not_at_the_bank_takes_no_answer(test_mode: Server) -> None:
    client = await test_mode.register()
    without_card = (await client.post("/wallet/top-ups", {"amount_minor": 5000}, key="no card")).body["id"]
    refused = await answer(client, f"/wallet/top-ups/{without_card}", "confirmed")
    assert (refused.status, refused.code) == (409, "top_up.not_waiting")
    paid = (await client.post("/wallet/top-ups", {"amount_minor": 700, "payment_method": "pm_card_visa"}, key="paid")).body["id"]
    assert await settled(client, f"/wallet/top-ups/{paid}") == "completed"
    assert (await answer(client, f"/wallet/top-ups/{paid}", "refused")).code == "top_up.not_waiting"
    assert await balance(client) == 700
    assert (await answer(client, "/wallet/top-ups/01a1fdb7-85c4-717e-8ca0-5a1ccea29c05", "confirmed")).status == 404


@pytest.mark.parametrize("outcome", ["", "maybe", None, True, 1, ["confirmed"]])
async def test_an_answer_that_no_bank_gives_names_the_field(test_mode: Server, outcome: Any) -> None:
    client = await test_mode.register()
    refused = await answer(client, await start(client), outcome)
    assert (refused.status, [field["path"] for field in refused.body["fields"]]) == (422, ["outcome"])


async def test_with_a_providers_key_the_door_is_not_there(server: Server) -> None:
    client = await server.register()
    async with server.database.transaction() as tx:
        top_up_id = await tx.fetch_value(
            "INSERT INTO top_ups (id, user_id, amount_minor, currency, provider_payment_id, created_at, updated_at)"
            " VALUES (gen_random_uuid(), (SELECT id FROM users WHERE email = $1), 5000, 'USD', 'pi_real', now(), now())"
            " RETURNING id",
            client.email,
        )
    place = f"/wallet/top-ups/{top_up_id}"
    assert (await client.get(place)).status == 200
    refused = await answer(client, place, "confirmed")
    assert (refused.status, refused.code) == (404, "resource.not_found")
