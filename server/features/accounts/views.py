"""What the accounts' doors answer."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.consultations.snapshots import upload_url
from storage.accounts import Account
from storage.logins import LoginRecord


class User(View):
    """The own account."""

    id: UUID
    email: str
    username: str | None
    display_name: str
    role: Literal["client", "reader", "admin"]
    status: Literal["active", "suspended", "pending", "banned"]
    avatar_url: str | None
    email_verified: bool
    email_verified_at: Instant | None
    time_zone: str
    is_demonstration: bool
    permissions: list[str]
    created_at: Instant


class LoggedIn(View):
    """A fresh access token, as RFC 6749 names its parts; the refresh token comes as a cookie."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int
    user: User


class LoginView(View):
    """One browser or device that is logged in."""

    id: UUID
    ip_address: str | None
    user_agent: str | None
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant
    is_current: bool


class LoginPage(View):
    items: list[LoginView]
    next_cursor: str | None


def render_user(account: Account) -> User:
    return User(
        id=account.id,
        email=account.email,
        username=account.username,
        display_name=account.display_name,
        role=account.role,
        status=account.status,
        avatar_url=upload_url(account.avatar_upload_id),
        email_verified=account.email_verified_at is not None,
        email_verified_at=account.email_verified_at,
        time_zone=account.time_zone,
        is_demonstration=account.is_demonstration,
        permissions=sorted(account.permissions),
        created_at=account.created_at,
    )


def render_login(login: LoginRecord, *, current_id: UUID) -> LoginView:
    return LoginView(
        id=login.id,
        ip_address=login.ip_address,
        user_agent=login.user_agent,
        created_at=login.created_at,
        last_used_at=login.last_used_at,
        expires_at=login.expires_at,
        is_current=login.id == current_id,
    )
