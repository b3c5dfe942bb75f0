"""What the accounts' doors accept."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from config import limits
from config.fields import NonBlank, Payload, PlainText

# Only what every mail system agrees on: one @, no spaces, a dot-separated domain. The letter proves the rest.
_EMAIL = re.compile(r"[^@\s]{1,64}@(?!-)[^@\s.]+(\.[^@\s.]+)*\Z")
_USERNAME = re.compile(r"^[a-z0-9_]{3,30}$")
_SEPARATORS = re.compile(r"[\x00-\x20\x7f<>(),;:\\\"\[\]]")


def _check_email(value: str) -> str:
    value = value.strip().lower()
    if len(value) > limits.EMAIL_LENGTH or not _EMAIL.match(value) or _SEPARATORS.search(value) or not value.isprintable():
        raise ValueError("must be an e-mail address")
    return value


def _check_username(value: str) -> str:
    if not _USERNAME.fullmatch(value):
        raise ValueError("must be 3 to 30 small letters, digits and underscores")
    return value


def _check_time_zone(value: str) -> str:
    if value not in _time_zones():
        raise ValueError("must be a time zone of the IANA database, such as Europe/Berlin")
    return value


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


Email = Annotated[
    PlainText,
    Field(min_length=3, max_length=limits.EMAIL_LENGTH, json_schema_extra={"format": "email"}),
    AfterValidator(_check_email),
]
AnyPassword = Annotated[PlainText, Field(min_length=1, max_length=limits.PASSWORD_LENGTH)]
NewPassword = Annotated[
    PlainText,
    Field(min_length=limits.PASSWORD_MINIMUM_LENGTH, max_length=limits.PASSWORD_LENGTH, json_schema_extra={"pattern": r"\S"}),
    NonBlank,
]
DisplayName = Annotated[
    PlainText,
    Field(min_length=1, max_length=limits.DISPLAY_NAME_LENGTH, json_schema_extra={"pattern": r"\S"}),
    NonBlank,
    AfterValidator(str.strip),
]
Username = Annotated[
    PlainText, Field(json_schema_extra={"pattern": _USERNAME.pattern, "examples": ["casey_7"]}), AfterValidator(_check_username)
]
TimeZone = Annotated[
    PlainText, Field(max_length=64, json_schema_extra={"examples": ["Europe/Berlin", "UTC"]}), AfterValidator(_check_time_zone)
]
OneTimeToken = Annotated[PlainText, Field(min_length=1, max_length=200)]


class RegisterPayload(Payload):
    email: Email
    password: NewPassword
    display_name: DisplayName
    role: Literal["client", "reader"]

    @model_validator(mode="after")
    def _password_is_no_address(self) -> Self:
        if self.password.strip().lower() == self.email:
            raise ValueError("the password must not be the e-mail address")
        return self


class LoginPayload(Payload):
    email: Annotated[PlainText, Field(min_length=1, max_length=limits.EMAIL_LENGTH)]
    password: AnyPassword
    totp_code: Annotated[PlainText, Field(min_length=1, max_length=32)] | None = None


class PasswordResetPayload(Payload):
    email: Email


class PasswordResetConfirmPayload(Payload):
    token: OneTimeToken
    new_password: NewPassword


class VerifyEmailPayload(Payload):
    token: OneTimeToken


class PasswordChangePayload(Payload):
    current_password: AnyPassword
    new_password: NewPassword


class ProfilePatch(Payload):
    """What is left out stays as it is."""

    display_name: DisplayName | None = None
    time_zone: TimeZone | None = None
    username: Username | None = None
