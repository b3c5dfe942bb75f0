"""Where push messages may be sent: public addresses alone, so that nobody makes this server speak into the operator's network.

A name is resolved when the connection is made, and the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

# Ways to spell an IPv4 address within IPv6 that Python counts as global: NAT64 (RFC 6052) and 6to4 (RFC 3056).
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("2002::/16"))
_HTTPS_PORT = 443


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet and to nobody's own network."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def check_endpoint(endpoint: str, *, allow_private: bool) -> None:
    """Raises ValueError, saying why, for what no push service would have as its address."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("must be an address") from None
    if not endpoint.isascii() or any(character.isspace() or not character.isprintable() for character in endpoint):
        raise ValueError("must be an address")
    if parts.username is not None or parts.password is not None or parts.fragment or not host:
        raise ValueError("must be the plain address of a push service")
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise ValueError("must begin with https://")
    if allow_private:
        return
    if port not in (None, _HTTPS_PORT):
        raise ValueError("must use the port of https")
    if _is_literal(host) or "." not in host or host.endswith((".localhost", ".local", ".internal")):
        raise ValueError("must name a public host")


def _is_literal(host: str) -> bool:
    """Also in the spellings that only the operating system reads as an address: 127.1, 0x7f000001, 2130706433."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return last.isdigit() or last.startswith("0x")
    return True


class PublicResolver(AbstractResolver):
    """Resolves names as the system does, and answers with public addresses alone."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """Raises OSError when there is none."""
        found = await self._inner.resolve(host, port, family)
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise OSError("the name has no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()
