"""The own profile."""

from __future__ import annotations

from datetime import datetime

from config.errors import Unauthenticated
from realtime.commands import Caller
from server.features.accounts.errors import UsernameTaken
from server.features.accounts.requests import ProfilePatch
from storage.accounts import Account, find_account, update_profile
from storage.transaction import Connection, Transaction


async def get_profile(connection: Connection, caller: Caller) -> Account:
    account = await find_account(connection, caller.user_id)
    if account is None:
        raise Unauthenticated
    return account


async def change_profile(tx: Transaction, *, caller: Caller, patch: ProfilePatch, now: datetime) -> Account:
    """Raises UsernameTaken."""
    is_free = await update_profile(
        tx,
        user_id=caller.user_id,
        display_name=patch.display_name,
        time_zone=patch.time_zone,
        username=patch.username,
        now=now,
    )
    if not is_free:
        raise UsernameTaken
    return await get_profile(tx, caller)
