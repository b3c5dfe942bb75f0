"""Typed settings, loaded once by the composition root. An unknown key or a bad value stops the start with its name."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator

from config import limits
from config.errors import StartupError
from config.media_settings import LivestreamsSettings, RecordingSettings, TurnSettings
from config.notification_settings import PushSettings
from config.sections import CommaSeparated, Section, split_list

PREFIX = "SOULSEER_"
DELIMITER = "__"


ReminderMinutes = Annotated[
    tuple[Annotated[int, Field(ge=1, le=limits.BOOKING_DAYS * 1440)], ...],
    BeforeValidator(split_list),
    Field(max_length=limits.BOOKING_REMINDERS),
]


def _check_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ipaddress.ip_network(network, strict=False)
    return value


class ServerSettings(Section):
    name: str = "SoulSeer"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = Field(
        default=None, pattern="^https?://[^/]+", description="Where people reach the site; links in mail start with it"
    )
    trusted_proxies: Annotated[CommaSeparated, AfterValidator(_check_networks)] = Field(
        default=(), description="Addresses or networks whose X-Forwarded-For is believed"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "readable"] = "auto"
    direct_path: bool = Field(
        default=True, description="Write live frames straight to the transport; off = python-socketio as it comes"
    )


class DatabaseSettings(Section):
    url: SecretStr | None = None
    pool_connections: int = Field(default=20, ge=4, le=200)


class RedisSettings(Section):
    url: SecretStr | None = None


class SecuritySettings(Section):
    token_secret: SecretStr | None = Field(
        default=None, description="Signs access tokens; none = made once and kept in the database"
    )


class BillingSettings(Section):
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    minute_seconds: float = Field(default=60, gt=0, le=3600)
    increment_seconds: float | None = Field(default=None, gt=0, description="Real seconds; none = the whole minute")
    settlement: Literal["minute", "second"] = "minute"
    free_seconds: float = Field(default=10, ge=0)
    top_up_window_seconds: float = Field(default=120, ge=0)
    minimum_minutes_to_start: int = Field(default=1, ge=1, le=1000)
    reader_share_bps: int = Field(default=7000, ge=0, le=10_000)
    tick_seconds: float | None = Field(
        default=None, gt=0, le=10, description="How often the meter looks; none = every second, more often for short increments"
    )

    @model_validator(mode="after")
    def _increment_fits(self) -> BillingSettings:
        if self.increment_seconds is not None and self.increment_seconds > self.minute_seconds:
            raise ValueError("BILLING__INCREMENT_SECONDS may be at most BILLING__MINUTE_SECONDS")
        return self

    @property
    def minute_ms(self) -> int:
        return max(1, round(self.minute_seconds * 1000))

    @property
    def increment_ms(self) -> int:
        return self.minute_ms if self.increment_seconds is None else max(1, round(self.increment_seconds * 1000))

    @property
    def seconds_between_ticks(self) -> float:
        return self.tick_seconds or min(1.0, max(0.1, self.increment_ms / 10_000))

    @property
    def free_ms(self) -> int:
        return round(self.free_seconds * 1000)


class ConsultationsSettings(Section):
    ring_seconds: float = Field(default=45, gt=0)
    join_seconds: float = Field(default=60, gt=0)
    media_seconds: float = Field(
        default=120, gt=0, description="How long two people in the room of a call or video may take to connect their media"
    )
    reconnect_grace_seconds: float = Field(default=60, ge=0)
    silent_reader_seconds: float = Field(default=60, ge=0)
    booking_minutes: int = Field(
        default=30, ge=15, le=120, multiple_of=15, description="How long a booked consultation keeps the reader free, if not said"
    )
    booking_notice_seconds: float = Field(default=900, ge=0, description="How long before it begins a booking may be made")
    waiting_room_seconds: float = Field(default=600, ge=0, description="How long before its time a booked room may be entered")
    keep_free_seconds: float = Field(
        default=300, ge=0, description="How long before a booking begins the two can neither be rung at nor ring at others"
    )
    no_show_seconds: float = Field(default=600, gt=0, description="How long a booked consultation waits for who is missing")
    client_no_show_minutes: int = Field(
        default=0, ge=0, le=120, description="For how many minutes a client pays who does not come to a booking; 0 = nothing"
    )
    reminder_minutes: ReminderMinutes = Field(
        default=(1440, 15), description="How many minutes before a booking both get a letter; empty = never"
    )


class QueueSettings(Section):
    reserved_seconds: float = Field(default=120, gt=0, description="How long a reader is kept for the next in line")
    kept_seconds: float = Field(default=600, ge=0, description="How long a place is kept whose client missed the turn")
    reader_gone_seconds: float = Field(default=1800, gt=0, description="A line ends when its reader was gone for so long")


class NodesSettings(Section):
    lease_seconds: float = Field(default=10, gt=0)
    renew_seconds: float = Field(default=2, gt=0)

    @model_validator(mode="after")
    def _lease_outlasts_renewal(self) -> NodesSettings:
        if self.lease_seconds < 2 * self.renew_seconds:
            raise ValueError("NODES__LEASE_SECONDS must be at least twice NODES__RENEW_SECONDS")
        return self


class StripeSettings(Section):
    api_key: SecretStr | None = None
    publishable_key: str | None = None
    webhook_secret: SecretStr | None = None
    api_base: str | None = None

    @property
    def browser_key(self) -> str | None:
        """The publishable key where the pages take cards in Stripe's own fields; without an API key the stand-in takes them."""
        return None if self.api_key is None else self.publishable_key


class WalletSettings(Section):
    top_up_minimum_minor: int = Field(default=500, ge=1)
    top_up_maximum_minor: int = Field(default=50_000, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> WalletSettings:
        if self.top_up_maximum_minor < self.top_up_minimum_minor:
            raise ValueError("WALLET__TOP_UP_MAXIMUM_MINOR must not be below WALLET__TOP_UP_MINIMUM_MINOR")
        return self


class PayoutsSettings(Section):
    minimum_minor: int = Field(default=2000, ge=1)
    hold_days: float = Field(default=7, ge=0)
    approval_above_minor: int = Field(default=0, ge=0)
    second_approval_above_minor: int = Field(default=100_000, ge=0)


class MailSettings(Section):
    smtp_url: SecretStr | None = Field(default=None, description="smtp://user:password@host:587 or smtps://…; none = an outbox")
    sender: str = "SoulSeer <no-reply@localhost>"


class FilesSettings(Section):
    url: str | None = Field(default=None, description="none = a folder under the data folder; s3://bucket/prefix otherwise")


class LimitsSettings(Section):
    registrations_per_hour: int = Field(default=20, ge=1)
    logins_per_minute: int = Field(default=60, ge=1)
    failed_logins: int = Field(default=10, ge=1)
    lockout_seconds: int = Field(default=900, ge=1)


class Settings(Section):
    """All settings of one server process."""

    data_dir: Path = Path("var")
    demo: bool = False
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    security: SecuritySettings = SecuritySettings()
    billing: BillingSettings = BillingSettings()
    consultations: ConsultationsSettings = ConsultationsSettings()
    queue: QueueSettings = QueueSettings()
    nodes: NodesSettings = NodesSettings()
    stripe: StripeSettings = StripeSettings()
    turn: TurnSettings = TurnSettings()
    wallet: WalletSettings = WalletSettings()
    payouts: PayoutsSettings = PayoutsSettings()
    mail: MailSettings = MailSettings()
    push: PushSettings = PushSettings()
    files: FilesSettings = FilesSettings()
    recording: RecordingSettings = RecordingSettings()
    livestreams: LivestreamsSettings = LivestreamsSettings()
    limits: LimitsSettings = LimitsSettings()


# What `--demo` sets where nothing else does.
DEMO_DEFAULTS: dict[str, Any] = {"payouts": {"hold_days": 0}}


def _insert(tree: dict[str, Any], path: list[str], value: str, key: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise StartupError(f"{key}: this setting has no parts")
    tree[path[-1]] = value


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def environment_tree(environment: dict[str, str]) -> dict[str, Any]:
    """`SOULSEER_BILLING__FREE_SECONDS=5` → `{"billing": {"free_seconds": "5"}}`, for every key with the prefix."""
    tree: dict[str, Any] = {}
    for key, value in environment.items():
        if key.upper().startswith(PREFIX):
            _insert(tree, key[len(PREFIX) :].lower().split(DELIMITER), value, key)
    return tree


def setting_name(location: tuple[int | str, ...]) -> str:
    """The environment variable that a place in the settings is set by."""
    return PREFIX + DELIMITER.join(str(part) for part in location).upper()


def load_settings(
    *,
    overrides: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
    env_file: Path | None = Path(".env"),
    demo: bool = False,
) -> Settings:
    """Read defaults, then `--demo`'s, then `.env`, then the environment, then `overrides` (the command line); later wins.

    Raises StartupError that names each unknown key and bad value.
    """
    from_file = {k: v for k, v in dotenv_values(env_file).items() if v is not None} if env_file and env_file.is_file() else {}
    tree = _merge(DEMO_DEFAULTS, {"demo": True}) if demo else {}
    tree = _merge(tree, environment_tree(from_file))
    tree = _merge(tree, environment_tree(dict(os.environ) if environment is None else environment))
    tree = _merge(tree, overrides or {})
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            unknown = problem["type"] == "extra_forbidden"
            message = "unknown setting" if unknown else problem["msg"].removeprefix("Value error, ")
            lines.append(f"{setting_name(problem['loc'])}: {message}")
        raise StartupError("\n".join(lines)) from None
