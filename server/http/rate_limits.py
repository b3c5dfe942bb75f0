"""Token buckets in memory, one for each limit and IP address; bounded, so that many addresses cannot fill the memory."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from config import limits
from config.clock import Clock
from config.errors import RateLimited
from config.settings import Settings
from server.http.routes import RateLimit


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: datetime


class RateLimiter:
    """Each node counts for itself: behind n nodes an address gets up to n times the allowance."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def check(self, limit: RateLimit, ip_address: str | None) -> None:
        """Take one token. Raises RateLimited with the seconds until the next one."""
        count = limit.count(self._settings)
        per_second = count / limit.seconds
        key = (limit.name, ip_address or "")
        now = self._clock.now()
        bucket = self._buckets.pop(key, None) or _Bucket(float(count), now)
        elapsed_seconds = max(0.0, (now - bucket.filled_at).total_seconds())
        bucket.tokens = min(float(count), bucket.tokens + elapsed_seconds * per_second)
        bucket.filled_at = now
        self._buckets[key] = bucket
        while len(self._buckets) > limits.RATE_LIMITED_ADDRESSES:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1.0:
            raise RateLimited(retry_after_seconds=math.ceil((1.0 - bucket.tokens) / per_second))
        bucket.tokens -= 1.0
