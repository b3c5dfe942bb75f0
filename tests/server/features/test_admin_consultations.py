"""The back office and consultations: looking, ending, refunding."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.clients import ApiClient
from tests.support.consultations import Scene
from tests.support.servers import Server

NOBODY = "01890000-0000-7000-8000-000000000000"


async def refund(admin: ApiClient, scene: Scene, amount_minor: int, *, key: str, reason: str = "as agreed") -> Any:
    path = f"/admin/consultations/{scene.id}/refund"
    return await admin.post(path, {"amount_minor": amount_minor, "reason": reason}, key=key)


async def two_minutes(server: Server) -> Scene:
    scene = await Scene.start(server, balance=1000)
    await scene.pass_time(61)
    await scene.end()
    return scene


async def test_admins_see_everybodys_consultations(metered: Server, admin: ApiClient) -> None:
    live, over = await Scene.start(metered), await two_minutes(metered)
    running = (await admin.get("/admin/consultations", params={"status": "in_progress"})).body["items"]
    assert live.id in [item["id"] for item in running]
    assert over.id not in [item["id"] for item in running]
    of_one = (await admin.get("/admin/consultations", params={"user_id": over.client.id})).body["items"]
    assert [item["id"] for item in of_one] == [over.id]
    snapshot = (await admin.get(f"/admin/consultations/{over.id}")).body
    assert (snapshot["total_cost_minor"], snapshot["earnings_minor"]) == (798, 558)
    statement = (await admin.get(f"/admin/consultations/{over.id}/statement")).body
    assert sum(line["amount_minor"] or 0 for line in statement["lines"]) == 798
    assert sum(line["earned_minor"] or 0 for line in statement["lines"]) == 558
    for suffix in ("", "/statement"):
        assert (await admin.get(f"/admin/consultations/{NOBODY}{suffix}")).status == 404
    page = (await admin.get("/admin/consultations", params={"limit": "1"})).body
    assert (len(page["items"]), page["next_cursor"] is None) == (1, False)


async def test_an_admin_ends_a_consultation_and_the_unused_time_goes_back(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.start(metered, balance=1000)
    await scene.pass_time(30)
    path = f"/admin/consultations/{scene.id}/end"
    assert (await admin.post(path, {})).status == 422
    reply = await admin.post(path, {"reason": "abuse"})
    assert (reply.status, reply.body["status"], reply.body["end_reason"]) == (200, "completed", "ended_by_admin")
    assert reply.body["total_cost_minor"] == 199
    for live in (scene.client_live, scene.reader_live):
        await live.next_event("consultation.ended", lambda event: event["consultation_id"] == scene.id)
    again = await admin.post(path, {"reason": "abuse"})
    assert (again.status, again.code) == (409, "consultation.not_in_progress")
    assert (await admin.post(f"/admin/consultations/{NOBODY}/end", {"reason": "x"})).status == 404
    row = (await admin.get("/admin/audit", params={"entity_id": scene.id})).body["items"][0]
    assert (row["action"], row["before"]["total_cost_minor"], row["after"]["total_cost_minor"]) == ("consultation.end", 399, 199)
    assert row["after"]["reason"] == "abuse"


async def test_a_refund_reaches_the_wallet_and_keeps_the_readers_share(metered: Server, admin: ApiClient) -> None:
    scene = await two_minutes(metered)
    await scene.pass_time(1)
    before = await scene.snapshot()
    reply = await refund(admin, scene, 100, key="part")
    assert (reply.status, reply.body["total_cost_minor"]) == (200, 698)
    assert reply.body["earnings_minor"] == 488  # floor(698 × 0.7)
    assert reply.body["version"] == before["version"] + 1
    assert await scene.balance() == 302
    changed = await scene.client_live.next_event("consultation.changed", lambda event: event["version"] == before["version"] + 1)
    assert changed["consultation"]["total_cost_minor"] == 698
    wallet = await scene.client_live.next_event("wallet.changed", lambda event: event["balance_minor"] == 302)
    assert wallet["currency"] == "USD"
    statement = (await scene.client.get(f"/consultations/{scene.id}/statement")).body
    assert [line["kind"] for line in statement["lines"][-2:]] == ["end", "refund"]
    assert sum(line["amount_minor"] or 0 for line in statement["lines"]) == 698
    row = (await admin.get("/admin/audit", params={"action": "consultation.refund", "entity_id": scene.id})).body["items"][0]
    assert row["before"] == {"total_cost_minor": 798, "earnings_minor": 558}
    assert row["after"] == {"total_cost_minor": 698, "earnings_minor": 488, "amount_minor": 100, "reason": "as agreed"}


async def test_never_more_than_was_charged_goes_back(metered: Server, admin: ApiClient) -> None:
    scene = await two_minutes(metered)
    too_much = await refund(admin, scene, 799, key="a")
    assert (too_much.status, too_much.code) == (409, "consultation.refund_too_large")
    assert (await refund(admin, scene, 700, key="b")).status == 200
    assert (await refund(admin, scene, 99, key="c")).status == 409
    rest = await refund(admin, scene, 98, key="d")
    assert (rest.body["total_cost_minor"], rest.body["earnings_minor"]) == (0, 0)
    assert await scene.balance() == 1000
    assert (await admin.get("/admin/ledger/check")).body["ok"]


async def test_the_same_key_refunds_once(metered: Server, admin: ApiClient) -> None:
    scene = await two_minutes(metered)
    replies = await asyncio.gather(*(refund(admin, scene, 50, key="same") for _ in range(5)))
    assert [reply.status for reply in replies] == [200] * 5
    assert {reply.body["total_cost_minor"] for reply in replies} == {748}
    assert await scene.balance() == 252
    other = await refund(admin, scene, 51, key="same")
    assert (other.status, other.code) == (422, "idempotency.key_reused")
    path = f"/admin/consultations/{scene.id}/refund"
    without = await admin.post(path, {"amount_minor": 1, "reason": "x"})
    assert (without.status, without.code) == (400, "idempotency.key_missing")


async def test_many_refunds_at_once_never_give_back_more_than_there_was(metered: Server, admin: ApiClient) -> None:
    scene = await two_minutes(metered)
    replies = await asyncio.gather(*(refund(admin, scene, 300, key=f"race-{number}") for number in range(6)))
    assert sorted(reply.status for reply in replies) == [200, 200, 409, 409, 409, 409]
    assert await scene.balance() == 202 + 600
    assert (await admin.get("/admin/ledger/check")).body["ok"]


async def test_a_refund_while_it_runs_is_not_taken_out_of_the_settlement(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.start(metered, balance=1000)
    await scene.pass_time(30)
    assert (await refund(admin, scene, 100, key="live")).status == 200
    ended = await scene.end(by_reader=True)
    assert ended["total_cost_minor"] == 99, "half a minute goes back, beside what the admin gave"
    assert (await admin.get("/admin/ledger/check")).body["ok"]


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"amount_minor": 0, "reason": "x"}, "amount_minor"),
        ({"amount_minor": -5, "reason": "x"}, "amount_minor"),
        ({"amount_minor": 1.5, "reason": "x"}, "amount_minor"),
        ({"amount_minor": 10**18, "reason": "x"}, "amount_minor"),
        ({"amount_minor": 5}, "reason"),
        ({"amount_minor": 5, "reason": ""}, "reason"),
        ({"amount_minor": 5, "reason": "x" * 501}, "reason"),
    ],
)
async def test_each_mistake_in_a_refund_is_named(metered: Server, admin: ApiClient, payload: dict[str, Any], path: str) -> None:
    reply = await admin.post(f"/admin/consultations/{NOBODY}/refund", payload, key=f"mistake-{payload}")
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, path)


async def test_a_refund_of_nothing_that_exists_is_not_found(metered: Server, admin: ApiClient) -> None:
    reply = await admin.post(f"/admin/consultations/{NOBODY}/refund", {"amount_minor": 5, "reason": "x"}, key="nobody")
    assert reply.status == 404
