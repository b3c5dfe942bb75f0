"""Addresses of STUN and TURN servers as browsers take them (RFC 7064, RFC 7065)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

Transport = Literal["udp", "tcp"]

_SHAPE = re.compile(
    r"(?P<scheme>stuns?|turns?):(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?:\?transport=(?P<transport>udp|tcp))?"
)
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_EXPECTED = "must look like turn:host:port?transport=udp, turns:host or stun:host"


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """What one address says; `host` is a name or an IP address, without brackets."""

    text: str
    host: str
    port: int
    transport: Transport
    is_relay: bool
    is_encrypted: bool


def parse_relay_url(text: str) -> RelayUrl:
    """Ports are 3478, with TLS 5349, where none is named; TLS goes over TCP.

    Raises ValueError that says what is wrong and never repeats the text: people paste secrets into the wrong setting.
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(_EXPECTED)
    is_relay, is_encrypted = match["scheme"].startswith("turn"), match["scheme"].endswith("s")
    host, port = match["host"].strip("[]"), int(match["port"] or (5349 if is_encrypted else 3478))
    if not 1 <= port <= 65535:
        raise ValueError("has a port that is not between 1 and 65535")
    if not _is_host(host, is_bracketed=match["host"].startswith("[")):
        raise ValueError("names a host that is neither a name nor an address")
    if match["transport"] is not None and not is_relay:
        raise ValueError("may not choose a transport: only turn: and turns: addresses do")
    if is_encrypted and match["transport"] == "udp":
        raise ValueError("asks for TLS over UDP, which browsers do not speak: use ?transport=tcp")
    transport: Transport = "tcp" if is_encrypted or match["transport"] == "tcp" else "udp"
    return RelayUrl(text, host, port, transport, is_relay, is_encrypted)


def _is_host(host: str, *, is_bracketed: bool) -> bool:
    if is_bracketed or re.fullmatch(r"[0-9.]+", host):
        try:
            return (ipaddress.ip_address(host).version == 6) is is_bracketed
        except ValueError:
            return False
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
