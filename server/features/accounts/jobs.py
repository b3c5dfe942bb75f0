"""The letters that accounts send. A job holds no token: that is made when the letter is, and only its hash is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from config import limits
from config.clock import Clock
from server.features.accounts.tokens import hash_token, make_token
from server.mail.letters import compose_password_reset, compose_verification
from server.mail.post import Post
from storage.accounts import (
    Account,
    count_account_tokens,
    find_account,
    find_account_by_email,
    insert_account_token,
    lock_account,
)
from storage.database import Database
from storage.jobs import JobHandler, enqueue_job
from storage.transaction import Transaction

SEND_VERIFICATION = "send_verification"
SEND_PASSWORD_RESET = "send_password_reset"  # noqa: S105


async def request_verification(tx: Transaction, user_id: UUID) -> None:
    await enqueue_job(tx, SEND_VERIFICATION, {"user_id": str(user_id)})


async def request_password_reset(tx: Transaction, email: str) -> None:
    """The same work whether or not anybody has the address: only the job looks it up."""
    await enqueue_job(tx, SEND_PASSWORD_RESET, {"email": email})


@dataclass(frozen=True, slots=True)
class AccountLetters:
    """The jobs' handlers."""

    database: Database
    clock: Clock
    post: Post
    public_url: str
    site_name: str

    def handlers(self) -> dict[str, JobHandler]:
        return {SEND_VERIFICATION: self.send_verification, SEND_PASSWORD_RESET: self.send_password_reset}

    async def send_verification(self, job: Mapping[str, Any]) -> None:
        async with self.database.connection() as connection:
            account = await find_account(connection, UUID(job["user_id"]))
        if account is None or account.email_verified_at is not None:
            return
        token = await self._make_token(account, "verify_email", limits.EMAIL_TOKEN_SECONDS)
        if token is not None:
            await self.post.send(compose_verification(account.email, site=self.site_name, url=self.public_url, token=token))

    async def send_password_reset(self, job: Mapping[str, Any]) -> None:
        async with self.database.connection() as connection:
            account = await find_account_by_email(connection, job["email"])
        if account is None or account.status == "banned":
            return
        token = await self._make_token(account, "reset_password", limits.PASSWORD_RESET_SECONDS)
        if token is not None:
            await self.post.send(compose_password_reset(account.email, site=self.site_name, url=self.public_url, token=token))

    async def _make_token(self, account: Account, purpose: str, seconds: int) -> str | None:
        """None when this address has been sent enough letters for now: strangers may ask for them, too."""
        token, now = make_token(), self.clock.now()

        async def write(tx: Transaction) -> bool:
            since = now - timedelta(hours=1)
            await lock_account(tx, account.id)  # jobs run side by side: each counts what the others have written
            if await count_account_tokens(tx, user_id=account.id, purpose=purpose, since=since) >= limits.LETTERS_PER_HOUR:
                return False
            await insert_account_token(
                tx,
                token_hash=hash_token(token),
                user_id=account.id,
                purpose=purpose,
                now=now,
                expires_at=now + timedelta(seconds=seconds),
            )
            return True

        return token if await self.database.transact(write) else None
