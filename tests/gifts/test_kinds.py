"""The catalogue: what a new installation offers, and how admins change it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from billing.gifts.catalogue import DEFAULT_KINDS, open_gift_kinds
from config.ids import new_id
from tests.gifts.evening import Evening
from tests.support.clients import ApiClient
from tests.support.servers import Server, StartServer

LANTERN = {"name": "Lantern", "price_minor": 150, "image_url": "/gifts/candle.svg"}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


async def offered(person: ApiClient) -> dict[str, dict[str, Any]]:
    return {kind["name"]: kind for kind in (await person.get("/gift-kinds")).body["items"]}


async def test_a_new_installation_offers_gifts_in_its_currency(start_server: StartServer) -> None:
    server = await start_server({"billing": {"currency": "EUR"}})
    reply = await (await server.visitor()).get("/gift-kinds")
    kinds = reply.body["items"]
    assert [kind["name"] for kind in kinds] == [name for name, _, _ in DEFAULT_KINDS]
    assert {kind["currency"] for kind in kinds} == {"EUR"}
    assert (kinds[0]["price_minor"], kinds[-1]["price_minor"]) == (49, 4999)
    assert kinds[3]["image_url"] == "/gifts/rose.svg"
    assert reply.body["next_cursor"] is None
    # Starting once more, here or on another node at the same time, adds nothing.
    now = server.clock.now()
    await asyncio.gather(*(server.database.transact(lambda tx: open_gift_kinds(tx, "EUR", now=now)) for _ in range(4)))
    assert (await (await server.visitor()).get("/gift-kinds")).body["items"] == kinds


async def test_an_admin_adds_changes_and_takes_off_kinds(start_server: StartServer) -> None:
    server = await start_server()
    admin = await server.make_admin()
    reply = await admin.post("/admin/gift-kinds", LANTERN | {"sort_order": 15})
    assert reply.status == 201, reply.content
    lantern = reply.body
    assert list(await offered(admin))[:3] == ["Feather", "Lantern", "Candle"]
    evening = await Evening.begin(server)
    giver, sent = evening.guests[0].live, evening.gift("Lantern")
    first = await giver.command("gift.send", **sent)
    assert first["gift"]["amount_minor"] == 150
    path = f"/admin/gift-kinds/{lantern['id']}"
    changed = (await admin.patch(path, {"price_minor": 175, "description": "For the way home"})).body
    assert (changed["price_minor"], changed["description"], changed["name"]) == (175, "For the way home", "Lantern")
    assert (await giver.command("gift.send", **evening.gift("Lantern")))["gift"]["amount_minor"] == 175
    assert await giver.command("gift.send", **sent) == first
    await admin.patch(path, {"is_active": False})
    assert "Lantern" not in await offered(admin)
    assert (await giver.refused("gift.send", **evening.gift("Lantern")))["code"] == "gift.kind_unknown"
    everything = (await admin.get("/admin/gift-kinds")).body["items"]
    assert [kind["is_active"] for kind in everything if kind["name"] == "Lantern"] == [False]
    audit = (await admin.get("/admin/audit", params={"entity_id": lantern["id"]})).body["items"]
    assert [row["action"] for row in audit] == ["gift_kind.change", "gift_kind.change", "gift_kind.add"]
    assert (audit[1]["before"]["price_minor"], audit[1]["after"]["price_minor"]) == (150, 175)


async def test_a_kind_takes_its_picture_from_an_upload(house: Server) -> None:
    admin, other = await house.make_admin(), await house.register()
    uploads = []
    for person in (admin, other):
        boundary = "picture"
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'.encode()
        reply = await person.post(
            "/uploads",
            data=body + PIXEL + f"\r\n--{boundary}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        assert reply.status == 201, reply.content
        uploads.append(reply.body)
    reply = await admin.post("/admin/gift-kinds", {"name": "Owl", "price_minor": 5, "image_upload_id": uploads[0]["id"]})
    assert (reply.status, reply.body["image_url"]) == (201, uploads[0]["url"])
    reply = await admin.post("/admin/gift-kinds", {"name": "Cat", "price_minor": 5, "image_upload_id": uploads[1]["id"]})
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, "image_upload_id")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"price_minor": 0}, "price_minor"),
        ({"price_minor": -5}, "price_minor"),
        ({"price_minor": 1_000_001}, "price_minor"),
        ({"price_minor": 1.5}, "price_minor"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"description": "x" * 201}, "description"),
        ({"image_url": None}, "image_url"),
        ({"image_url": "https://example.com/a.svg"}, "image_url"),
        ({"image_url": "/gifts/../secret.svg"}, "image_url"),
        ({"image_url": "javascript:alert(1)"}, "image_url"),
        ({"image_upload_id": str(new_id()), "image_url": None}, "image_upload_id"),
        ({"image_upload_id": str(new_id())}, "image_url"),
        ({"sort_order": -1}, "sort_order"),
        ({"currency": "EUR"}, "currency"),
        ({"is_active": "yes"}, "is_active"),
    ],
)
async def test_what_makes_no_sense_is_refused(house: Server, change: dict[str, Any], path: str) -> None:
    admin = await house.make_admin()
    before = await offered(admin)
    payload = {key: value for key, value in (LANTERN | change).items() if value is not None}
    reply = await admin.post("/admin/gift-kinds", payload)
    assert reply.status == 422, reply.content
    assert path in [field["path"] for field in reply.body["fields"]]
    assert await offered(admin) == before


async def test_names_are_there_once_and_outsiders_change_nothing(house: Server) -> None:
    admin, client = await house.make_admin(), await house.register()
    kinds = await offered(admin)
    assert (await admin.post("/admin/gift-kinds", LANTERN | {"name": "rOSE"})).code == "gift.name_taken"
    path = f"/admin/gift-kinds/{kinds['Tea']['id']}"
    assert (await admin.patch(path, {"name": "Rose"})).code == "gift.name_taken"
    assert (await admin.patch(path, {"name": "Tea"})).status == 200
    assert (await admin.patch(f"/admin/gift-kinds/{new_id()}", {"name": "Tea"})).status == 404
    for person, status in ((client, 403), (await house.visitor(), 401)):
        assert (await person.get("/admin/gift-kinds")).status == status
        assert (await person.post("/admin/gift-kinds", LANTERN)).status == status
        assert (await person.patch(path, {"price_minor": 1})).status == status
    assert await offered(admin) == kinds


async def test_adding_with_a_key_again_adds_once(house: Server) -> None:
    admin = await house.make_admin()
    replies = [await admin.post("/admin/gift-kinds", LANTERN | {"name": "Bell"}, key="bell") for _ in range(2)]
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].body == replies[1].body
