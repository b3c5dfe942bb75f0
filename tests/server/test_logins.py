"""Logging in and out, renewing, the lock after failures, devices and passwords."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from config.clock import MovableClock
from tests.support.clients import ApiClient, Reply
from tests.support.servers import PASSWORD, Server, StartServer

NEW_PASSWORD = "another good password"


async def refresh_with(server: Server, token: str) -> Reply:
    """A refresh by whoever holds this token."""
    visitor = await server.visitor()
    return await visitor.post("/auth/refresh", headers={"Cookie": f"soulseer_refresh={token}"})


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(server: Server) -> None:
    person = await server.register()
    visitor = await server.visitor()
    wrong = await visitor.log_in(person.email, "not the password")
    unknown = await visitor.log_in("nobody-at-all@example.com", "not the password")
    assert wrong.status == unknown.status == 401
    assert wrong.code == "auth.invalid_credentials"
    assert wrong.content == unknown.content


async def test_the_address_may_be_written_in_any_case_and_with_spaces(server: Server) -> None:
    person = await server.register()
    visitor = await server.visitor()
    assert (await visitor.log_in(f" {person.email.upper()} ", PASSWORD)).status == 200


async def test_a_refresh_trades_the_cookie_for_a_new_one(server: Server) -> None:
    person = await server.register()
    old_cookie, old_access = person.refresh_cookie, person.access_token
    reply = await person.refresh()
    assert reply.status == 200
    assert person.refresh_cookie != old_cookie
    assert person.access_token is not None
    assert (await person.get("/me")).status == 200
    person.access_token = old_access
    assert (await person.get("/me")).status == 200


async def test_a_refresh_token_that_comes_again_ends_the_login_and_its_access_tokens(server: Server) -> None:
    person = await server.register()
    stolen = person.refresh_cookie
    assert (await person.refresh()).status == 200
    reply = await refresh_with(server, stolen)
    assert (reply.status, reply.code) == (401, "auth.refresh_reused")
    reply = await person.get("/me")
    assert (reply.status, reply.code) == (401, "auth.revoked")
    assert (await person.refresh()).status == 401


async def test_reuse_ends_only_the_login_it_belongs_to(server: Server) -> None:
    person = await server.register()
    other = await server.visitor()
    assert (await other.log_in(person.email, PASSWORD)).status == 200
    stolen = person.refresh_cookie
    await person.refresh()
    await refresh_with(server, stolen)
    assert (await other.get("/me")).status == 200


async def test_of_many_refreshes_at_once_with_one_token_only_one_is_answered(server: Server) -> None:
    person = await server.register()
    token = person.refresh_cookie
    replies = await asyncio.gather(*(refresh_with(server, token) for _ in range(8)))
    assert sorted(reply.status for reply in replies) == [200] + [401] * 7
    assert {reply.code for reply in replies if reply.status == 401} <= {"auth.refresh_reused", "auth.refresh_invalid"}
    assert (await person.get("/me")).code == "auth.revoked"


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "ü" * 10, "a" * 5000])
async def test_a_refresh_without_a_known_token_is_refused(server: Server, token: str) -> None:
    visitor = await server.visitor()
    headers = {"Cookie": f"soulseer_refresh={token}"} if token.isascii() else {}
    reply = await visitor.post("/auth/refresh", headers=headers)
    assert (reply.status, reply.code) == (401, "auth.refresh_invalid")


async def test_logging_out_ends_the_access_token_too_and_may_be_repeated(server: Server) -> None:
    person = await server.register()
    token = person.refresh_cookie
    reply = await person.post("/auth/logout")
    assert reply.status == 204
    assert 'soulseer_refresh=""' in reply.headers["Set-Cookie"]
    assert (await person.get("/me")).code == "auth.revoked"
    assert (await refresh_with(server, token)).status == 401
    assert (await person.post("/auth/logout")).status == 204


async def test_devices_are_listed_and_one_can_be_logged_out(server: Server) -> None:
    person = await server.register()
    phone = await server.visitor()
    await phone.log_in(person.email, PASSWORD)
    logins = (await person.get("/me/logins")).body["items"]
    assert len(logins) == 2
    assert [login["is_current"] for login in logins].count(True) == 1
    other = next(login for login in logins if not login["is_current"])
    assert other["ip_address"] == "127.0.0.1"
    assert (await person.delete(f"/me/logins/{other['id']}")).status == 204
    assert (await phone.get("/me")).code == "auth.revoked"
    assert (await person.get("/me")).status == 200
    assert (await person.delete(f"/me/logins/{other['id']}")).status == 404


async def test_devices_come_in_pages(server: Server) -> None:
    person = await server.register()
    for _ in range(4):
        assert (await (await server.visitor()).log_in(person.email, PASSWORD)).status == 200
    everything = [login["id"] for login in (await person.get("/me/logins")).body["items"]]
    found: list[str] = []
    cursor = None
    while True:
        page = (await person.get("/me/logins", params={"limit": "2", **({"cursor": cursor} if cursor else {})})).body
        found += [login["id"] for login in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(found) == 5
    assert found == everything


async def test_somebody_elses_login_looks_like_none(server: Server) -> None:
    person, stranger = await server.register(), await server.register()
    login = (await person.get("/me/logins")).body["items"][0]
    reply = await stranger.delete(f"/me/logins/{login['id']}")
    assert (reply.status, reply.code) == (404, "resource.not_found")
    assert (await person.get("/me")).status == 200


async def test_too_many_failures_lock_the_name_whether_or_not_it_exists(start_server: StartServer) -> None:
    clock = MovableClock()
    server = await start_server({"limits": {"failed_logins": 3, "lockout_seconds": 60}}, clock=clock)
    person = await server.register()
    visitor = await server.visitor()
    for email in (person.email, "nobody@example.com"):
        statuses = [(await visitor.log_in(email, "wrong password")).status for _ in range(4)]
        assert statuses == [401, 401, 401, 423]
    locked = await visitor.log_in(person.email, PASSWORD)
    assert (locked.status, locked.code) == (423, "auth.locked")
    assert 1 <= int(locked.headers["Retry-After"]) <= 61
    clock.advance(61)
    assert (await visitor.log_in(person.email, PASSWORD)).status == 200


async def test_a_right_password_forgets_the_failures_before_it(start_server: StartServer) -> None:
    server = await start_server({"limits": {"failed_logins": 3}})
    person = await server.register()
    visitor = await server.visitor()
    for _ in range(3):
        assert (await visitor.log_in(person.email, "wrong password")).status == 401
        assert (await visitor.log_in(person.email, "wrong password")).status == 401
        assert (await visitor.log_in(person.email, PASSWORD)).status == 200


async def test_guesses_at_once_do_not_slip_past_the_lock(start_server: StartServer) -> None:
    server = await start_server({"limits": {"failed_logins": 3}})
    person = await server.register()
    visitor = await server.visitor()
    replies = await asyncio.gather(*(visitor.log_in(person.email, "wrong password") for _ in range(12)))
    assert sorted(reply.status for reply in replies) == [401] * 3 + [423] * 9


async def test_logins_and_registrations_are_limited_for_each_address(start_server: StartServer) -> None:
    clock = MovableClock()
    server = await start_server({"limits": {"logins_per_minute": 2, "registrations_per_hour": 2}}, clock=clock)
    await server.register()
    person = await server.register()
    third = await (await server.visitor()).register("third@example.com", PASSWORD, role="client", display_name="T")
    assert (third.status, third.code) == (429, "limit.rate")
    assert 1 <= int(third.headers["Retry-After"]) <= 1800
    visitor = await server.visitor()
    assert [(await visitor.log_in(person.email, PASSWORD)).status for _ in range(3)] == [200, 200, 429]
    clock.advance(31)
    assert (await visitor.log_in(person.email, PASSWORD)).status == 200


async def test_a_trusted_proxy_says_whose_address_counts(start_server: StartServer) -> None:
    server = await start_server({"limits": {"logins_per_minute": 1}, "server": {"trusted_proxies": "127.0.0.0/8"}})
    visitor = await server.visitor()
    payload = {"email": "a@example.com", "password": "whatever it is"}
    for address in ("203.0.113.1", "203.0.113.2"):
        headers = {"X-Forwarded-For": f"198.51.100.9, {address}, 127.0.0.1"}
        assert (await visitor.post("/auth/login", payload, headers=headers)).status == 401
        assert (await visitor.post("/auth/login", payload, headers=headers)).status == 429


async def test_an_address_cannot_be_made_up_without_a_trusted_proxy(start_server: StartServer) -> None:
    server = await start_server({"limits": {"logins_per_minute": 1}})
    visitor = await server.visitor()
    payload = {"email": "a@example.com", "password": "whatever it is"}
    first = await visitor.post("/auth/login", payload, headers={"X-Forwarded-For": "203.0.113.1"})
    second = await visitor.post("/auth/login", payload, headers={"X-Forwarded-For": "203.0.113.2"})
    assert (first.status, second.status) == (401, 429)


async def test_an_access_token_expires_after_a_quarter_of_an_hour(start_server: StartServer) -> None:
    clock = MovableClock()
    server = await start_server(clock=clock)
    person = await server.register()
    clock.advance(15 * 60 - 1)
    assert (await person.get("/me")).status == 200
    clock.advance(2)
    reply = await person.get("/me")
    assert (reply.status, reply.code) == (401, "auth.expired")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert (await person.refresh()).status == 200
    assert (await person.get("/me")).status == 200


async def test_a_login_that_is_not_used_for_two_months_ends(start_server: StartServer) -> None:
    clock = MovableClock()
    server = await start_server(clock=clock)
    person = await server.register()
    clock.advance(61 * 24 * 3600)
    assert (await refresh_with(server, person.refresh_cookie)).code == "auth.refresh_invalid"


async def test_a_password_change_ends_every_other_login(server: Server) -> None:
    person = await server.register()
    phone = await server.visitor()
    await phone.log_in(person.email, PASSWORD)
    wrong = await person.post("/me/password", {"current_password": "not it at all", "new_password": NEW_PASSWORD})
    assert (wrong.status, wrong.code) == (401, "auth.invalid_credentials")
    payload = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await person.post("/me/password", payload)).status == 204
    assert (await person.get("/me")).status == 200
    assert (await phone.get("/me")).code == "auth.revoked"
    visitor = await server.visitor()
    assert (await visitor.log_in(person.email, PASSWORD)).status == 401
    assert (await visitor.log_in(person.email, NEW_PASSWORD)).status == 200


async def test_a_forgotten_password_is_reset_by_letter_once_and_ends_every_login(server: Server) -> None:
    person = await server.register()
    await server.next_letter(person.email)
    visitor = await server.visitor()
    assert (await visitor.post("/auth/password-reset", {"email": person.email})).status == 202
    letter = await server.next_letter(person.email, after=1)
    payload = {"token": letter["token"], "new_password": NEW_PASSWORD}
    assert (await visitor.post("/auth/password-reset/confirm", payload)).status == 204
    assert (await person.get("/me")).code == "auth.revoked"
    assert (await visitor.post("/auth/password-reset/confirm", payload)).code == "auth.token_invalid"
    assert (await visitor.log_in(person.email, NEW_PASSWORD)).body["user"]["email_verified"] is True


async def test_a_reset_never_tells_whether_the_address_is_known(server: Server) -> None:
    person = await server.register()
    visitor = await server.visitor()
    known = await visitor.post("/auth/password-reset", {"email": person.email})
    unknown = await visitor.post("/auth/password-reset", {"email": "nobody-here@example.com"})
    assert known.status == unknown.status == 202
    assert known.content == unknown.content


async def test_an_address_is_not_flooded_with_letters(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.LETTERS_PER_HOUR", 2)
    person, other = await server.register(), await server.register()
    visitor = await server.visitor()
    for _ in range(4):
        assert (await visitor.post("/auth/password-reset", {"email": person.email})).status == 202
    assert (await visitor.post("/auth/password-reset", {"email": other.email})).status == 202
    await server.next_letter(other.email, after=1)
    letters = [letter for letter in server.read_outbox() if letter["to"] == person.email and "password" in letter["subject"]]
    assert len(letters) == 2


async def test_a_reset_token_expires_and_is_no_verification_token(start_server: StartServer) -> None:
    clock = MovableClock()
    server = await start_server(clock=clock)
    person = await server.register()
    await server.next_letter(person.email)
    visitor = await server.visitor()
    await visitor.post("/auth/password-reset", {"email": person.email})
    token = (await server.next_letter(person.email, after=1))["token"]
    assert (await visitor.post("/auth/verify-email", {"token": token})).code == "auth.token_invalid"
    clock.advance(3601)
    reply = await visitor.post("/auth/password-reset/confirm", {"token": token, "new_password": NEW_PASSWORD})
    assert reply.code == "auth.token_invalid"


async def test_a_suspended_account_can_neither_log_in_nor_go_on(server: Server) -> None:
    person = await server.register()
    async with server.database.transaction() as tx:
        await tx.execute("UPDATE users SET status = 'suspended' WHERE email = $1", person.email)
    for reply in (await person.get("/me"), await person.refresh(), await person.log_in(person.email, PASSWORD)):
        assert (reply.status, reply.code) == (403, "auth.suspended")
    wrong = await person.log_in(person.email, "not the password")
    assert wrong.code == "auth.invalid_credentials"


async def test_the_oldest_login_makes_room_past_the_maximum(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.LOGINS_PER_USER", 2)
    person = await server.register()
    devices: list[ApiClient] = [await server.visitor() for _ in range(2)]
    for device in devices:
        assert (await device.log_in(person.email, PASSWORD)).status == 200
    assert (await person.get("/me")).code == "auth.revoked"
    assert [(await device.get("/me")).status for device in devices] == [200, 200]


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic abc", "Bearer a.b.c", "Bearer " + "a" * 3000, "token", "Bearer eyJhbGciOiJub25lIn0.e30."],
)
async def test_a_forged_token_is_refused(server: Server, header: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{server.url}/api/v1/me", headers={"Authorization": header}) as reply:
            assert reply.status == 401
            assert (await reply.json(content_type=None))["code"] == "auth.unauthenticated"
