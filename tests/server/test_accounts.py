"""Registering, proving an address, the own profile."""

from __future__ import annotations

import pytest

from tests.support.servers import PASSWORD, Server, StartServer


async def test_a_new_account_is_logged_in_and_usable_at_once(server: Server) -> None:
    person = await server.register("client", display_name="  Ada  ")
    reply = await person.get("/me")
    assert reply.status == 200
    assert reply.body["display_name"] == "Ada"
    assert reply.body["role"] == "client"
    assert reply.body["email_verified"] is False
    assert reply.body["permissions"] == []


async def test_registration_answers_what_login_answers_with_a_cookie_that_scripts_cannot_read(server: Server) -> None:
    visitor = await server.visitor()
    reply = await visitor.register("cookie@example.com", PASSWORD, role="reader", display_name="R")
    assert set(reply.body) == {"access_token", "token_type", "expires_in", "user"}
    assert reply.body["token_type"] == "Bearer"
    cookie = reply.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/api/v1/auth" in cookie
    assert "Secure" not in cookie
    login = await visitor.log_in("cookie@example.com", PASSWORD)
    assert login.status == 200
    assert set(login.body) == set(reply.body)


async def test_the_refresh_cookie_is_secure_where_the_site_is_reached_over_https(start_server: StartServer) -> None:
    server = await start_server({"server": {"public_url": "https://example.com"}})
    visitor = await server.visitor()
    reply = await visitor.register("a@example.com", PASSWORD, role="client", display_name="A")
    assert "Secure" in reply.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in reply.headers


async def test_an_address_has_one_account_however_it_is_written(server: Server) -> None:
    person = await server.register()
    again = await (await server.visitor()).register(person.email.upper(), PASSWORD, role="reader", display_name="B")
    assert (again.status, again.code) == (409, "auth.email_taken")


async def test_the_letter_proves_the_address_once(server: Server) -> None:
    person = await server.register()
    letter = await server.next_letter(person.email)
    assert letter["token"] in letter["text"]
    visitor = await server.visitor()
    assert (await visitor.post("/auth/verify-email", {"token": letter["token"]})).status == 204
    assert (await person.get("/me")).body["email_verified"] is True
    again = await visitor.post("/auth/verify-email", {"token": letter["token"]})
    assert (again.status, again.code) == (422, "auth.token_invalid")


async def test_another_letter_can_be_asked_for_until_the_address_is_proven(server: Server) -> None:
    person = await server.register()
    await server.next_letter(person.email)
    assert (await person.post("/auth/verify-email/resend")).status == 202
    letter = await server.next_letter(person.email, after=1)
    assert (await person.post("/auth/verify-email", {"token": letter["token"]})).status == 204


async def test_a_profile_changes_only_in_what_is_sent(server: Server) -> None:
    person = await server.register(display_name="Before")
    reply = await person.patch("/me", {"time_zone": "Europe/Berlin", "username": f"u{person.id[-8:]}"})
    assert reply.status == 200
    assert reply.body["display_name"] == "Before"
    assert reply.body["time_zone"] == "Europe/Berlin"
    assert (await person.patch("/me", {"display_name": "After"})).body["time_zone"] == "Europe/Berlin"


async def test_a_user_name_belongs_to_one_person(server: Server) -> None:
    first, second = await server.register(), await server.register()
    name = f"u{first.id[-8:]}"
    assert (await first.patch("/me", {"username": name})).status == 200
    reply = await second.patch("/me", {"username": name, "display_name": "Changed"})
    assert (reply.status, reply.code) == (409, "account.username_taken")
    assert (await second.get("/me")).body["display_name"] != "Changed"


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"username": "No Spaces"}, "username"),
        ({"display_name": "   "}, "display_name"),
        ({"display_name": "x" * 61}, "display_name"),
        ({"display_name": "nul\x00"}, "display_name"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_a_profile_refuses(server: Server, payload: dict[str, str], path: str) -> None:
    person = await server.register()
    reply = await person.patch("/me", payload)
    assert (reply.status, reply.code) == (422, "request.invalid")
    assert [field["path"] for field in reply.body["fields"]] == [path]
