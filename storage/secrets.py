"""Secrets that the product makes for itself, kept in the database so that all nodes share them."""

from __future__ import annotations

import secrets

from config import limits
from storage.transaction import Connection


async def ensure_secret(connection: Connection, name: str) -> bytes:
    """The secret of that name, made on first use; of many processes that make it at once, one wins."""
    fresh = secrets.token_bytes(limits.SECRET_BYTES)
    await connection.execute("INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, fresh)
    value = await connection.fetch_value("SELECT value FROM secrets WHERE name = $1", name)
    return bytes(value)
