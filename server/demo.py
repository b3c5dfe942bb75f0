"""What `--demo` fills in, as often as it is asked to: people to try the product with. Nothing here runs without `--demo`."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from config.ids import new_id
from server.demo_readers import DEMO_READERS, GUIDE, HOUSE_READER, DemoReader
from server.features.accounts.admins import ADMIN_PERMISSIONS
from server.features.accounts.passwords import Passwords
from storage.accounts import find_account_by_email, insert_account
from storage.database import Database
from storage.demo import complete_demo_reader, insert_demo_availability
from storage.ledger import (
    EntryDraft,
    TransferDraft,
    find_ledger_account,
    get_platform_account_id,
    insert_transfer,
    open_ledger_accounts,
)
from storage.livestreams import Livestream, count_coming, insert_livestream
from storage.transaction import Transaction

DEMO_PASSWORD = "demo-password"  # noqa: S105
DEMO_LOGINS = {"client": "client@demo.example.com", "reader": HOUSE_READER.email, "admin": "admin@demo.example.com"}
DEMO_BALANCE_MINOR = 5000


async def fill_in_demo(database: Database, passwords: Passwords, currency: str, *, now: datetime) -> None:
    """Make the demo people that are missing; who is there already stays as it is."""
    password_hash = await passwords.hash(DEMO_PASSWORD)
    await database.transact(lambda tx: _make_client(tx, password_hash, currency, now))
    await database.transact(lambda tx: _make_admin(tx, password_hash, now))
    for reader in (HOUSE_READER, GUIDE, *DEMO_READERS):
        await database.transact(lambda tx, reader=reader: _make_reader(tx, reader, password_hash, currency, now))  # type: ignore[misc]
    await database.transact(lambda tx: _make_livestream(tx, now))


async def _make_livestream(tx: Transaction, now: datetime) -> None:
    """The demo reader's next one: tomorrow evening, unless another is coming."""
    reader = await find_account_by_email(tx, HOUSE_READER.email)
    if reader is None or reader.role != "reader" or await count_coming(tx, reader.id):
        return
    evening = (now + timedelta(days=1)).replace(hour=19, minute=0, second=0, microsecond=0)
    await insert_livestream(
        tx,
        Livestream(
            id=new_id(),
            reader_id=reader.id,
            title="An evening of one-card answers",
            description="Write your question into the chat. I draw a card for as many of them as the evening holds.",
            category="tarot",
            scheduled_at=evening,
            created_at=now,
        ),
    )


async def _make_client(tx: Transaction, password_hash: str, currency: str, now: datetime) -> None:
    user_id = await _make_account(tx, DEMO_LOGINS["client"], "Casey Client", "client", password_hash, now=now)
    if user_id is None:
        return
    await open_ledger_accounts(tx, user_id, "client", currency)
    wallet = await find_ledger_account(tx, owner_id=user_id, kind="wallet", currency=currency)
    assert wallet is not None
    promotions_id = await get_platform_account_id(tx, kind="promotions", currency=currency)
    gift = TransferDraft(
        type="promotion",
        idempotency_key=f"demo:{user_id}",
        reference_kind="user",
        reference_id=user_id,
        currency=currency,
        amount_minor=DEMO_BALANCE_MINOR,
        entries=(EntryDraft(promotions_id, -DEMO_BALANCE_MINOR), EntryDraft(wallet.id, DEMO_BALANCE_MINOR)),
        description="A gift to try things out",
    )
    await insert_transfer(tx, gift, now=now)


async def _make_admin(tx: Transaction, password_hash: str, now: datetime) -> None:
    await _make_account(tx, DEMO_LOGINS["admin"], "Alex Admin", "admin", password_hash, now=now, permissions=ADMIN_PERMISSIONS)


async def _make_reader(tx: Transaction, reader: DemoReader, password_hash: str, currency: str, now: datetime) -> None:
    is_demonstration = reader is not HOUSE_READER
    user_id = await _make_account(
        tx, reader.email, reader.display_name, "reader", password_hash, now=now, is_demonstration=is_demonstration
    )
    if user_id is None:
        return
    await open_ledger_accounts(tx, user_id, "reader", currency)
    await complete_demo_reader(tx, user_id=user_id, profile=reader.profile, now=now)
    await insert_demo_availability(tx, user_id=user_id, days=reader.days, hours=reader.hours, now=now)


async def _make_account(
    tx: Transaction,
    email: str,
    display_name: str,
    role: str,
    password_hash: str,
    *,
    now: datetime,
    permissions: tuple[str, ...] = (),
    is_demonstration: bool = False,
) -> UUID | None:
    """None when the address has an account already."""
    if await find_account_by_email(tx, email) is not None:
        return None
    user_id = new_id()
    is_new = await insert_account(
        tx,
        user_id=user_id,
        email=email,
        display_name=display_name,
        password_hash=password_hash,
        role=role,
        now=now,
        permissions=permissions,
        is_demonstration=is_demonstration,
        email_verified_at=now,
    )
    return user_id if is_new else None
