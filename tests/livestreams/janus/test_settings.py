"""Which addresses and secrets of Janus an operator may set."""

from __future__ import annotations

import pytest

from config import limits
from config.errors import StartupError
from config.media_settings import LivestreamsSettings
from config.settings import load_settings

SECRETS = {"JANUS_API_SECRET": "a secret", "JANUS_ADMIN_KEY": "a key"}


def load(**settings: str) -> LivestreamsSettings:
    environment = {f"SOULSEER_LIVESTREAMS__{name}": value for name, value in settings.items()}
    return load_settings(environment=environment, env_file=None).livestreams


def test_several_addresses_are_taken_in_their_order() -> None:
    urls = "ws://127.0.0.1:8188, wss://janus.example.com, ws://[2001:db8::1]:8188"
    assert load(ENGINE="janus", JANUS_URLS=urls, **SECRETS).janus_urls == tuple(urls.split(", "))


@pytest.mark.parametrize("missing", ["JANUS_URLS", *SECRETS])
def test_janus_needs_addresses_and_both_secrets(missing: str) -> None:
    given = {"JANUS_URLS": "ws://127.0.0.1:8188", **SECRETS, missing: ""}
    with pytest.raises(StartupError, match=f"LIVESTREAMS__{missing}"):
        load(ENGINE="janus", **given)


@pytest.mark.parametrize(
    "urls",
    [
        "http://127.0.0.1:8088/janus",
        "127.0.0.1:8188",
        "ws://",
        "ws://somebody:something@127.0.0.1:8188",
        "ws://127.0.0.1:eighty",
        "ws://127.0.0.1:8188,ws://127.0.0.1:8188",
        ",".join(f"ws://127.0.0.1:{8188 + number}" for number in range(limits.JANUS_URLS + 1)),
    ],
)
def test_what_is_no_address_of_a_janus_stops_the_start(urls: str) -> None:
    with pytest.raises(StartupError, match="JANUS_URLS") as refused:
        load(ENGINE="janus", JANUS_URLS=urls, **SECRETS)
    assert "something" not in str(refused.value)
