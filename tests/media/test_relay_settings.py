"""Addresses and credentials of relay servers: what an operator may set, and what a browser is given."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from config.errors import StartupError
from config.media_settings import TurnSettings
from config.relay_urls import parse_relay_url
from config.settings import load_settings
from realtime.media.turn import ice_transport_policy, mint_ice

USER = UUID("018f2f3e-0000-7000-8000-000000000001")
NOW = datetime(2026, 1, 5, 12, 0, 0, 900_000, tzinfo=UTC)
RELAYS = "turn:turn.example.com:3478?transport=udp, turns:turn.example.com:443"


def settings_of(urls: str, secret: str | None = "s3cret") -> TurnSettings:
    environment = {"SOULSEER_TURN__URLS": urls}
    if secret is not None:
        environment["SOULSEER_TURN__SECRET"] = secret
    return load_settings(environment=environment, env_file=None).turn


@pytest.mark.parametrize(
    ("text", "host", "port", "transport", "is_encrypted"),
    [
        ("turn:turn.example.com", "turn.example.com", 3478, "udp", False),
        ("turn:203.0.113.5:80?transport=tcp", "203.0.113.5", 80, "tcp", False),
        ("turns:turn.example.com", "turn.example.com", 5349, "tcp", True),
        ("turn:[2001:db8::1]:3478?transport=udp", "2001:db8::1", 3478, "udp", False),
        ("stun:relay_1", "relay_1", 3478, "udp", False),
    ],
)
def test_an_address_is_read_as_browsers_read_it(text: str, host: str, port: int, transport: str, is_encrypted: bool) -> None:
    url = parse_relay_url(text)
    assert (url.host, url.port, url.transport, url.is_encrypted) == (host, port, transport, is_encrypted)
    assert url.is_relay is text.startswith("turn")


@pytest.mark.parametrize(
    "bad",
    [
        "https://turn.example.com",
        "turn://turn.example.com",
        "turn:",
        "turn:two words",
        "turn:user:word@turn.example.com",
        "turn:-host-",
        "turn:1.2.3",
        "turn:[1.2.3.4]",
        "turn:host:0",
        "turn:host:70000",
        "turn:host?transport=sctp",
        "stun:host?transport=udp",
        "turns:host?transport=udp",
        ",".join(f"turn:host-{number}" for number in range(17)),
    ],
)
def test_a_bad_address_stops_the_start_with_its_name(bad: str) -> None:
    with pytest.raises(StartupError) as stopped:
        settings_of(bad)
    assert str(stopped.value).startswith("SOULSEER_TURN__URLS: a")


def test_what_was_pasted_into_the_wrong_setting_is_not_repeated() -> None:
    with pytest.raises(StartupError) as stopped:
        settings_of("s3cret")
    assert "s3cret" not in str(stopped.value)


@pytest.mark.parametrize("secret", [None, ""])
def test_relays_without_a_secret_stop_the_start(secret: str | None) -> None:
    with pytest.raises(StartupError, match="TURN__SECRET is needed"):
        settings_of(RELAYS, secret)
    assert settings_of("stun:stun.example.com", secret).urls == ("stun:stun.example.com",)


def test_credentials_are_what_coturn_computes_and_end_when_it_says() -> None:
    ice = mint_ice(settings_of(RELAYS), user_id=USER, now=NOW)
    assert ice.expire_at == NOW.replace(microsecond=0) + timedelta(seconds=600)
    (server,) = ice.servers
    assert server.urls == ["turn:turn.example.com:3478?transport=udp", "turns:turn.example.com:443"]
    assert server.username == f"{int(ice.expire_at.timestamp())}:{USER}"
    expected = base64.b64encode(hmac.digest(b"s3cret", server.username.encode(), hashlib.sha1)).decode()
    assert server.credential == expected


def test_stun_servers_come_apart_and_without_credentials() -> None:
    stun, relay = mint_ice(settings_of(f"{RELAYS}, stun:stun.example.com"), user_id=USER, now=NOW).servers
    assert stun.model_dump(mode="json") == {"urls": ["stun:stun.example.com"]}
    assert set(relay.model_dump(mode="json")) == {"urls", "username", "credential"}
    only_stun = mint_ice(settings_of("stun:stun.example.com", None), user_id=USER, now=NOW)
    assert (only_stun.servers, only_stun.expire_at) == ([stun], None)
    nothing = mint_ice(settings_of("", "unused"), user_id=USER, now=NOW)
    assert (nothing.servers, nothing.expire_at) == ([], None)


def test_hiding_addresses_needs_a_relay_to_hide_behind() -> None:
    relayed = load_settings(
        environment={}, env_file=None, overrides={"turn": {"urls": RELAYS, "secret": "s3cret", "relay_only": True}}
    )
    assert ice_transport_policy(relayed.turn) == "relay"
    assert ice_transport_policy(settings_of(RELAYS)) == "all"
    with pytest.raises(StartupError, match="RELAY_ONLY needs a turn: address"):
        load_settings(environment={}, env_file=None, overrides={"turn": {"urls": "stun:stun.example.com", "relay_only": True}})
