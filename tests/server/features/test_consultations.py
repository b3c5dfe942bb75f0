"""Consultations over HTTP: asking, history, messages, statement, transcript."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests.support.clients import ApiClient
from tests.support.consultations import Scene, add_client
from tests.support.servers import Server


async def ask(scene: Scene, person: ApiClient | None = None, *, key: str | None = None, **changes: Any) -> Any:
    payload = {"reader_id": scene.reader.id, "type": "chat", **changes}
    return await (person or scene.client).post("/consultations", payload, key=key)


async def test_asking_over_http_rings_like_the_command(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    reply = await ask(scene)
    assert (reply.status, reply.body["status"]) == (201, "requested")
    assert reply.body.get("earnings_minor") is None, "only the reader is told"
    event = await scene.reader_live.next_event("consultation.requested")
    assert event["consultation_id"] == reply.body["id"]
    again = await ask(scene)
    assert (again.status, again.code) == (409, "reader.busy")


async def test_the_same_key_is_the_same_request(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    first = await ask(scene, key="one")
    again = await ask(scene, key="one")
    assert (again.status, again.body["id"]) == (201, first.body["id"])
    other = await ask(scene, key="one", type="call")
    assert (other.status, other.code) == (422, "idempotency.key_reused")


async def test_who_may_not_ask_is_told_why(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.prepare(metered)
    poor = await add_client(metered, balance=398)
    refused = await ask(scene, poor)
    assert (refused.status, refused.code) == (402, "wallet.balance_too_low")
    for person in (scene.reader, admin):
        assert (await ask(scene, person)).status == 403
    assert (await ask(scene, await metered.visitor())).status == 401
    assert (await ask(scene, reader_id=scene.client.id)).status == 404
    assert (await ask(scene, type="call")).code == "reader.type_not_offered"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"reader_id": "x"}, "reader_id"),
        ({"type": "fax"}, "type"),
        ({"nonce": "x"}, "nonce"),
        ({"scheduled_at": "2027-01-01T10:00:00Z"}, "scheduled_at"),
        ({"scheduled_at": "tomorrow"}, "scheduled_at"),
    ],
)
async def test_each_mistake_in_a_request_is_named(metered: Server, changes: dict[str, Any], path: str) -> None:
    client = await metered.register()
    payload = {"reader_id": "01890000-0000-7000-8000-000000000000", "type": "chat", **changes}
    reply = await client.post("/consultations", payload)
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, path)


async def test_history_is_the_own_newest_first_by_status_and_pages(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.prepare(metered, balance=5000)
    ids = []
    for _ in range(3):
        await scene.request()
        ids.append(scene.id)
        await scene.client_live.command("consultation.cancel", consultation_id=scene.id)
    await scene.request()
    for person in (scene.client, scene.reader):
        found = (await person.get("/consultations")).body["items"]
        assert [item["id"] for item in found] == [scene.id, *reversed(ids)]
    live = (await scene.client.get("/consultations", params={"status": "requested"})).body["items"]
    assert [item["id"] for item in live] == [scene.id]
    page = (await scene.client.get("/consultations?status=cancelled&status=completed&limit=2")).body
    rest = (
        await scene.client.get("/consultations", params={"status": "cancelled", "limit": "2", "cursor": page["next_cursor"]})
    ).body
    assert [item["id"] for item in page["items"] + rest["items"]] == list(reversed(ids))
    assert rest["next_cursor"] is None
    assert (await admin.get("/consultations")).body["items"] == []
    assert (await scene.client.get("/consultations?status=sleeping")).status == 422


async def test_an_outsider_finds_nothing(metered: Server, admin: ApiClient) -> None:
    scene = await Scene.start(metered)
    stranger = await metered.register()
    for suffix in ("", "/messages", "/statement", "/transcript"):
        for person in (stranger, admin):
            assert (await person.get(f"/consultations/{scene.id}{suffix}")).status == 404
        assert (await (await metered.visitor()).get(f"/consultations/{scene.id}{suffix}")).status == 401
        assert (await scene.client.get(f"/consultations/01890000-0000-7000-8000-000000000000{suffix}")).status == 404


async def test_messages_come_in_order_after_a_seq_and_by_pages(metered: Server) -> None:
    scene = await Scene.start(metered)
    for number in range(4):
        await scene.say(f"message {number}")
    path = f"/consultations/{scene.id}/messages"
    everything = (await scene.client.get(path)).body
    assert [item["seq"] for item in everything["items"]] == [1, 2, 3, 4, 5]
    assert everything["next_cursor"] is None
    assert everything == (await scene.reader.get(path)).body
    later = (await scene.client.get(path, params={"after_seq": "3"})).body["items"]
    assert [item["content"] for item in later] == ["message 2", "message 3"]
    seen, cursor = [], "0"
    while cursor is not None:
        page = (await scene.client.get(path, params={"limit": "2", "cursor": cursor})).body
        seen += [item["seq"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [1, 2, 3, 4, 5]
    for wrong in ({"after_seq": "-1"}, {"after_seq": str(2**31)}, {"limit": "501"}, {"cursor": "x"}):
        assert (await scene.client.get(path, params=wrong)).status == 422


async def test_the_statement_explains_every_cent_and_shows_the_gaps(metered: Server) -> None:
    scene = await Scene.start(metered, balance=2000)
    await scene.pass_time(30)
    await scene.drop()
    await scene.pass_time(20)
    await scene.come_back()
    await scene.pass_time(50)
    await scene.end(by_reader=True)
    statement = (await scene.client.get(f"/consultations/{scene.id}/statement")).body
    lines = statement["lines"]
    assert [line["kind"] for line in lines] == ["start", "charge", "pause", "resume", "charge", "refund", "end"]
    began = lines[0]["at"]
    assert lines[1]["at"] == began
    assert lines[2]["reason"] == "client_connection"
    assert lines[2]["seconds"] == pytest.approx(20, abs=0.01)
    # Twenty seconds did not count, so the second minute began 80 s after the start.
    passed = datetime.fromisoformat(lines[4]["at"]) - datetime.fromisoformat(began)
    assert passed.total_seconds() == pytest.approx(80, abs=1.01)
    assert [line["amount_minor"] for line in lines if line["kind"] == "charge"] == [399, 399]
    assert lines[5]["amount_minor"] == -266  # ceil(399 × 40/60)
    total = sum(line["amount_minor"] or 0 for line in lines)
    assert total == statement["total_cost_minor"] == statement["consultation"]["total_cost_minor"] == 532
    assert statement["connected_seconds"] == 80
    assert all((line["transfer_id"] is not None) == (line["amount_minor"] is not None) for line in lines)
    assert all(line["earned_minor"] is None for line in lines), "the client is not told what the reader earns"
    history = (await scene.client.get("/wallet/transfers")).body["items"]
    wallet = {item["id"]: item["amount_minor"] for item in history}
    for line in lines:
        if line["transfer_id"] is not None:
            assert wallet[line["transfer_id"]] == -line["amount_minor"]


async def test_the_readers_statement_tells_the_readers_part(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.end()
    statement = (await scene.reader.get(f"/consultations/{scene.id}/statement")).body
    earned = sum(line["earned_minor"] or 0 for line in statement["lines"])
    assert earned == statement["consultation"]["earnings_minor"] == 0, "less than the free time: all of it went back"
    longer = await Scene.start(metered)
    await longer.pass_time(20)
    await longer.end()
    statement = (await longer.reader.get(f"/consultations/{longer.id}/statement")).body
    assert [line["earned_minor"] for line in statement["lines"] if line["kind"] == "charge"] == [279]


async def test_a_statement_says_when_the_money_ran_out_and_came_back(metered: Server) -> None:
    scene = await Scene.start(metered, balance=500)
    await scene.pass_time(80)
    await scene.top_up(1000)
    await scene.pass_time(2)
    await scene.end()
    lines = (await scene.client.get(f"/consultations/{scene.id}/statement")).body["lines"]
    assert [line["kind"] for line in lines] == ["start", "charge", "pause", "resume", "charge", "end"]
    assert lines[2]["reason"] == "balance"
    assert lines[2]["seconds"] == pytest.approx(21, abs=1.01)
    assert lines[3]["at"] == lines[4]["at"], "the next minute is charged as the clock goes on"


async def test_a_consultation_that_never_started_costs_nothing(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    await scene.reader_live.command("consultation.decline", consultation_id=scene.id)
    statement = (await scene.client.get(f"/consultations/{scene.id}/statement")).body
    assert [(line["kind"], line["reason"]) for line in statement["lines"]] == [("end", "declined")]
    assert statement["total_cost_minor"] == 0


async def test_the_transcript_is_a_file_of_all_messages(metered: Server) -> None:
    scene = await Scene.start(metered)
    await scene.say("Line one\nline two ✨")
    image = await _upload(scene)
    await scene.client_live.command("message.send", consultation_id=scene.id, content=image["id"], kind="image", nonce="an image")
    path = f"/consultations/{scene.id}/transcript"
    text = await scene.reader.get(path)
    assert text.status == 200
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.headers["Content-Disposition"].startswith('attachment; filename="consultation-')
    assert scene.id in text.headers["Content-Disposition"]
    body = text.content.decode()
    assert "Hello" in body
    assert "line two ✨" in body
    assert f"[image] {metered.url}{image['url']}" in body
    as_json = await scene.client.get(path, params={"format": "json"})
    assert as_json.headers["Content-Type"] == "application/json; charset=utf-8"
    parsed = json.loads(as_json.content)
    assert [message["seq"] for message in parsed["messages"]] == [1, 2, 3]
    assert parsed["messages"][2]["upload_url"] == metered.url + image["url"]
    assert parsed["consultation"]["id"] == scene.id
    assert parsed["consultation"].get("earnings_minor") is None
    assert (await scene.client.get(path, params={"format": "pdf"})).status == 422
    head = await scene.client.request("HEAD", path)
    assert (head.status, head.content) == (200, b"")


async def test_a_transcript_without_messages_is_valid_too(metered: Server) -> None:
    scene = await Scene.prepare(metered)
    await scene.request()
    reply = await scene.client.get(f"/consultations/{scene.id}/transcript", params={"format": "json"})
    assert json.loads(reply.content)["messages"] == []


async def _upload(scene: Scene) -> Any:
    body = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nGIF89a\x05\x00\x06\x00\x00\x00\x00;\r\n--b--\r\n'
    reply = await scene.client.post("/uploads", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert reply.status == 201, reply.content
    return reply.body
