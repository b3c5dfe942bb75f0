"""The accounts' doors: registering, logging in and out, proving an address, resetting a password."""

from __future__ import annotations

from typing import Any

from config import limits
from config.errors import AppError, RateLimited, Unprocessable
from server.features.accounts import password_changes, registrations
from server.features.accounts.errors import (
    AccountLocked,
    AccountTokenInvalid,
    EmailTaken,
    InvalidCredentials,
    RefreshTokenInvalid,
    RefreshTokenReused,
)
from server.features.accounts.jobs import request_password_reset
from server.features.accounts.logins import (
    Origin,
    StartedLogin,
    check_credentials,
    check_not_stolen,
    end_login,
    renew_login,
    start_login,
)
from server.features.accounts.profile_routes import PROFILE_ROUTES
from server.features.accounts.requests import (
    LoginPayload,
    PasswordResetConfirmPayload,
    PasswordResetPayload,
    RegisterPayload,
    VerifyEmailPayload,
)
from server.features.accounts.tokens import read_refresh_token, refresh_cookie
from server.features.accounts.views import LoggedIn, render_user
from server.http.authentication import AccountSuspended, read_bearer_token
from server.http.routes import Access, Answer, Call, RateLimit, Route
from storage.logins import revoke_logins
from storage.transaction import Transaction

REGISTRATIONS = RateLimit("registrations", lambda settings: settings.limits.registrations_per_hour, 3600)
LOGINS = RateLimit("logins", lambda settings: settings.limits.logins_per_minute, 60)
REFRESHES = RateLimit("refreshes", lambda _settings: limits.REFRESHES_PER_MINUTE, 60)
MAIL_REQUESTS = RateLimit("mail_requests", lambda _settings: limits.MAIL_REQUESTS_PER_HOUR, 3600)
TOKEN_ATTEMPTS = RateLimit("token_attempts", lambda _settings: limits.TOKEN_ATTEMPTS_PER_MINUTE, 60)


def origin_of(call: Call[Any, Any]) -> Origin:
    return Origin(call.ip_address, call.user_agent)


async def register(call: Call[RegisterPayload, None]) -> Answer:
    payload, origin, now = call.payload, origin_of(call), call.clock.now()
    password_hash = await call.services.passwords.hash(payload.password)

    async def act(tx: Transaction) -> StartedLogin:
        account = await registrations.register(
            tx,
            user_id=call.resource_id,
            payload=payload,
            password_hash=password_hash,
            currency=call.settings.billing.currency,
            origin=origin,
            now=now,
        )
        return await start_login(tx, account=account, origin=origin, now=now)

    return render_started(call, await call.database.transact(act))


async def log_in(call: Call[LoginPayload, None]) -> Answer:
    services, payload, origin = call.services, call.payload, origin_of(call)
    account = await check_credentials(
        call.database,
        services.passwords,
        call.clock,
        call.settings.limits,
        email=payload.email,
        password=payload.password,
        origin=origin,
    )
    started = await call.database.transact(lambda tx: start_login(tx, account=account, origin=origin, now=call.clock.now()))
    await services.connections.close_logins(started.replaced_ids)
    return render_started(call, started)


async def refresh_login(call: Call[None, None]) -> Answer:
    token = read_refresh_token(call.request)
    if token is None:
        raise RefreshTokenInvalid
    outcome = await call.database.transact(
        lambda tx: renew_login(tx, refresh_token=token, origin=origin_of(call), now=call.clock.now())
    )
    if not isinstance(outcome, StartedLogin):
        await call.services.connections.close_logins([outcome.login_id])
    return render_started(call, check_not_stolen(outcome))


async def log_out(call: Call[None, None]) -> Answer:
    """Ends the login of the cookie and that of the access token, and succeeds when neither holds any more."""
    now, ended = call.clock.now(), []
    token = read_refresh_token(call.request)
    if token is not None:
        ended.append(await call.database.transact(lambda tx: end_login(tx, refresh_token=token, now=now)))
    try:
        bearer = read_bearer_token(call.request.headers.get("Authorization"))
        caller = None if bearer is None else (await call.services.authenticator.authenticate(bearer)).caller
    except AppError:
        caller = None
    if caller is not None:
        ended += await call.database.transact(
            lambda tx: revoke_logins(tx, user_id=caller.user_id, login_ids=[caller.login_id], reason="logged_out", now=now)
        )
    await call.services.connections.close_logins([login_id for login_id in ended if login_id is not None])
    return Answer(status=204, headers=(refresh_cookie(call.settings, ""),))


async def verify_email(call: Call[VerifyEmailPayload, None]) -> None:
    await call.database.transact(
        lambda tx: registrations.verify_email(tx, token=call.payload.token, origin=origin_of(call), now=call.clock.now())
    )


async def resend_verification(call: Call[None, None]) -> None:
    await call.database.transact(lambda tx: registrations.resend_verification(tx, caller=call.caller))


async def ask_password_reset(call: Call[PasswordResetPayload, None]) -> None:
    await call.database.transact(lambda tx: request_password_reset(tx, call.payload.email))


async def confirm_password_reset(call: Call[PasswordResetConfirmPayload, None]) -> None:
    password_hash = await call.services.passwords.hash(call.payload.new_password)
    ended = await call.database.transact(
        lambda tx: password_changes.reset_password(
            tx, token=call.payload.token, password_hash=password_hash, origin=origin_of(call), now=call.clock.now()
        )
    )
    await call.services.connections.close_logins(ended)


def render_started(call: Call[Any, Any], started: StartedLogin) -> Answer:
    token = call.services.authenticator.issue(user_id=started.account.id, login_id=started.login_id)
    body = LoggedIn(access_token=token, expires_in=limits.ACCESS_TOKEN_SECONDS, user=render_user(started.account))
    return Answer(body, headers=(refresh_cookie(call.settings, started.refresh_token),))


ROUTES = (
    Route(
        method="POST",
        path="/auth/register",
        handler=register,
        summary="Make an account and log in",
        tag="accounts",
        payload=RegisterPayload,
        answer=LoggedIn,
        status=201,
        access=Access.PUBLIC,
        errors=(EmailTaken,),
        rate_limit=REGISTRATIONS,
    ),
    Route(
        method="POST",
        path="/auth/login",
        handler=log_in,
        summary="Log in with e-mail address and password",
        tag="accounts",
        payload=LoginPayload,
        answer=LoggedIn,
        access=Access.PUBLIC,
        errors=(InvalidCredentials, AccountLocked, AccountSuspended),
        rate_limit=LOGINS,
    ),
    Route(
        method="POST",
        path="/auth/refresh",
        handler=refresh_login,
        summary="Trade the refresh cookie for a new access token and a new cookie",
        tag="accounts",
        answer=LoggedIn,
        access=Access.PUBLIC,
        errors=(RefreshTokenInvalid, RefreshTokenReused, AccountSuspended),
        rate_limit=REFRESHES,
        description="A refresh token works once. One that comes a second time ends the login it belongs to.",
    ),
    Route(
        method="POST",
        path="/auth/logout",
        handler=log_out,
        summary="End this login; its access token stops working too",
        tag="accounts",
        status=204,
        access=Access.PUBLIC,
    ),
    Route(
        method="POST",
        path="/auth/verify-email",
        handler=verify_email,
        summary="Prove the e-mail address with the token of the letter",
        tag="accounts",
        payload=VerifyEmailPayload,
        status=204,
        access=Access.PUBLIC,
        errors=(AccountTokenInvalid,),
        rate_limit=TOKEN_ATTEMPTS,
    ),
    Route(
        method="POST",
        path="/auth/verify-email/resend",
        handler=resend_verification,
        summary="Send the letter that proves the address again",
        tag="accounts",
        status=202,
        rate_limit=MAIL_REQUESTS,
    ),
    Route(
        method="POST",
        path="/auth/password-reset",
        handler=ask_password_reset,
        summary="Send a letter to choose a new password with; the answer never tells whether the address is known",
        tag="accounts",
        payload=PasswordResetPayload,
        status=202,
        access=Access.PUBLIC,
        rate_limit=MAIL_REQUESTS,
    ),
    Route(
        method="POST",
        path="/auth/password-reset/confirm",
        handler=confirm_password_reset,
        summary="Choose a new password with the token of the letter; ends all logins",
        tag="accounts",
        payload=PasswordResetConfirmPayload,
        status=204,
        access=Access.PUBLIC,
        errors=(AccountTokenInvalid, Unprocessable, RateLimited),
        rate_limit=TOKEN_ATTEMPTS,
    ),
    *PROFILE_ROUTES,
)
