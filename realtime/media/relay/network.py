"""Where the relay receives media: which addresses, which ports, and what it tells of them."""

from __future__ import annotations

import asyncio
import errno
import random
import re
from collections.abc import Callable
from typing import Any

from aioice import ice

from realtime.media.relay.options import NetworkOptions

_HOST_CANDIDATE = re.compile(r"^(a=candidate:\S+ \d+ \S+ \d+ )(\S+)( \d+ typ host.*)$", re.MULTILINE)


class PortRangeLoop(asyncio.SelectorEventLoop):
    """An event loop whose UDP sockets that ask for any port get one of a range; in this process they are all for media."""

    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__()
        self._ports = range(minimum, maximum + 1)

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], local_addr: Any = None, **options: Any
    ) -> Any:
        if local_addr is None or local_addr[1] != 0 or not self._ports:
            return await super().create_datagram_endpoint(protocol_factory, local_addr=local_addr, **options)
        begin = random.randrange(len(self._ports))  # noqa: S311
        for step in range(len(self._ports)):
            port = self._ports[(begin + step) % len(self._ports)]
            try:
                return await super().create_datagram_endpoint(protocol_factory, local_addr=(local_addr[0], port), **options)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRINUSE, "every port of the range is taken")


def make_loop(options: NetworkOptions) -> asyncio.AbstractEventLoop:
    if not options.port_minimum:
        return asyncio.new_event_loop()
    return PortRangeLoop(options.port_minimum, options.port_maximum)


def choose_addresses(options: NetworkOptions) -> None:
    """For this whole process; aioice has no other way, and leaves loopback out."""
    if options.addresses:
        ice.get_host_addresses = lambda use_ipv4, use_ipv6: list(options.addresses)


def tell_public_address(sdp: str, options: NetworkOptions) -> str:
    """The answer as somebody outside can use it, where this machine is behind a router that keeps ports as they are."""
    if options.public_address is None:
        return sdp
    return _HOST_CANDIDATE.sub(rf"\g<1>{options.public_address}\g<3>", sdp)
