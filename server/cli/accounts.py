"""`create-admin` and `demo`."""

from __future__ import annotations

import argparse
import asyncio

from pydantic import BaseModel, ValidationError

from config.clock import SystemClock
from config.errors import StartupError
from config.settings import Settings
from config.validation import translate_validation
from server.demo import fill_in_demo
from server.features.accounts.admins import make_admin
from server.features.accounts.passwords import Passwords
from server.features.accounts.requests import Email, NewPassword
from server.parts import open_database


class _Credentials(BaseModel):
    email: Email
    password: NewPassword


def create_admin(settings: Settings, options: argparse.Namespace) -> int:
    try:
        credentials = _Credentials(email=options.email, password=options.password)
    except ValidationError as error:
        raise StartupError("; ".join(f"--{f.path} {f.message}" for f in translate_validation(error).fields)) from None
    is_new = asyncio.run(_create_admin(settings, credentials))
    print(f"{credentials.email} can log in as admin" + ("" if is_new else " with the new password"))
    return 0


async def _create_admin(settings: Settings, credentials: _Credentials) -> bool:
    passwords = Passwords()
    try:
        password_hash = await passwords.hash(credentials.password)
    finally:
        passwords.close()
    now = SystemClock().now()
    async with open_database(settings) as database:
        return await database.transact(lambda tx: make_admin(tx, email=credentials.email, password_hash=password_hash, now=now))


def seed_demo(settings: Settings, _options: argparse.Namespace) -> int:
    asyncio.run(_seed_demo(settings))
    print("the demo data is filled in")
    return 0


async def _seed_demo(settings: Settings) -> None:
    passwords = Passwords()
    try:
        async with open_database(settings) as database:
            await fill_in_demo(database, passwords, settings.billing.currency, now=SystemClock().now())
    finally:
        passwords.close()
