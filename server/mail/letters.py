"""What the letters say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """`links` and `token` repeat what the text holds, for the outbox page of a demonstration; `calendar` is an iCalendar file
    that goes with it.
    """

    to: str
    subject: str
    text: str
    links: tuple[str, ...] = ()
    token: str | None = None
    calendar: str | None = None


def compose_verification(to: str, *, site: str, url: str, token: str) -> Letter:
    link = f"{url}/verify-email?token={token}"
    text = (
        f"Welcome to {site}.\n\nPlease confirm that this address is yours:\n\n{link}\n\n"
        "The link works for two days. If you did not make an account, nothing needs to be done.\n"
    )
    return Letter(to, f"Confirm your address for {site}", text, (link,), token)


def compose_password_reset(to: str, *, site: str, url: str, token: str) -> Letter:
    link = f"{url}/reset-password?token={token}"
    text = (
        f"Somebody asked for a new password for your account at {site}.\n\nChoose one here:\n\n{link}\n\n"
        "The link works for one hour and once. If it was not you, ignore this letter: your password stays as it is.\n"
    )
    return Letter(to, f"A new password for {site}", text, (link,), token)
