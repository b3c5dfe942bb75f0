"""The own account's doors: profile, password, devices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from server.features.accounts import password_changes
from server.features.accounts.errors import InvalidCredentials, UsernameTaken
from server.features.accounts.logins import Origin, check_credentials, revoke_own_login
from server.features.accounts.profiles import change_profile, get_profile
from server.features.accounts.requests import PasswordChangePayload, ProfilePatch
from server.features.accounts.views import LoginPage, User, render_login, render_user
from server.http.pagination import PageQuery, make_page
from server.http.routes import Call, RateLimit, Route
from storage.logins import list_logins

PASSWORD_CHECKS = RateLimit("logins", lambda settings: settings.limits.logins_per_minute, 60)


async def get_me(call: Call[None, None]) -> User:
    async with call.database.connection() as connection:
        return render_user(await get_profile(connection, call.caller))


async def change_me(call: Call[ProfilePatch, None]) -> User:
    account = await call.database.transact(
        lambda tx: change_profile(tx, caller=call.caller, patch=call.payload, now=call.clock.now())
    )
    return render_user(account)


async def change_password(call: Call[PasswordChangePayload, None]) -> None:
    caller, passwords = call.caller, call.services.passwords
    async with call.database.connection() as connection:
        account = await get_profile(connection, caller)
    await check_credentials(
        call.database,
        passwords,
        call.clock,
        call.settings.limits,
        email=account.email,
        password=call.payload.current_password,
        origin=Origin(call.ip_address, call.user_agent),
    )
    password_hash = await passwords.hash(call.payload.new_password)
    ended = await call.database.transact(
        lambda tx: password_changes.change_password(tx, caller=caller, password_hash=password_hash, now=call.clock.now())
    )
    await call.services.connections.close_logins(ended)


async def get_logins(call: Call[None, PageQuery]) -> LoginPage:
    caller, query = call.caller, call.query
    after = query.after(datetime, UUID)
    async with call.database.connection() as connection:
        logins = await list_logins(connection, user_id=caller.user_id, now=call.clock.now(), after=after, limit=query.limit + 1)
    page = make_page(
        logins,
        limit=query.limit,
        render=lambda login: render_login(login, current_id=caller.login_id),
        key=lambda login: (login.last_used_at, login.id),
    )
    return LoginPage(items=page.items, next_cursor=page.next_cursor)


async def end_own_login(call: Call[None, None]) -> None:
    login_id = call.ids["login_id"]
    await call.database.transact(
        lambda tx: revoke_own_login(tx, caller=call.caller, login_id=login_id, reason="revoked", now=call.clock.now())
    )
    await call.services.connections.close_logins([login_id])


PROFILE_ROUTES = (
    Route(method="GET", path="/me", handler=get_me, summary="The own account", tag="accounts", answer=User),
    Route(
        method="PATCH",
        path="/me",
        handler=change_me,
        summary="Change the own account; what is left out stays as it is",
        tag="accounts",
        payload=ProfilePatch,
        answer=User,
        errors=(UsernameTaken,),
    ),
    Route(
        method="POST",
        path="/me/password",
        handler=change_password,
        summary="Change the password; ends every other login",
        tag="accounts",
        payload=PasswordChangePayload,
        status=204,
        errors=(InvalidCredentials,),
        rate_limit=PASSWORD_CHECKS,
    ),
    Route(
        method="GET",
        path="/me/logins",
        handler=get_logins,
        summary="The browsers and devices that are logged in, the last used first",
        tag="accounts",
        query=PageQuery,
        answer=LoginPage,
    ),
    Route(
        method="DELETE",
        path="/me/logins/{login_id}",
        handler=end_own_login,
        summary="Log a browser or device out",
        tag="accounts",
        status=204,
        errors=(NotFound,),
    ),
)
