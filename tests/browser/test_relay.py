"""What Chromium makes of a coturn with the operators' configuration: its outside address, and a relay over each transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, Playwright

from tests.browser.browsers import FLAGS
from tests.media.relays import mint
from tests.support.coturn import Coturn, run_coturn

GATHER = """
async (iceServers) => {
  const connection = new RTCPeerConnection({ iceServers });
  const found = { types: [], errors: [] };
  connection.onicecandidateerror = (event) => found.errors.push(`${event.errorCode} ${event.errorText}`);
  const gathered = new Promise((resolve) => {
    connection.onicecandidate = (event) => event.candidate ? found.types.push(event.candidate.type) : resolve();
  });
  connection.createDataChannel("any");
  await connection.setLocalDescription();
  await gathered;
  connection.close();
  return found;
}
"""


@pytest.fixture
async def page(playwright: Playwright, chromium_path: str) -> AsyncIterator[Page]:
    flags = [*FLAGS, "--allow-loopback-in-peer-connection"]
    browser = await playwright.chromium.launch(executable_path=chromium_path, args=flags)
    yield await browser.new_page()
    await browser.close()


class _Outside(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], None]) -> None:
        self._answer = answer

    def datagram_received(self, data: bytes, _addr: Any) -> None:
        self._answer(data)


class AddressTranslation(asyncio.DatagramProtocol):
    """As a router does it: the server sees another port than the one that the browser sends from."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._outside: dict[Any, asyncio.Task[asyncio.DatagramTransport]] = {}

    def connection_made(self, transport: Any) -> None:
        self._inside: asyncio.DatagramTransport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if addr not in self._outside:
            self._outside[addr] = asyncio.create_task(self._open(addr))
        self._outside[addr].add_done_callback(lambda opened: opened.result().sendto(data))

    async def _open(self, addr: Any) -> asyncio.DatagramTransport:
        transport, _protocol = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Outside(lambda data: self._inside.sendto(data, addr)), remote_addr=self._server
        )
        return transport

    def close(self) -> None:
        self._inside.close()
        for opened in self._outside.values():
            opened.result().close()


@asynccontextmanager
async def behind_a_router(coturn: Coturn) -> AsyncIterator[str]:
    """The address of the relay as a browser behind the router reaches it."""
    transport, router = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: AddressTranslation((coturn.address, coturn.port)), local_addr=("127.0.0.1", 0)
    )
    try:
        yield f"turn:127.0.0.1:{transport.get_extra_info('sockname')[1]}?transport=udp"
    finally:
        router.close()


async def test_a_browser_behind_a_router_learns_its_outside_address_and_need_not_be_relayed(page: Page) -> None:
    async with run_coturn() as coturn, behind_a_router(coturn) as url:
        (server,) = mint(coturn)
        found = await page.evaluate(GATHER, [server | {"urls": [url]}])
    assert found["errors"] == []
    assert {"host", "srflx", "relay"} == set(found["types"])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_browser_gets_a_relay(page: Page, transport: str) -> None:
    async with run_coturn() as coturn:
        found = await page.evaluate(GATHER, mint(coturn, transport))
        assert found["errors"] == []
        assert "relay" in found["types"]
        refused = await page.evaluate(GATHER, mint(coturn, transport, age_seconds=coturn.settings().ttl_seconds + 5))
        assert "relay" not in refused["types"]
        assert [error[:3] for error in refused["errors"]] == ["401"]
