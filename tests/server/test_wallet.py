"""The wallet's doors on the whole server, with the real payment stand-in and its signed webhooks."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import stripe

from config import limits
from server.services import PAYMENTS
from tests.support.clients import ApiClient, Reply
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def paying_server(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The server with the stand-in, as it comes when no Stripe key is set."""
    async with postgres.database() as dsn, run_server(dsn, tmp_path_factory.mktemp("var"), overrides={"stripe": {}}) as server:
        yield server


async def top_up(client: ApiClient, amount_minor: int = 5000, *, card: str | None = "pm_card_visa", key: str) -> Reply:
    body = {"amount_minor": amount_minor, **({"payment_method": card} if card else {})}
    return await client.post("/wallet/top-ups", body, key=key)


async def settled(client: ApiClient, top_up_id: str) -> dict[str, Any]:
    """The top-up once the provider's webhook has come: a page asks in the same way."""
    async with asyncio.timeout(15):
        while True:
            found = (await client.get(f"/wallet/top-ups/{top_up_id}")).body
            if found["status"] != "pending":
                return dict(found)
            await asyncio.sleep(0.05)


async def funded(server: Server, amount_minor: int = 5000) -> tuple[ApiClient, str]:
    client = await server.register()
    started = await top_up(client, amount_minor, key="first")
    assert (await settled(client, started.body["id"]))["status"] == "completed"
    return client, started.body["id"]


async def deliver(server: Server, event: dict[str, Any], *, secret: str | None = None) -> Reply:
    body = json.dumps(event)
    used_secret = secret or server.app[PAYMENTS].webhook_secret
    signature = stripe.WebhookSignature.generate_signature_header(body, used_secret, int(time.time()))
    visitor = await server.visitor()
    return await visitor.post("/webhooks/stripe", data=body.encode(), headers={"Stripe-Signature": signature})


async def test_a_new_wallet_is_empty(paying_server: Server) -> None:
    client = await paying_server.register()
    assert (await client.get("/wallet")).body == {"balance_minor": 0, "held_minor": 0, "currency": "USD"}
    assert (await client.get("/wallet/transfers")).body == {"items": [], "next_cursor": None}


async def test_a_top_up_is_answered_pending_and_credited_by_the_webhook(paying_server: Server) -> None:
    client = await paying_server.register()
    started = await top_up(client, key="a")
    assert started.status == 201
    assert started.body["status"] == "pending"
    assert {"id", "amount_minor", "currency", "client_secret"} <= started.body.keys()
    assert (await client.get("/wallet")).body["balance_minor"] == 0
    assert (await settled(client, started.body["id"]))["status"] == "completed"
    assert (await client.get("/wallet")).body["balance_minor"] == 5000
    (line,) = (await client.get("/wallet/transfers")).body["items"]
    assert (line["type"], line["amount_minor"], line["balance_after_minor"]) == ("add_funds", 5000, 5000)
    assert line["description"] == "Added by card"
    assert line["reference"] == {"kind": "top_up", "id": started.body["id"]}


async def test_one_idempotency_key_takes_money_once(paying_server: Server) -> None:
    client = await paying_server.register()
    replies = await asyncio.gather(*(top_up(client, key="same") for _ in range(5)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert (await top_up(client, 7000, key="same")).code == "idempotency.key_reused"
    await settled(client, replies[0].body["id"])
    assert (await client.get("/wallet")).body["balance_minor"] == 5000


async def test_a_top_up_without_a_key_is_refused(paying_server: Server) -> None:
    client = await paying_server.register()
    refused = await client.post("/wallet/top-ups", {"amount_minor": 5000})
    assert (refused.status, refused.code) == (400, "idempotency.key_missing")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "amount_minor"),
        ({"amount_minor": "5000"}, "amount_minor"),
        ({"amount_minor": 5000.0}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": 499}, "amount_minor"),
        ({"amount_minor": 50_001}, "amount_minor"),
        ({"amount_minor": -5000}, "amount_minor"),
        ({"amount_minor": 10**18}, "amount_minor"),
        ({"amount_minor": 5000, "payment_method": "pm/../x"}, "payment_method"),
        ({"amount_minor": 5000, "payment_method": "pm_\x00"}, "payment_method"),
        ({"amount_minor": 5000, "payment_method": "pm_nobody_knows"}, "payment_method"),
        ({"amount_minor": 5000, "currency": "EUR"}, "currency"),
    ],
)
async def test_a_senseless_top_up_names_the_field(paying_server: Server, body: dict[str, Any], path: str) -> None:
    client = await paying_server.register()
    refused = await client.post("/wallet/top-ups", body, key="k")
    assert refused.status == 422
    assert [field["path"] for field in refused.body["fields"]] == [path]


async def test_a_declined_card_is_told_and_told_again(paying_server: Server) -> None:
    client = await paying_server.register()
    for _ in range(2):
        refused = await top_up(client, card="pm_card_chargeDeclined", key="declined")
        assert (refused.status, refused.code, refused.body["retryable"]) == (402, "payment.declined", False)
    assert (await client.get("/wallet")).body["balance_minor"] == 0


async def test_a_card_that_needs_authentication_leads_to_its_top_up(paying_server: Server) -> None:
    client = await paying_server.register()
    refused = await top_up(client, card="pm_card_authenticationRequired", key="bank")
    assert (refused.status, refused.code) == (402, "payment.authentication_required")
    again = await top_up(client, card="pm_card_authenticationRequired", key="bank")
    assert again.body == refused.body
    place = refused.body["instance"].removeprefix("/api/v1")
    waiting = (await client.get(place, params={"with_client_secret": "true"})).body
    assert waiting["status"] == "pending"
    gateway: Any = paying_server.app[PAYMENTS].gateway
    await gateway.answer_for_bank(client_secret=waiting["client_secret"], is_confirmed=True)
    assert (await settled(client, waiting["id"]))["status"] == "completed"


async def test_a_provider_that_hangs_is_a_503_and_the_same_key_goes_on_later(
    paying_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await paying_server.register()
    stand_in = paying_server.app[PAYMENTS].stand_in
    assert stand_in is not None
    assert stand_in.process_id is not None
    os.kill(stand_in.process_id, signal.SIGSTOP)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(limits, "PROVIDER_TIMEOUT_SECONDS", 0.2)
            refused = await top_up(client, key="hangs")
    finally:
        os.kill(stand_in.process_id, signal.SIGCONT)
    assert (refused.status, refused.code, refused.body["retryable"]) == (503, "payment.timed_out", True)
    started = await top_up(client, key="hangs")
    assert started.status == 201
    assert (await settled(client, started.body["id"]))["status"] == "completed"
    assert (await client.get("/wallet")).body["balance_minor"] == 5000


async def test_somebody_elses_top_up_looks_missing(paying_server: Server) -> None:
    _, top_up_id = await funded(paying_server)
    stranger = await paying_server.register()
    assert (await stranger.get(f"/wallet/top-ups/{top_up_id}")).status == 404
    assert (await stranger.get("/wallet/top-ups/none")).status == 404
    assert (await (await paying_server.visitor()).get(f"/wallet/top-ups/{top_up_id}")).status == 401


async def test_history_is_paged_newest_first_without_gaps(paying_server: Server) -> None:
    client, _ = await funded(paying_server, 500)
    for number in range(4):
        started = await top_up(client, 600 + number, key=f"k{number}")
        await settled(client, started.body["id"])
    seen, cursor = [], None
    while True:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/wallet/transfers", params=params)).body
        seen += [line["amount_minor"] for line in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [603, 602, 601, 600, 500]
    assert (await client.get("/wallet/transfers", params={"cursor": "bm9uc2Vuc2U"})).status == 422


async def test_limits_are_kept_and_taken_away(paying_server: Server) -> None:
    client = await paying_server.register()
    none = {"per_consultation_minor": None, "per_day_minor": None, "per_month_minor": None}
    assert (await client.get("/me/limits")).body == none
    wanted = {"per_consultation_minor": 1000, "per_day_minor": 0, "per_month_minor": None}
    assert (await client.put("/me/limits", wanted)).body == wanted
    assert (await client.get("/me/limits")).body == wanted
    assert (await client.put("/me/limits", {})).body == none
    for bad in (-1, 1.5, "10", 10**12):
        assert (await client.put("/me/limits", {"per_day_minor": bad})).status == 422


async def test_a_forged_webhook_is_refused(paying_server: Server) -> None:
    event = {"id": "evt_forged", "type": "payment_intent.succeeded", "data": {"object": {}}}
    refused = await deliver(paying_server, event, secret="whsec_guess")
    assert (refused.status, refused.code) == (400, "webhook.signature_invalid")
    unsigned = await (await paying_server.visitor()).post("/webhooks/stripe", event)
    assert unsigned.code == "webhook.signature_invalid"
    large = await (await paying_server.visitor()).post("/webhooks/stripe", data=io.BytesIO(b"x" * 1_100_000))
    assert (large.status, large.code) == (413, "limit.payload_too_large")


async def test_an_admin_returns_a_top_up_to_its_card(paying_server: Server) -> None:
    client, top_up_id = await funded(paying_server)
    admin = await paying_server.make_admin()
    body = {"amount_minor": 2000, "reason": "asked for it"}
    replies = [await admin.post(f"/admin/top-ups/{top_up_id}/refund", body, key="r1") for _ in range(2)]
    assert {(reply.status, reply.body["status"]) for reply in replies} == {(201, "completed")}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert (await client.get("/wallet")).body["balance_minor"] == 3000
    line = (await client.get("/wallet/transfers")).body["items"][0]
    assert (line["type"], line["amount_minor"], line["description"]) == ("refund", -2000, "Returned to your card")
    too_much = await admin.post(f"/admin/top-ups/{top_up_id}/refund", {**body, "amount_minor": 3001}, key="r2")
    assert (too_much.status, too_much.code) == (409, "top_up.refund_too_large")
    await admin.post(f"/admin/top-ups/{top_up_id}/refund", {**body, "amount_minor": 3000}, key="r3")
    assert (await settled(client, top_up_id))["status"] == "refunded"
    async with paying_server.database.connection() as db:
        noted = await db.fetch_value(
            "SELECT count(*) FROM audit_log WHERE action = 'top_up.refund' AND entity_id = $1", top_up_id
        )
    assert noted == 2


async def test_only_an_admin_with_the_permission_returns_money(paying_server: Server) -> None:
    client, top_up_id = await funded(paying_server)
    body = {"amount_minor": 2000, "reason": "for me"}
    refused = await client.post(f"/admin/top-ups/{top_up_id}/refund", body, key="mine")
    assert (refused.status, refused.code) == (403, "auth.forbidden")
    assert (await client.get("/wallet")).body["balance_minor"] == 5000
