"""Opaque tokens: random, told once, kept only as a hash; and the cookie that carries the refresh token."""

from __future__ import annotations

import hashlib
import secrets
from http.cookies import SimpleCookie

from aiohttp import web

from config import limits
from config.settings import Settings

REFRESH_COOKIE = "soulseer_refresh"
_COOKIE_PATH = "/api/v1/auth"
_TOKEN_BYTES = 32
_TOKEN_LENGTH_MAXIMUM = 200


def make_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """Tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def read_refresh_token(request: web.Request) -> str | None:
    token = request.cookies.get(REFRESH_COOKIE)
    if not token or len(token) > _TOKEN_LENGTH_MAXIMUM or not token.isascii():
        return None
    return token


def refresh_cookie(settings: Settings, token: str) -> tuple[str, str]:
    """The Set-Cookie header that keeps the token, or that forgets it when the token is empty."""
    cookie: SimpleCookie = SimpleCookie()
    cookie[REFRESH_COOKIE] = token
    morsel = cookie[REFRESH_COOKIE]
    morsel["path"] = _COOKIE_PATH
    morsel["httponly"] = True
    morsel["samesite"] = "Strict"
    morsel["max-age"] = limits.LOGIN_SECONDS if token else 0
    if (settings.server.public_url or "").startswith("https://"):
        morsel["secure"] = True
    return ("Set-Cookie", morsel.OutputString())
