"""Making an account, and proving that its address is the person's own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from realtime.commands import Caller
from server.features.accounts.errors import AccountTokenInvalid, EmailTaken
from server.features.accounts.jobs import request_verification
from server.features.accounts.logins import Origin, note_security_event
from server.features.accounts.requests import RegisterPayload
from server.features.accounts.tokens import hash_token
from storage.accounts import Account, find_account, insert_account, mark_email_verified, use_account_token
from storage.ledger import open_ledger_accounts
from storage.transaction import Transaction


async def register(
    tx: Transaction, *, user_id: UUID, payload: RegisterPayload, password_hash: str, currency: str, origin: Origin, now: datetime
) -> Account:
    """The account, its role's row, its ledger account, and the letter that proves the address. Raises EmailTaken."""
    is_new = await insert_account(
        tx,
        user_id=user_id,
        email=payload.email,
        display_name=payload.display_name,
        password_hash=password_hash,
        role=payload.role,
        now=now,
    )
    if not is_new:
        raise EmailTaken
    await open_ledger_accounts(tx, user_id, payload.role, currency)
    await request_verification(tx, user_id)
    await note_security_event(tx, user_id=user_id, type="account.registered", origin=origin, now=now)
    account = await find_account(tx, user_id)
    assert account is not None
    return account


async def verify_email(tx: Transaction, *, token: str, origin: Origin, now: datetime) -> None:
    """Raises AccountTokenInvalid for a token that is unknown, expired or used."""
    user_id = await use_account_token(tx, token_hash=hash_token(token), purpose="verify_email", now=now)
    if user_id is None:
        raise AccountTokenInvalid
    await mark_email_verified(tx, user_id=user_id, now=now)
    await note_security_event(tx, user_id=user_id, type="account.email_verified", origin=origin, now=now)


async def resend_verification(tx: Transaction, *, caller: Caller) -> None:
    """Another letter, unless the address is proven already."""
    account = await find_account(tx, caller.user_id)
    if account is not None and account.email_verified_at is None:
        await request_verification(tx, caller.user_id)
