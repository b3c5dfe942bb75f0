"""Hashing passwords: argon2id off the event loop, with a bound on how many are hashed and how many may wait."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config import limits
from config.errors import Overloaded

ResultT = TypeVar("ResultT")

# Above the minimum of OWASP's "Password Storage Cheat Sheet"; about 50 ms on the reference machine.
_TIME_COST = 2
_MEMORY_KIB = 32 * 1024


class Passwords:
    """Close it at the end; it owns its threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_TIME_COST, memory_cost=_MEMORY_KIB, parallelism=1)
        self._threads = ThreadPoolExecutor(limits.PASSWORD_THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._attempts: dict[bytes, tuple[asyncio.Lock, int]] = {}
        # Checked in place of an account that does not exist, so that both answers take the same time.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        """Raises Overloaded when too many wait already."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; never for None, after the same work. Raises Overloaded."""
        return await self._run(lambda: self._verify(password_hash or self._nobody, password)) and password_hash is not None

    @asynccontextmanager
    async def attempt(self, name_hash: bytes) -> AsyncIterator[None]:
        """One attempt for each name at a time, so that many guesses at once do not slip past the count of failures."""
        lock, users = self._attempts.get(name_hash, (asyncio.Lock(), 0))
        if users >= limits.PASSWORDS_WAITING:
            raise Overloaded(retry_after_seconds=2)
        self._attempts[name_hash] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._attempts[name_hash]
            if users > 1:
                self._attempts[name_hash] = (lock, users - 1)
            else:
                del self._attempts[name_hash]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], ResultT]) -> ResultT:
        if self._waiting >= limits.PASSWORDS_WAITING:
            raise Overloaded(retry_after_seconds=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
