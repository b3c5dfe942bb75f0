"""config/coturn/turnserver.conf as operators copy it, in a real coturn; only addresses and the secret are the test's own."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aioice.stun import Class, Message, Method, parse_message

from tests.media.relays import mint
from tests.media.turn_client import IPV4, IPV6, open_client
from tests.support.coturn import CONFIGURATION, Coturn, find_coturn, run_coturn

# The first and the last address of each range, and IPv4 addresses that are dressed up as IPv6.
FORBIDDEN_IPV4 = """
    0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 169.254.0.0
    169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.0
    192.88.99.255 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0
    203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255
"""
FORBIDDEN_IPV6 = """
    :: ::1 ::10.0.0.1 ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:10.0.0.1 64:ff9b::10.0.0.1
    64:ff9b:1::10.0.0.1 100::1 2001::1 2001:1ff::1 2001:db8::1 2002:a00:1::1 3fff::1 3fff:fff::1 fc00::1 fd12:3456::1
    fe80::1 febf::1 fec0::1 ff02::1 ff0e::1
"""
ALLOWED_IPV4 = """
    1.0.0.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 223.255.255.255
"""
ALLOWED_IPV6 = """
    2001:200::1 2003::1 2606:4700:4700::1111 2a00:1450::1
"""


@pytest.fixture(scope="module")
async def coturn() -> AsyncIterator[Coturn]:
    async with run_coturn(reaches=(), options=["--relay-ip=::1"]) as running:
        yield running


def test_every_option_also_those_to_choose_is_one_of_coturns() -> None:
    helped = subprocess.run([find_coturn(), "--help"], capture_output=True, text=True, check=False)
    known = set(re.findall(r"--([a-z0-9_-]+)", helped.stdout + helped.stderr))
    lines = CONFIGURATION.read_text(encoding="utf-8").splitlines()
    options = {line.lstrip("#").partition("=")[0] for line in lines if re.match(r"#?[a-z]", line)}
    assert len(options) > 35
    assert options - known == set()


async def test_coturn_takes_every_line(coturn: Coturn) -> None:
    complaints = [line for line in coturn.lines if re.search(r"bad|invalid|unknown|alert|error", line, re.IGNORECASE)]
    assert complaints == []


@pytest.mark.parametrize(
    ("family", "forbidden", "allowed"),
    [(IPV4, FORBIDDEN_IPV4, ALLOWED_IPV4), (IPV6, FORBIDDEN_IPV6, ALLOWED_IPV6)],
    ids=["IPv4", "IPv6"],
)
async def test_only_public_addresses_can_be_reached(coturn: Coturn, family: int, forbidden: str, allowed: str) -> None:
    async with open_client(coturn) as client:
        assert await client.allocate(family) is None
        codes = {address: await client.permit(address) for address in (forbidden + allowed).split()}
    assert codes == dict.fromkeys(forbidden.split(), 403) | dict.fromkeys(allowed.split(), None)


async def test_an_address_that_was_named_can_be_reached_although_its_range_is_refused() -> None:
    async with run_coturn(reaches=["10.0.0.10"]) as coturn, open_client(coturn) as client:
        assert await client.allocate() is None
        assert [await client.permit(address) for address in ("10.0.0.9", "10.0.0.10", "10.0.0.11")] == [403, None, 403]


async def test_one_person_gets_so_many_relays_and_others_still_get_theirs(coturn: Coturn) -> None:
    quota = int(re.findall(r"^user-quota=(\d+)$", CONFIGURATION.read_text(encoding="utf-8"), re.MULTILINE)[0])
    async with AsyncExitStack() as stack:
        (greedy,) = mint(coturn)
        clients = [await stack.enter_async_context(open_client(coturn, greedy)) for _ in range(quota + 2)]
        codes = [await client.allocate() for client in clients]
        assert codes == [None] * quota + [486] * 2
        other = await stack.enter_async_context(open_client(coturn))
        assert await other.allocate() is None
        for client in [*clients[:quota], other]:
            assert await client.renew(0) is None
        async with asyncio.timeout(15):
            again = await stack.enter_async_context(open_client(coturn, greedy))
            while await again.allocate() == 486:  # noqa: ASYNC110 (coturn gives quota back in its own time, about a second)
                await asyncio.sleep(0.1)


async def test_credentials_that_ended_or_were_signed_with_another_secret_are_refused(coturn: Coturn) -> None:
    expired = mint(coturn, age_seconds=coturn.settings().ttl_seconds + 5)[0]
    forged = mint(Coturn(coturn.address, coturn.port, coturn.tls_port, secret="another"))[0]
    for server in (expired, forged):
        async with open_client(coturn, server) as client:
            assert await client.allocate() == 401


async def test_a_relay_outlives_the_credentials_that_opened_it(coturn: Coturn) -> None:
    soon = mint(coturn, age_seconds=coturn.settings().ttl_seconds - 2)[0]
    async with open_client(coturn, soon) as client, open_client(coturn, soon) as late:
        assert await client.allocate() is None
        async with asyncio.timeout(10):
            while await late.allocate() is None:
                assert await late.renew(0) is None
                await asyncio.sleep(0.2)
        assert await client.renew() is None
        assert await client.permit("8.8.8.8") is None


async def test_the_answer_to_a_stranger_is_hardly_larger_than_the_question(coturn: Coturn) -> None:
    """Whoever asks in another's name makes it send at most twice as much to them."""
    question = bytes(Message(message_method=Method.BINDING, message_class=Class.REQUEST))
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.bind(("127.0.0.1", 0))
        own_address = stranger.getsockname()
        async with asyncio.timeout(5):
            await loop.sock_sendto(stranger, question, (coturn.address, coturn.port))
            answer = await loop.sock_recv(stranger, 2048)
    assert parse_message(answer).attributes["XOR-MAPPED-ADDRESS"] == own_address
    assert len(answer) <= 2 * len(question)


async def test_the_log_names_nobody_and_no_client_address(coturn: Coturn) -> None:
    (server,) = mint(coturn)
    async with open_client(coturn, server) as client:
        before = len(coturn.lines)
        assert await client.allocate() is None
        assert await client.permit("8.8.8.8") is None
        assert await client.renew(0) is None
    text = "\n".join(coturn.lines[before:])
    assert server["username"].partition(":")[2] not in text
    assert coturn.address not in text
    assert "8.8.8.8" not in text
    assert coturn.secret not in "\n".join(coturn.lines)
