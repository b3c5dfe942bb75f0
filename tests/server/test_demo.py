"""The demonstration: its people, its outbox, and that none of it exists without `--demo`."""

from __future__ import annotations

from billing.ledger.check import check_ledger
from server.demo import DEMO_LOGINS, DEMO_PASSWORD, fill_in_demo
from server.demo_readers import DEMO_READERS, HOUSE_READER
from tests.support.servers import Server, StartServer


async def test_the_demo_people_can_log_in_and_the_client_holds_fifty(start_server: StartServer) -> None:
    server = await start_server(demo=True)
    for role, email in DEMO_LOGINS.items():
        visitor = await server.visitor()
        reply = await visitor.log_in(email, DEMO_PASSWORD)
        assert reply.status == 200
        assert reply.body["user"]["role"] == role
        if role == "client":
            wallet = (await visitor.get("/wallet")).body
            assert (wallet["balance_minor"], wallet["currency"]) == (5000, "USD")
            transfers = (await visitor.get("/wallet/transfers")).body["items"]
            assert [transfer["type"] for transfer in transfers] == ["promotion"]
    assert (await check_ledger(server.database, server.clock)).ok


async def test_the_demo_reader_is_verified_and_charges_what_the_protocol_says(start_server: StartServer) -> None:
    server = await start_server(demo=True)
    visitor = await server.visitor()
    await visitor.log_in(DEMO_LOGINS["reader"], DEMO_PASSWORD)
    reader = (await visitor.get(f"/readers/{visitor.id}")).body
    rates = {kind: rate["rate_per_minute_minor"] for kind, rate in reader["rates"].items()}
    assert rates == {"chat": 399, "call": 499, "video": 599}
    listed = (await visitor.get("/readers?limit=100")).body["items"]
    assert len(listed) == len(DEMO_READERS) + 2
    assert all(item["is_demonstration"] for item in listed if item["id"] != visitor.id)


async def test_filling_in_the_demo_again_changes_nothing(start_server: StartServer) -> None:
    server = await start_server(demo=True)
    visitor = await server.visitor()
    await visitor.log_in(DEMO_LOGINS["client"], DEMO_PASSWORD)
    await visitor.patch("/me", {"display_name": "Changed"})
    await fill_in_demo(server.database, server.services.passwords, "USD", now=server.clock.now())
    assert (await visitor.get("/me")).body["display_name"] == "Changed"
    coming = (await visitor.get("/livestreams", params={"status": "scheduled"})).body["items"]
    assert [item["reader"]["display_name"] for item in coming] == [HOUSE_READER.display_name]
    assert (await visitor.get("/wallet")).body["balance_minor"] == 5000


async def test_the_outbox_shows_letters_newest_first_and_by_address(start_server: StartServer) -> None:
    server = await start_server(demo=True)
    first, second = await server.register(), await server.register()
    await server.next_letter(first.email)
    await server.next_letter(second.email)
    visitor = await server.visitor()
    await visitor.post("/auth/password-reset", {"email": first.email})
    await server.next_letter(first.email, after=1)
    items = (await visitor.get("/dev/mail.json", root=True, params={"to": first.email})).body["items"]
    assert len(items) == 2
    assert all(set(item) == {"to", "subject", "text", "links", "token", "created_at"} for item in items)
    assert {item["to"] for item in items} == {first.email}
    assert items[0]["created_at"] >= items[1]["created_at"]
    assert "password" in items[0]["subject"]
    assert items[0]["token"] in items[0]["links"][0]
    page = await visitor.get("/dev/mail", root=True)
    assert page.headers["Content-Type"].startswith("text/html")
    assert second.email.encode() in page.content


async def test_there_is_no_outbox_and_nobody_without_the_demonstration(server: Server) -> None:
    visitor = await server.visitor()
    for path in ("/dev/mail", "/dev/mail.json", "/dev/mail.json?to=a@example.com"):
        reply = await visitor.get(path, root=True)
        assert (reply.status, reply.code) == (404, "resource.not_found")
    for email in DEMO_LOGINS.values():
        assert (await visitor.log_in(email, DEMO_PASSWORD)).status == 401


async def test_the_site_tells_the_rules_and_the_test_cards(start_server: StartServer) -> None:
    server = await start_server({"billing": {"minute_seconds": 3, "free_seconds": 1}}, demo=True)
    site = (await (await server.visitor()).get("/site")).body
    assert site["demo"] is True
    assert site["currency"] == "USD"
    assert site["payments"]["mode"] == "test"
    assert {card["id"] for card in site["payments"]["test_payment_methods"]} >= {"pm_card_visa", "pm_card_chargeDeclined"}
    assert site["billing"] == {
        "minute_seconds": 3,
        "increment_seconds": 3,
        "settlement": "minute",
        "free_seconds": 1,
        "minimum_minutes_to_start": 1,
        "top_up_window_seconds": 120,
    }
    assert site["wallet"] == {"top_up_minimum_minor": 500, "top_up_maximum_minor": 50000}
    assert site["queue"] == {"reserved_seconds": 120}
