"""The back office's books, records and settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.clock import MovableClock
from tests.support.clients import ApiClient
from tests.support.consultations import Scene, add_reader, go_online
from tests.support.servers import Server, StartServer


async def test_the_overview_counts_what_runs_and_todays_money(start_server: StartServer) -> None:
    server = await start_server({"consultations": {"silent_reader_seconds": 0}}, clock=MovableClock())
    admin = await server.make_admin()
    scene = await Scene.start(server, balance=2000)
    free, pending = await add_reader(server), await server.register("reader")
    await go_online(server, free)
    overview = (await admin.get("/admin/overview")).body
    assert (overview["live_consultations"], overview["ringing_consultations"]) == (1, 0)
    assert (overview["online_readers"], overview["busy_readers"], overview["pending_readers"]) == (1, 1, 1)
    assert (overview["charges_today_minor"], overview["consultations_today"]) == (399, 1)
    assert overview["registrations_today"] >= 4
    assert pending.id
    await scene.pass_time(30)
    await scene.end(by_reader=True)
    overview = (await admin.get("/admin/overview")).body
    assert (overview["live_consultations"], overview["refunds_today_minor"], overview["online_readers"]) == (0, 200, 2)
    server.clock.advance(24 * 3600)  # type: ignore[attr-defined]
    assert (await admin.log_in(admin.email, admin.password)).status == 200
    overview = (await admin.get("/admin/overview")).body
    assert (overview["charges_today_minor"], overview["refunds_today_minor"]) == (0, 0)


async def test_transfers_show_both_sides_of_everything(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.start(metered, balance=1000)
    await scene.pass_time(61)
    items = (await admin.get("/admin/transfers", params={"reference_id": scene.id})).body["items"]
    assert [(item["type"], item["increment"], item["amount_minor"]) for item in items] == [
        ("session_charge", 2, 399),
        ("session_charge", 1, 399),
    ]
    first = items[1]
    assert first["reference"] == {"kind": "consultation", "id": scene.id}
    sides = {entry["ledger_account"]["kind"]: entry for entry in first["entries"]}
    assert {kind: entry["amount_minor"] for kind, entry in sides.items()} == {"wallet": -399, "earnings": 279, "revenue": 120}
    assert sides["wallet"]["ledger_account"]["owner"]["id"] == scene.client.id
    assert sides["wallet"]["balance_after_minor"] == 601
    assert sides["revenue"]["ledger_account"]["owner"] is None
    of_client = (await admin.get("/admin/transfers", params={"user_id": scene.client.id})).body["items"]
    assert [item["type"] for item in of_client] == ["session_charge", "session_charge", "promotion"]
    only = (await admin.get("/admin/transfers", params={"user_id": scene.client.id, "type": "promotion"})).body["items"]
    assert len(only) == 1
    page = (await admin.get("/admin/transfers", params={"user_id": scene.client.id, "limit": "2"})).body
    rest = await admin.get("/admin/transfers", params={"user_id": scene.client.id, "limit": "2", "cursor": page["next_cursor"]})
    assert [item["id"] for item in page["items"] + rest.body["items"]] == [item["id"] for item in of_client]
    for wrong in ({"type": "gift"}, {"state": "x"}, {"user_id": "x"}, {"cursor": "x"}, {"account": "1"}):
        assert (await admin.get("/admin/transfers", params=wrong)).status == 422


async def test_a_setting_is_set_changed_listed_and_audited(metered: Server, admin: ApiClient) -> None:
    first = await admin.put(
        "/admin/settings/site.motto", {"value": {"en": "Calm ✨", "n": None}, "description": "On the home page"}
    )
    assert (first.status, first.body["value"], first.body["updated_by"]["id"]) == (200, {"en": "Calm ✨", "n": None}, admin.id)
    second = await admin.put("/admin/settings/site.motto", {"value": None})
    assert (second.body["value"], second.body["description"]) == (None, "On the home page")
    listed = {item["key"]: item["value"] for item in (await admin.get("/admin/settings")).body["items"]}
    assert listed["site.motto"] is None
    rows = (await admin.get("/admin/audit", params={"entity_type": "setting", "entity_id": "site.motto"})).body["items"]
    assert [(row["action"], row["after"]) for row in rows] == [
        ("setting.change", {"value": None}),
        ("setting.change", {"value": {"en": "Calm ✨", "n": None}}),
    ]
    assert rows[0]["before"] == {"value": {"en": "Calm ✨", "n": None}}


async def test_settings_come_by_key_and_by_pages(metered: Server, admin: ApiClient) -> None:
    for key in ("page.c", "page.a", "page.b"):
        assert (await admin.put(f"/admin/settings/{key}", {"value": key})).status == 200
    keys: list[str] = []
    params = {"limit": "2"}
    while True:
        page = (await admin.get("/admin/settings", params=params)).body
        keys += [item["key"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert keys == sorted(keys)
    assert {"page.a", "page.b", "page.c"} <= set(keys)


@pytest.mark.parametrize("value", ["nul \x00", {"nul \x00": 1}, [["x", "\x00"]], "x" * 20_000, 2**70, [2**64]])
async def test_a_value_that_cannot_be_kept_is_refused(metered: Server, admin: ApiClient, value: Any) -> None:
    body = json.dumps({"value": value}).encode()
    reply = await admin.put("/admin/settings/bad", data=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, "value"), reply.content


async def test_nesting_without_end_and_infinity_are_refused(metered: Server, admin: ApiClient) -> None:
    for value, statuses in ((b"[" * 30 + b"]" * 30, {422}), (b"1e999", {400, 422}), (b"[" * 100_000, {400})):
        body = b'{"value": ' + value + b"}"
        reply = await admin.put("/admin/settings/bad", data=body, headers={"Content-Type": "application/json"})
        assert reply.status in statuses, (value[:20], reply.content)


@pytest.mark.parametrize("key", ["UPPER", "a b", "%00", ".dot", "x" * 101, "é"])
async def test_a_key_that_is_no_key_is_refused(metered: Server, admin: ApiClient, key: str) -> None:
    assert (await admin.put(f"/admin/settings/{key}", {"value": 1})).status in (404, 422)


async def test_a_setting_needs_a_value(metered: Server, admin: ApiClient) -> None:
    assert (await admin.put("/admin/settings/empty", {})).status == 422
    assert (await admin.put("/admin/settings/empty", {"value": 1, "key": "x"})).status == 422


async def test_records_filter_and_page(metered: Server, admin: ApiClient) -> None:
    for number in range(3):
        await admin.put("/admin/settings/audited", {"value": number})
    params = {"actor_id": admin.id, "action": "setting.change", "entity_id": "audited", "limit": "2"}
    page = (await admin.get("/admin/audit", params=params)).body
    rest = (await admin.get("/admin/audit", params=params | {"cursor": page["next_cursor"]})).body
    assert [row["after"]["value"] for row in page["items"] + rest["items"]] == [2, 1, 0]
    person = await metered.register()
    await person.log_in(person.email, "a wrong password")
    events = (await admin.get("/admin/security-events", params={"user_id": person.id, "type": "login.failed"})).body["items"]
    assert [(event["type"], event["ip_address"]) for event in events] == [("login.failed", "127.0.0.1")]
    for path in ("/admin/audit", "/admin/security-events", "/admin/settings"):
        assert (await admin.get(path, params={"cursor": "x"})).status == 422
        assert (await admin.get(path, params={"colour": "red"})).status == 422
