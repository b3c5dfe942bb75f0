"""Access tokens: short-lived proofs of a login, checked against the database on every request so that revoking works at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from config import limits
from config.clock import Clock
from config.errors import AppError, Unauthenticated
from realtime.commands import Caller
from storage.database import Database
from storage.logins import find_proven_login

ALGORITHM = "HS256"
_AUDIENCE = "soulseer"


class AccessTokenExpired(AppError):
    code, status, title = "auth.expired", 401, "The access token has expired; refresh it"


class LoginRevoked(AppError):
    code, status, title = "auth.revoked", 401, "This login was ended; log in again"


class AccountSuspended(AppError):
    code, status, title = "auth.suspended", 403, "This account is suspended"


@dataclass(frozen=True, slots=True)
class Proof:
    """Who the token speaks for, and until when it does."""

    caller: Caller
    expires_at: datetime


class Authenticator:
    """Issues and checks access tokens (JWT, RFC 7519, signed with HS256)."""

    def __init__(self, database: Database, clock: Clock, secret: bytes) -> None:
        self._database = database
        self._clock = clock
        self._secret = secret

    def issue(self, *, user_id: UUID, login_id: UUID) -> str:
        now = int(self._clock.now().timestamp())
        claims = {
            "aud": _AUDIENCE,
            "sub": str(user_id),
            "login_id": str(login_id),
            "iat": now,
            "exp": now + limits.ACCESS_TOKEN_SECONDS,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    async def authenticate(self, token: str) -> Proof:
        """Raises Unauthenticated, AccessTokenExpired, LoginRevoked or AccountSuspended."""
        user_id, login_id, expires_at = self._read(token)
        if expires_at <= self._clock.now():
            raise AccessTokenExpired
        return Proof(await self.find_caller(user_id=user_id, login_id=login_id), expires_at)

    async def find_caller(self, *, user_id: UUID, login_id: UUID) -> Caller:
        """Whom a login that we proved ourselves speaks for. Raises Unauthenticated, LoginRevoked or AccountSuspended."""
        now = self._clock.now()
        async with self._database.connection() as connection:
            login = await find_proven_login(connection, login_id)
        if login is None or login.user_id != user_id:
            raise Unauthenticated
        if login.status in ("suspended", "banned"):
            raise AccountSuspended
        if login.revoked_at is not None or login.expires_at <= now:
            raise LoginRevoked
        return Caller(
            user_id=user_id,
            login_id=login_id,
            role=login.role,
            permissions=frozenset(login.permissions),
            display_name=login.display_name,
        )

    def _read(self, token: str) -> tuple[UUID, UUID, datetime]:
        # The clock is ours, so the time claims are checked by the caller of this.
        options: jwt.types.Options = {"require": ["sub", "exp", "iat"], "verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(token, self._secret, algorithms=[ALGORITHM], audience=_AUDIENCE, options=options)
            expires_at = datetime.fromtimestamp(0, self._clock.now().tzinfo) + timedelta(seconds=int(claims["exp"]))
            return UUID(claims["sub"]), UUID(claims["login_id"]), expires_at
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, OverflowError):
            raise Unauthenticated from None


def read_bearer_token(header: str | None) -> str | None:
    """The token of an Authorization header (RFC 6750); None without a header. Raises Unauthenticated for another scheme."""
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > limits.ACCESS_TOKEN_LENGTH:
        raise Unauthenticated
    return token


def with_origin(caller: Caller, *, ip_address: str | None, user_agent: str | None) -> Caller:
    """The caller together with where the request came from, for the audit log."""
    return replace(caller, ip_address=ip_address, user_agent=user_agent)
