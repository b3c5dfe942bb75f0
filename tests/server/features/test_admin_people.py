"""The back office and people: who may, lists and search, suspending, vouching."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID

import pytest

from tests.support.clients import ApiClient
from tests.support.consultations import Scene, add_reader, go_online
from tests.support.servers import Server

_numbers = itertools.count(1)
NOBODY = "01890000-0000-7000-8000-000000000000"

DOORS = [
    ("GET", "/admin/overview", None),
    ("GET", "/admin/users", None),
    ("GET", f"/admin/users/{NOBODY}", None),
    ("PATCH", f"/admin/users/{NOBODY}", {"status": "banned", "reason": "x"}),
    ("POST", f"/admin/readers/{NOBODY}/verify", None),
    ("POST", f"/admin/readers/{NOBODY}/reject", {"reason": "x"}),
    ("GET", "/admin/consultations", None),
    ("GET", f"/admin/consultations/{NOBODY}", None),
    ("GET", f"/admin/consultations/{NOBODY}/statement", None),
    ("POST", f"/admin/consultations/{NOBODY}/end", {"reason": "x"}),
    ("POST", f"/admin/consultations/{NOBODY}/refund", {"amount_minor": 1, "reason": "x"}),
    ("GET", "/admin/reviews", None),
    ("PATCH", f"/admin/reviews/{NOBODY}", {"status": "hidden"}),
    ("GET", "/admin/audit", None),
    ("GET", "/admin/security-events", None),
    ("GET", "/admin/transfers", None),
    ("GET", "/admin/ledger/check", None),
    ("GET", "/admin/settings", None),
    ("PUT", "/admin/settings/site.motto", {"value": "x"}),
]


@pytest.mark.parametrize(("method", "path", "payload"), DOORS)
async def test_the_back_office_is_for_admins_with_the_permission(metered: Server, method: str, path: str, payload: Any) -> None:
    for role in ("client", "reader"):
        reply = await (await _person(metered, role)).request(method, path, payload, key="k")
        assert (reply.status, reply.code) == (403, "auth.forbidden")
    assert (await (await metered.visitor()).request(method, path, payload, key="k")).status == 401
    bare = await metered.make_admin()
    async with metered.database.transaction() as tx:
        await tx.execute("UPDATE users SET permissions = '{}' WHERE id = $1", UUID(bare.id))
    assert (await bare.request(method, path, payload, key="k")).status == 403


_people: dict[tuple[str, str], ApiClient] = {}


async def _person(server: Server, role: str) -> ApiClient:
    if (server.url, role) not in _people:
        _people[server.url, role] = await server.register(role)
    return _people[server.url, role]


async def found(admin: ApiClient, **params: str) -> list[str]:
    reply = await admin.get("/admin/users", params=params)
    assert reply.status == 200, reply.content
    return [item["id"] for item in reply.body["items"]]


async def test_people_are_found_by_name_address_and_id(metered: Server, admin: ApiClient) -> None:
    person = await metered.register(display_name="Zoë Quartermaine")
    local = person.email.partition("@")[0].split("-")[1]
    for text in ("quarter", "ZOË", "zoë quart", person.email, person.id):
        assert person.id in await found(admin, q=text), text
    assert person.id in await found(admin, q=f"client {local}")
    assert await found(admin, q="quarter", role="reader") == []
    assert await found(admin, q="nobody-is-called-that") == []
    assert await found(admin, q="&|!") == []


async def test_lists_filter_by_role_status_and_verification(metered: Server, admin: ApiClient) -> None:
    pending, verified = await metered.register("reader"), await add_reader(metered)
    rejected = await metered.register("reader")
    assert (await admin.post(f"/admin/readers/{rejected.id}/reject", {"reason": "no papers"})).status == 200
    unverified = await found(admin, role="reader", verified="false", limit="100")
    assert {pending.id, rejected.id} <= set(unverified)
    assert verified.id not in unverified
    assert verified.id in await found(admin, verified="true", limit="100")
    assert await found(admin, role="reader", status="banned") == []
    for wrong in ({"role": "guest"}, {"status": "gone"}, {"verified": "perhaps"}, {"limit": "101"}, {"cursor": "x"}):
        assert (await admin.get("/admin/users", params=wrong)).status == 422


async def test_pages_of_people_survive_one_instant(metered: Server, admin: ApiClient) -> None:
    # The clock stands still, so all of these were made at the same time.
    made = [(await metered.register(display_name=f"Pagewise {next(_numbers)}")).id for _ in range(5)]
    seen: list[str] = []
    params = {"q": "pagewise", "limit": "2"}
    while True:
        page = (await admin.get("/admin/users", params=params)).body
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(made)


async def test_a_person_opens_with_money_and_what_they_do(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.start(metered, balance=1000)
    client = (await admin.get(f"/admin/users/{scene.client.id}")).body
    assert (client["wallet_balance_minor"], client["earnings_balance_minor"], client["currency"]) == (601, None, "USD")
    assert (client["live_consultation_id"], client["consultations_count"]) == (scene.id, 1)
    assert (client["open_logins_count"], client["reader"], client["is_verified"]) == (1, None, None)
    reader = (await admin.get(f"/admin/users/{scene.reader.id}")).body
    assert (reader["earnings_balance_minor"], reader["is_verified"]) == (279, True)
    assert reader["reader"]["verification"] == "verified"
    assert not {"password_hash", "permissions"} & reader.keys()
    assert (await admin.get(f"/admin/users/{NOBODY}")).status == 404


async def test_suspending_a_reader_ends_the_consultation_fairly_and_closes_everything(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.start(metered, balance=1000)
    watcher = await metered.connect(scene.client)
    await watcher.command("readers.watch", on=True)
    await scene.pass_time(30)
    reply = await admin.patch(f"/admin/users/{scene.reader.id}", {"status": "suspended", "reason": "complaints"})
    assert (reply.status, reply.body["status"], reply.body["status_reason"]) == (200, "suspended", "complaints")
    assert (reply.body["live_consultation_id"], reply.body["open_logins_count"]) == (None, 0)
    await scene.reader_live.closed()
    snapshot = await scene.snapshot()
    assert (snapshot["status"], snapshot["end_reason"]) == ("completed", "participant_suspended")
    # The client pays for the half minute that there was: 399 less ceil(399 × 30/60).
    assert snapshot["total_cost_minor"] == 199
    ended = await scene.client_live.next_event("consultation.ended")
    assert ended["consultation"]["end_reason"] == "participant_suspended"
    gone = await watcher.next_event(
        "reader.status_changed", lambda event: event["reader_id"] == scene.reader.id and event["status"] == "offline"
    )
    assert gone["status"] == "offline"
    assert (await scene.reader.get("/me")).status in (401, 403)
    assert (await scene.reader.log_in(scene.reader.email, scene.reader.password)).code == "auth.suspended"
    assert (await admin.get("/admin/ledger/check")).body["ok"]


async def test_suspending_a_client_pays_back_the_unused_time_too(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.start(metered, balance=1000)
    await scene.pass_time(30)
    await admin.patch(f"/admin/users/{scene.client.id}", {"status": "banned", "reason": "fraud"})
    snapshot = await scene.snapshot(reader=True)
    assert (snapshot["end_reason"], snapshot["total_cost_minor"]) == ("participant_suspended", 199)
    await scene.client_live.closed()


async def test_suspending_somebody_who_rings_withdraws_the_request(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    await admin.patch(f"/admin/users/{scene.client.id}", {"status": "suspended", "reason": "test"})
    cancelled = await scene.reader_live.next_event("consultation.cancelled")
    assert cancelled["consultation_id"] == scene.id


async def test_who_is_reinstated_can_log_in_again(metered: Server, admin: ApiClient) -> None:
    reader = await add_reader(metered)
    for status in ("suspended", "active"):
        assert (await admin.patch(f"/admin/users/{reader.id}", {"status": status, "reason": "test"})).status == 200
    assert (await reader.get("/me")).status == 401, "the old login stays ended"
    assert (await reader.log_in(reader.email, reader.password)).status == 200
    assert (await (await metered.visitor()).get(f"/readers/{reader.id}")).status == 200
    events = (await admin.get("/admin/security-events", params={"user_id": reader.id})).body["items"]
    assert [event["type"] for event in events][:4] == [
        "login.started",
        "account.active",
        "account.suspended",
        "login.started",
    ]
    assert events[0]["user"] == {"id": reader.id, "display_name": reader.user["display_name"]}


async def test_nobody_suspends_themselves_or_somebody_who_is_not_there(metered: Server, admin: ApiClient) -> None:
    reply = await admin.patch(f"/admin/users/{admin.id}", {"status": "suspended", "reason": "tired"})
    assert (reply.status, reply.code) == (409, "user.own_status")
    assert (await admin.patch(f"/admin/users/{NOBODY}", {"status": "banned", "reason": "x"})).status == 404
    person = await metered.register()
    for wrong in ({"status": "pending", "reason": "x"}, {"status": "banned"}, {"status": "banned", "reason": " "}, {}):
        assert (await admin.patch(f"/admin/users/{person.id}", wrong)).status == 422
    assert (await person.get("/me")).status == 200


async def test_a_verified_reader_appears_and_a_rejected_one_is_gone(metered: Server, admin: ApiClient) -> None:
    reader = await metered.register("reader")
    visitor, watcher = await metered.visitor(), await metered.connect(await metered.register())
    await watcher.command("readers.watch", on=True)
    await go_online(metered, reader)
    verified = await admin.post(f"/admin/readers/{reader.id}/verify")
    assert (verified.status, verified.body["is_verified"]) == (200, True)
    await watcher.next_event(
        "reader.status_changed", lambda event: event["reader_id"] == reader.id and event["status"] == "online"
    )
    assert (await visitor.get(f"/readers/{reader.id}")).body["status"] == "online"
    again = await admin.post(f"/admin/readers/{reader.id}/verify")
    assert again.body["reader"]["verified_at"] == verified.body["reader"]["verified_at"]
    rejected = await admin.post(f"/admin/readers/{reader.id}/reject", {"reason": "papers expired"})
    assert (rejected.body["is_verified"], rejected.body["reader"]["verification_reason"]) == (False, "papers expired")
    await watcher.next_event(
        "reader.status_changed", lambda event: event["reader_id"] == reader.id and event["status"] == "offline"
    )
    assert (await visitor.get(f"/readers/{reader.id}")).status == 404
    own = (await reader.get("/me/reader")).body
    assert (own["verification"], own["verification_reason"]) == ("rejected", "papers expired")


async def test_only_readers_can_be_vouched_for(metered: Server, admin: ApiClient) -> None:
    client = await metered.register()
    for user_id in (client.id, NOBODY):
        assert (await admin.post(f"/admin/readers/{user_id}/verify")).status == 404
        assert (await admin.post(f"/admin/readers/{user_id}/reject", {"reason": "x"})).status == 404
    reader = await metered.register("reader")
    assert (await admin.post(f"/admin/readers/{reader.id}/reject", {})).status == 422


async def test_each_change_of_a_person_is_in_the_audit_log(metered: Server, admin: ApiClient) -> None:
    reader = await metered.register("reader")
    await admin.post(f"/admin/readers/{reader.id}/verify")
    await admin.patch(f"/admin/users/{reader.id}", {"status": "suspended", "reason": "complaints"})
    rows = (await admin.get("/admin/audit", params={"entity_id": reader.id})).body["items"]
    assert [(row["action"], row["entity_type"]) for row in rows] == [
        ("user.change_status", "user"),
        ("reader.verify", "reader"),
    ]
    assert rows[0]["before"] == {"status": "active", "reason": None}
    assert rows[0]["after"] == {"status": "suspended", "reason": "complaints"}
    assert rows[0]["actor"] == {"id": admin.id, "display_name": "Admin"}
    assert rows[0]["ip_address"] == "127.0.0.1"
    assert rows[0]["user_agent"]
