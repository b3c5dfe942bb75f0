"""Whose address counts: that of who calls, unless it is a proxy we trust."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from config.errors import StartupError
from config.settings import load_settings
from server.http.parsing import client_address


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.7", None, (), "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", (), "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", ("10.0.0.1",), "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", ("10.0.0.0/8",), "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, nonsense", ("10.0.0.1",), "10.0.0.1"),
        ("10.0.0.1", "", ("10.0.0.1",), "10.0.0.1"),
        ("::ffff:203.0.113.7", None, (), "203.0.113.7"),
        ("fe80::1%eth0", None, (), "fe80::1"),
        ("2001:db8::1", "198.51.100.1", ("10.0.0.0/8",), "2001:db8::1"),
        ("", None, (), None),
    ],
)
def test_the_address_that_counts(remote: str, forwarded: str | None, trusted: tuple[str, ...], expected: str | None) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    assert client_address(request, trusted) == expected


@pytest.mark.parametrize(
    ("name", "value"), [("TRUSTED_PROXIES", "10.0.0.1,nonsense"), ("PUBLIC_URL", "example.com"), ("PUBLIC_URL", "ftp://x")]
)
def test_an_address_that_is_none_stops_the_start_with_its_name(name: str, value: str) -> None:
    with pytest.raises(StartupError, match=f"SOULSEER_SERVER__{name}"):
        load_settings(environment={f"SOULSEER_SERVER__{name}": value}, env_file=None)
