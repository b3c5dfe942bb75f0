"""New passwords: by the person who knows the old one, or by who holds the letter that a reset sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from realtime.commands import Caller
from server.features.accounts.errors import AccountTokenInvalid
from server.features.accounts.logins import Origin, hash_name, note_security_event
from server.features.accounts.tokens import hash_token
from storage.accounts import (
    cancel_account_tokens,
    find_account,
    mark_email_verified,
    update_password,
    use_account_token,
)
from storage.logins import forget_failures, revoke_logins
from storage.transaction import Transaction


async def change_password(tx: Transaction, *, caller: Caller, password_hash: str, now: datetime) -> Sequence[UUID]:
    """Set the password and end every other login; the ids of those."""
    await update_password(tx, user_id=caller.user_id, password_hash=password_hash, now=now)
    await cancel_account_tokens(tx, user_id=caller.user_id, purpose="reset_password", now=now)
    ended = await revoke_logins(tx, user_id=caller.user_id, except_id=caller.login_id, reason="password_changed", now=now)
    origin = Origin(caller.ip_address, caller.user_agent)
    await note_security_event(tx, user_id=caller.user_id, type="account.password_changed", origin=origin, now=now)
    return ended


async def reset_password(tx: Transaction, *, token: str, password_hash: str, origin: Origin, now: datetime) -> Sequence[UUID]:
    """Set the password of the token's account and end all its logins; their ids. Raises AccountTokenInvalid.

    Who holds the letter holds the address, so this proves the address as well and lifts a lock.
    """
    user_id = await use_account_token(tx, token_hash=hash_token(token), purpose="reset_password", now=now)
    account = None if user_id is None else await find_account(tx, user_id)
    if account is None:
        raise AccountTokenInvalid
    await update_password(tx, user_id=account.id, password_hash=password_hash, now=now)
    await cancel_account_tokens(tx, user_id=account.id, purpose="reset_password", now=now)
    await mark_email_verified(tx, user_id=account.id, now=now)
    await forget_failures(tx, hash_name(account.email))
    ended = await revoke_logins(tx, user_id=account.id, reason="password_reset", now=now)
    await note_security_event(tx, user_id=account.id, type="account.password_reset", origin=origin, now=now)
    return ended
