"""Redis, where it is configured: only whether it answers; the live gateway brings its own connection."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

_PATIENCE_SECONDS = 3.0


async def ping_redis(url: str) -> bool:
    try:
        async with Redis.from_url(url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS) as redis:
            return bool(await redis.ping())
    except (RedisError, OSError, ValueError, TimeoutError):
        return False
