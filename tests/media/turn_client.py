"""A TURN client that can ask for what browsers do not: one address after the other, IPv6, another user's relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aioice import stun
from aioice.stun import Class, Message, Method, TransactionFailed
from aioice.turn import UDP_TRANSPORT, TurnClientUdpProtocol

from tests.media.relays import mint
from tests.support.coturn import Coturn

IPV4, IPV6 = 1 << 24, 2 << 24
# RFC 8656, section 18.6; aioice never asks for a family.
_FAMILY = (0x0017, "REQUESTED-ADDRESS-FAMILY", stun.pack_unsigned, stun.unpack_unsigned)
stun.ATTRIBUTES_BY_TYPE[_FAMILY[0]] = stun.ATTRIBUTES_BY_NAME[_FAMILY[1]] = _FAMILY


class TurnClient(TurnClientUdpProtocol):
    """Every request gives the error's code, or None where it was granted."""

    async def allocate(self, family: int | None = None) -> int | None:
        attributes = {"LIFETIME": 600, "REQUESTED-TRANSPORT": UDP_TRANSPORT}
        return await self._ask(Method.ALLOCATE, attributes if family is None else attributes | {_FAMILY[1]: family})

    async def permit(self, address: str) -> int | None:
        return await self._ask(Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": (address, 4000)})

    async def renew(self, lifetime: int = 600) -> int | None:
        return await self._ask(Method.REFRESH, {"LIFETIME": lifetime})

    async def _ask(self, method: Method, attributes: dict[str, Any]) -> int | None:
        request = Message(message_method=method, message_class=Class.REQUEST, attributes=attributes)
        try:
            async with asyncio.timeout(10):
                self.answer, _address = await self.request_with_retry(request)
        except TransactionFailed as failed:
            return failed.response.error_code
        return None


@asynccontextmanager
async def open_client(coturn: Coturn, server: dict[str, Any] | None = None) -> AsyncIterator[TurnClient]:
    """`server`: credentials as they were minted; none = somebody new."""
    used = server or mint(coturn)[0]
    where = (coturn.address, coturn.port)
    transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: TurnClient(where, used["username"], used["credential"], 600, 500), remote_addr=where
    )
    try:
        yield client
    finally:
        transport.close()
