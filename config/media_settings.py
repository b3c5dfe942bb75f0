"""Settings of everything that carries media: relays between people, recordings, livestreams."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from config import limits
from config.relay_urls import parse_relay_url
from config.sections import CommaSeparated, Section


def _check_relay_urls(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > limits.RELAY_URLS:
        raise ValueError(f"at most {limits.RELAY_URLS} addresses")
    for number, url in enumerate(value, 1):
        try:
            parse_relay_url(url)
        except ValueError as error:
            raise ValueError(f"address {number} {error}") from None
    return value


def _check_janus_urls(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > limits.JANUS_URLS:
        raise ValueError(f"at most {limits.JANUS_URLS} addresses")
    if len(set(value)) != len(value):
        raise ValueError("an address is there twice")
    for number, url in enumerate(value, 1):
        # Nothing of it is repeated: it may be a secret at the wrong place.
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.username is not None or _find_port(parts) == 0:
            raise ValueError(f"address {number} must be ws://host:port or wss://host:port")
    return value


def _find_port(parts: SplitResult) -> int | None:
    """None = none is named; 0 = none that could be."""
    try:
        return parts.port
    except ValueError:
        return 0


def parse_port_range(ports: str | None) -> tuple[int, int]:
    """`40000-40099` → (40000, 40099); (0, 0) = any."""
    first, _, last = (ports or "0-0").partition("-")
    return int(first), int(last)


def check_media_places(section: str, addresses: tuple[str, ...], public_address: str | None, port_range: tuple[int, int]) -> None:
    """Raises ValueError for places where no media could come in."""
    for address in (*addresses, *([] if public_address is None else [public_address])):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ValueError(f"{section}__ADDRESSES and {section}__PUBLIC_ADDRESS must be IP addresses") from None
    first, last = port_range
    if first and not 1024 <= first <= last <= 65535:
        raise ValueError(f"{section}__PORTS must be a range from 1024 to 65535")


class TurnSettings(Section):
    urls: Annotated[CommaSeparated, AfterValidator(_check_relay_urls)] = Field(
        default=(), description="turn:host:3478?transport=udp, turns:host:5349 and stun:host:3478, with commas between"
    )
    secret: SecretStr | None = Field(default=None, description="coturn's static-auth-secret")
    ttl_seconds: int = Field(default=600, ge=60, le=86_400)
    relay_only: bool = Field(
        default=False, description="Media go through the relay alone, so that people never see each other's internet address"
    )

    @model_validator(mode="after")
    def _relay_only_has_a_relay(self) -> TurnSettings:
        if self.relay_only and not any(parse_relay_url(url).is_relay for url in self.urls):
            raise ValueError("TURN__RELAY_ONLY needs a turn: address in TURN__URLS")
        return self

    @model_validator(mode="after")
    def _relays_have_a_secret(self) -> TurnSettings:
        has_secret = self.secret is not None and self.secret.get_secret_value() != ""
        if not has_secret and any(parse_relay_url(url).is_relay for url in self.urls):
            raise ValueError("TURN__SECRET is needed for the turn: addresses in TURN__URLS")
        return self


class RecordingSettings(Section):
    enabled: bool = Field(default=True, description="Whether two people may have their call recorded at all")
    retention_days: int = Field(
        default=30, ge=0, le=36_500, description="How long recordings are kept; 0 = until they are deleted"
    )
    maximum: int = Field(default=10, ge=1, le=1000, description="Consultations recorded at once by one server process")
    addresses: CommaSeparated = Field(
        default=(), description="Addresses of this machine that media come in at; none = all but loopback"
    )
    public_address: str | None = Field(
        default=None, description="What browsers are told instead, where a router passes the ports on as they are"
    )
    ports: str | None = Field(
        default=None, pattern=r"^\d{4,5}-\d{4,5}$", description="UDP ports for media, as 40000-40099; none = any"
    )

    @model_validator(mode="after")
    def _places_exist(self) -> RecordingSettings:
        check_media_places("RECORDING", self.addresses, self.public_address, self.port_range)
        return self

    @property
    def port_range(self) -> tuple[int, int]:
        """(0, 0) = any."""
        return parse_port_range(self.ports)


VideoCodec = Literal["vp8", "h264"]


class LivestreamsSettings(Section):
    engine: Literal["embedded", "janus"] = Field(
        default="embedded", description="embedded = a process of this server's own; janus = Janus VideoRoom servers"
    )
    maximum: int = Field(default=10, ge=1, le=1000, description="Livestreams at once through one server process (embedded)")
    viewers_maximum: int = Field(
        default=50, ge=1, le=100_000, description="Viewers with a picture at once: of one server process, or of one Janus"
    )
    bitrate_kbps: int = Field(default=1500, ge=100, le=20_000, description="What a publisher is asked to stay below")
    codec: VideoCodec = Field(
        default="vp8", description="How publishers encode pictures: vp8 or h264; with h264 livestreams cannot be recorded"
    )
    reconnect_grace_seconds: float = Field(default=60, ge=0, description="How long viewers wait for a publisher who was lost")
    pause_seconds: float = Field(default=3600, gt=0, description="How long a reader may leave a livestream for a consultation")
    late_start_seconds: float = Field(default=86_400, gt=0, description="A coming livestream is given up so long after its time")
    retention_days: int = Field(default=90, ge=0, le=36_500, description="How long recordings are kept; 0 = until deleted")
    addresses: CommaSeparated = Field(
        default=(), description="Addresses of this machine that media come in at (embedded); none = all but loopback"
    )
    public_address: str | None = Field(
        default=None, description="What browsers are told instead, where a router passes the ports on as they are"
    )
    ports: str | None = Field(
        default=None, pattern=r"^\d{4,5}-\d{4,5}$", description="UDP ports for media (embedded), as 40100-40299; none = any"
    )
    janus_urls: Annotated[CommaSeparated, AfterValidator(_check_janus_urls)] = Field(
        default=(), description="ws://host:8188 of each Janus, with commas between"
    )
    janus_api_secret: SecretStr | None = Field(default=None, description="Janus's api_secret")
    janus_admin_key: SecretStr | None = Field(default=None, description="admin_key of Janus's VideoRoom: who may create rooms")

    @property
    def janus_secrets(self) -> tuple[str, str]:
        """api_secret and admin_key; empty only where the engine is another."""
        secrets = (self.janus_api_secret, self.janus_admin_key)
        api_secret, admin_key = ("" if secret is None else secret.get_secret_value() for secret in secrets)
        return api_secret, admin_key

    @property
    def can_record(self) -> bool:
        """What is recorded is written as it came, and WebM holds no H.264."""
        return self.codec == "vp8"

    @model_validator(mode="after")
    def _janus_has_addresses(self) -> LivestreamsSettings:
        if self.engine != "janus":
            return self
        if not self.janus_urls:
            raise ValueError("LIVESTREAMS__JANUS_URLS is needed when LIVESTREAMS__ENGINE is janus")
        # What opens a room is derived from the first of them.
        for name, secret in zip(("JANUS_API_SECRET", "JANUS_ADMIN_KEY"), self.janus_secrets, strict=True):
            if not secret:
                raise ValueError(f"LIVESTREAMS__{name} is needed when LIVESTREAMS__ENGINE is janus")
        return self

    @model_validator(mode="after")
    def _places_exist(self) -> LivestreamsSettings:
        check_media_places("LIVESTREAMS", self.addresses, self.public_address, self.port_range)
        first, last = self.port_range
        if self.engine == "embedded" and first and last - first + 1 < self.viewers_maximum + self.maximum:
            raise ValueError("LIVESTREAMS__PORTS needs a port for each of VIEWERS_MAXIMUM viewers and MAXIMUM publishers")
        return self

    @property
    def port_range(self) -> tuple[int, int]:
        """(0, 0) = any."""
        return parse_port_range(self.ports)
