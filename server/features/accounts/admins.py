"""Making admins: only the command line does it. What an admin may do is a list of permissions."""

from __future__ import annotations

from datetime import datetime

from config.errors import Conflict
from config.ids import new_id
from server.features.accounts.logins import hash_name
from storage.accounts import find_account_by_email, insert_account, update_password, update_permissions
from storage.logins import forget_failures, revoke_logins
from storage.transaction import Transaction

ADMIN_PERMISSIONS = (
    "overview.read",
    "users.read",
    "users.change",
    "readers.verify",
    "reviews.moderate",
    "consultations.read",
    "consultations.watch",
    "consultations.end",
    "livestreams.read",
    "livestreams.end",
    "livestreams.moderate",
    "refunds.create",
    "payouts.approve",
    "ledger.read",
    "audit.read",
    "settings.change",
    "gift_kinds.change",
)


class AddressBelongsToSomebody(Conflict):
    code, status, title = "account.not_an_admin", 409, "This address belongs to somebody who is no admin; choose another one"


async def make_admin(tx: Transaction, *, email: str, password_hash: str, display_name: str = "Admin", now: datetime) -> bool:
    """A new admin with every permission, or a new password for an existing one, which ends its logins.

    Whether it is a new one. Raises AddressBelongsToSomebody.
    """
    account = await find_account_by_email(tx, email)
    if account is None:
        return await insert_account(
            tx,
            user_id=new_id(),
            email=email,
            display_name=display_name,
            password_hash=password_hash,
            role="admin",
            now=now,
            permissions=ADMIN_PERMISSIONS,
            email_verified_at=now,
        )
    if account.role != "admin":
        raise AddressBelongsToSomebody
    await update_password(tx, user_id=account.id, password_hash=password_hash, now=now)
    await update_permissions(tx, user_id=account.id, permissions=ADMIN_PERMISSIONS, now=now)
    await forget_failures(tx, hash_name(email))
    await revoke_logins(tx, user_id=account.id, reason="password_changed", now=now)
    return False
