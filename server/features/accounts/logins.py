"""Logging in and out: starting a login, renewing it, ending it, and the lock after too many failures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import NotFound
from config.ids import new_id
from config.settings import LimitsSettings
from realtime.commands import Caller
from server.features.accounts.errors import AccountLocked, InvalidCredentials, RefreshTokenInvalid, RefreshTokenReused
from server.features.accounts.passwords import Passwords
from server.features.accounts.tokens import hash_token, make_token
from server.http.authentication import AccountSuspended
from storage.accounts import Account, find_account, find_account_by_email
from storage.database import Database
from storage.logins import (
    find_lock,
    forget_failures,
    insert_login,
    insert_refresh_token,
    insert_security_event,
    list_surplus_logins,
    record_failure,
    revoke_logins,
    touch_login,
    use_refresh_token,
)
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    ip_address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class StartedLogin:
    """`replaced_ids`: logins that had to make room; their live connections are to be closed."""

    account: Account
    login_id: UUID
    refresh_token: str
    replaced_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class StolenLogin:
    """A refresh token that had been used came again: the login has been ended, and nobody gets a new token."""

    login_id: UUID


def hash_name(email: str) -> bytes:
    """What failures are counted under, for names that exist and names that do not."""
    return hashlib.sha256(email.strip().lower().encode()).digest()


async def check_credentials(
    database: Database, passwords: Passwords, clock: Clock, settings: LimitsSettings, *, email: str, password: str, origin: Origin
) -> Account:
    """The account that the password opens. Raises InvalidCredentials, AccountLocked or AccountSuspended.

    Opens its own transactions: the hashing lies between them. A name that nobody has takes the same steps.
    """
    name_hash = hash_name(email)
    async with passwords.attempt(name_hash):
        async with database.connection() as connection:
            locked_until = await find_lock(connection, name_hash=name_hash, now=clock.now())
            account = await find_account_by_email(connection, email.strip().lower())
        if locked_until is not None:
            raise AccountLocked(retry_after_seconds=_seconds_until(locked_until, clock.now()))
        if not await passwords.verify(None if account is None else account.password_hash, password):
            await database.transact(lambda tx: _note_failure(tx, settings, clock.now(), name_hash, account, origin))
            raise InvalidCredentials
    assert account is not None, "nobody's password is never right"
    check_may_log_in(account)
    return account


def check_may_log_in(account: Account) -> None:
    """Raises AccountSuspended."""
    if account.status in ("suspended", "banned"):
        raise AccountSuspended


async def start_login(tx: Transaction, *, account: Account, origin: Origin, now: datetime) -> StartedLogin:
    """A new login with its first refresh token; the account's oldest logins make room past the maximum."""
    login_id, token = new_id(), make_token()
    await forget_failures(tx, hash_name(account.email))
    await insert_login(
        tx,
        login_id=login_id,
        user_id=account.id,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
        now=now,
        expires_at=now + timedelta(seconds=limits.LOGIN_SECONDS),
    )
    await insert_refresh_token(tx, token_hash=hash_token(token), login_id=login_id, now=now)
    surplus = await list_surplus_logins(tx, user_id=account.id, kept=limits.LOGINS_PER_USER)
    replaced = await revoke_logins(tx, user_id=account.id, login_ids=surplus, reason="replaced", now=now) if surplus else []
    await note_security_event(tx, user_id=account.id, type="login.started", origin=origin, now=now, login_id=login_id)
    return StartedLogin(account, login_id, token, replaced)


async def renew_login(tx: Transaction, *, refresh_token: str, origin: Origin, now: datetime) -> StartedLogin | StolenLogin:
    """Trade the token for the next one. Raises RefreshTokenInvalid or AccountSuspended.

    A token that was used before ends the login (RFC 9700 section 4.14.2). That must be committed, so it is returned, not raised.
    """
    found = await use_refresh_token(tx, token_hash=hash_token(refresh_token), now=now)
    if found is None or found.revoked_at is not None or found.expires_at <= now:
        raise RefreshTokenInvalid
    if found.was_used:
        await revoke_logins(tx, user_id=found.user_id, login_ids=[found.login_id], reason="reused_token", now=now)
        await note_security_event(
            tx, user_id=found.user_id, type="login.token_reused", origin=origin, now=now, login_id=found.login_id
        )
        return StolenLogin(found.login_id)
    account = await find_account(tx, found.user_id)
    assert account is not None, "a login goes with its account"
    check_may_log_in(account)
    token = make_token()
    await insert_refresh_token(tx, token_hash=hash_token(token), login_id=found.login_id, now=now)
    await touch_login(
        tx,
        login_id=found.login_id,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
        now=now,
        expires_at=now + timedelta(seconds=limits.LOGIN_SECONDS),
    )
    return StartedLogin(account, found.login_id, token)


def check_not_stolen(outcome: StartedLogin | StolenLogin) -> StartedLogin:
    """Raises RefreshTokenReused."""
    if isinstance(outcome, StolenLogin):
        raise RefreshTokenReused
    return outcome


async def end_login(tx: Transaction, *, refresh_token: str, now: datetime) -> UUID | None:
    """End the login that the token belongs to, if there is one."""
    found = await use_refresh_token(tx, token_hash=hash_token(refresh_token), now=now)
    if found is None:
        return None
    await revoke_logins(tx, user_id=found.user_id, login_ids=[found.login_id], reason="logged_out", now=now)
    return found.login_id


async def revoke_own_login(tx: Transaction, *, caller: Caller, login_id: UUID, reason: str, now: datetime) -> None:
    """Raises NotFound for a login that is not the caller's, or has ended already."""
    revoked = await revoke_logins(tx, user_id=caller.user_id, login_ids=[login_id], reason=reason, now=now)
    if not revoked:
        raise NotFound
    origin = Origin(caller.ip_address, caller.user_agent)
    await note_security_event(tx, user_id=caller.user_id, type="login.revoked", origin=origin, now=now, login_id=login_id)


async def note_security_event(
    tx: Transaction, *, user_id: UUID | None, type: str, origin: Origin, now: datetime, login_id: UUID | None = None
) -> None:
    await insert_security_event(
        tx,
        user_id=user_id,
        type=type,
        payload=None if login_id is None else {"login_id": str(login_id)},
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
        now=now,
    )


async def _note_failure(
    tx: Transaction, settings: LimitsSettings, now: datetime, name_hash: bytes, account: Account | None, origin: Origin
) -> None:
    locks_for = timedelta(seconds=settings.lockout_seconds)
    is_locked = await record_failure(
        tx,
        name_hash=name_hash,
        now=now,
        forgotten_before=now - locks_for,
        maximum=settings.failed_logins,
        locked_until=now + locks_for,
    )
    type = "login.locked" if is_locked else "login.failed"
    await note_security_event(tx, user_id=account.id if account else None, type=type, origin=origin, now=now)


def _seconds_until(instant: datetime, now: datetime) -> int:
    return max(1, int((instant - now).total_seconds()) + 1)
