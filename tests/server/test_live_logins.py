"""What ends a login ends its live connections too, within two seconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import socketio

from tests.support.clients import ApiClient
from tests.support.servers import PASSWORD, Server

Ending = Callable[[Server, ApiClient], Awaitable[None]]


async def log_out(_server: Server, person: ApiClient) -> None:
    await person.post("/auth/logout")


async def revoke_from_another_device(server: Server, person: ApiClient) -> None:
    other = await server.visitor()
    await other.log_in(person.email, PASSWORD)
    logins = (await other.get("/me/logins")).body["items"]
    for login in logins:
        if not login["is_current"]:
            await other.delete(f"/me/logins/{login['id']}")


async def change_password_elsewhere(server: Server, person: ApiClient) -> None:
    other = await server.visitor()
    await other.log_in(person.email, PASSWORD)
    reply = await other.post("/me/password", {"current_password": PASSWORD, "new_password": "another good password"})
    assert reply.status == 204


async def reset_password(server: Server, person: ApiClient) -> None:
    await server.next_letter(person.email)
    await person.post("/auth/password-reset", {"email": person.email})
    letter = await server.next_letter(person.email, after=1)
    await person.post("/auth/password-reset/confirm", {"token": letter["token"], "new_password": "another good password"})


async def reuse_refresh_token(server: Server, person: ApiClient) -> None:
    old = person.refresh_cookie
    await person.refresh()
    thief = await server.visitor()
    reply = await thief.post("/auth/refresh", headers={"Cookie": f"soulseer_refresh={old}"})
    assert reply.code == "auth.refresh_reused"


@pytest.mark.parametrize(
    "end", [log_out, revoke_from_another_device, change_password_elsewhere, reset_password, reuse_refresh_token]
)
async def test_a_login_that_ends_takes_its_connection_with_it(server: Server, end: Ending) -> None:
    person = await server.register()
    live = await server.connect(person)
    await end(server, person)
    closing = await live.next_event("connection.closing")
    assert closing["code"] == "auth.revoked"
    assert closing["retryable"] is False
    await live.closed(timeout=2)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await server.connect(person)


async def test_the_login_that_changes_the_password_keeps_its_connection(server: Server) -> None:
    person = await server.register()
    live = await server.connect(person)
    await person.post("/me/password", {"current_password": PASSWORD, "new_password": "another good password"})
    assert await live.command("readers.watch", on=True) is not None
