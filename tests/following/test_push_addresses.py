"""Pushes leave for public addresses alone: whatever somebody gives as the address of their push service."""

from __future__ import annotations

import asyncio
import socket
from typing import Any
from uuid import UUID

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from config import limits
from config.clock import MovableClock
from config.ids import new_id
from realtime.notifications.kinds import PushRules
from server.push.addresses import PublicResolver, check_endpoint, is_public
from server.push.keys import VapidKeys
from server.push.sender import PushSender
from storage.push_subscriptions import PushSubscription
from tests.support.push_service import run_push_service
from tests.support.servers import Server

PUBLIC = (
    "https://fcm.googleapis.com/fcm/send/abc",
    "https://updates.push.services.mozilla.com/wpush/v2/x",
    "https://a.example.com:443/",
)
PRIVATE = (
    "http://push.example.com/1",
    "https://localhost/1",
    "https://site.localhost/1",
    "https://printer.local/1",
    "https://db.internal/1",
    "https://intranet/1",
    "https://127.0.0.1/1",
    "https://127.1/1",
    "https://2130706433/1",
    "https://0x7f000001/1",
    "https://8.8.8.8/1",
    "https://[::1]/1",
    "https://[::ffff:10.0.0.1]/1",
    "https://push.example.com:8443/1",
    "https://user@push.example.com/1",
    "https://user:secret@push.example.com/1",
    "https://push.example.com/1#x",
    "https:///1",
    "https://push.example.com:port/1",
    "https://pu\u00adsh.example.com/1",
    "https://push.example.com/a b",
    "https://push.example.com/a\r\nHost: x",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("endpoint", PUBLIC)
def test_push_services_are_accepted(endpoint: str) -> None:
    check_endpoint(endpoint, allow_private=False)


@pytest.mark.parametrize("endpoint", PRIVATE)
def test_what_is_no_push_service_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        check_endpoint(endpoint, allow_private=False)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("142.250.74.10", True),
        ("2a00:1450:4001:830::200a", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:192.168.1.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
        ("nonsense", False),
    ],
)
def test_only_the_internet_is_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


class FixedResolver(AbstractResolver):
    """Answers with these addresses, one list after the other, whatever it is asked for."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0) for address in found
        ]

    async def close(self) -> None:
        return None


async def test_private_addresses_of_a_name_are_left_out() -> None:
    resolver = PublicResolver(FixedResolver(["127.0.0.1", "142.250.74.10", "10.0.0.1"]))
    assert [found["host"] for found in await resolver.resolve("push.example.com", 443)] == ["142.250.74.10"]
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver(FixedResolver(["127.0.0.1"])).resolve("push.example.com", 443)


async def test_a_name_that_leads_into_the_own_network_is_never_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one whose answer changes between the check and the connection."""
    connected = asyncio.Event()

    async def on_connection(_reader: Any, writer: asyncio.StreamWriter) -> None:
        connected.set()
        writer.close()

    listener = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    monkeypatch.setattr("server.push.addresses._HTTPS_PORT", port)
    monkeypatch.setattr("server.push.sender.PublicResolver", lambda: PublicResolver(FixedResolver(["127.0.0.1"])))
    keys = VapidKeys(bytes(range(32)), contact="mailto:a@example.com", clock=MovableClock())
    async with run_push_service() as service, PushSender.open(keys, allow_private=False) as sender:
        sample = service.subscribe().subscription()
        subscription = PushSubscription(
            id=new_id(), user_id=new_id(), endpoint=f"https://push.example.com:{port}/1", **sample["keys"]
        )
        outcome = await sender.send(subscription, b"{}", PushRules(60, False))
        assert (outcome.state, outcome.is_retryable) == ("failed", True)
        literal = PushSubscription(id=new_id(), user_id=new_id(), endpoint=f"https://127.0.0.1:{port}/1", **sample["keys"])
        assert (await sender.send(literal, b"{}", PushRules(60, False))).state == "gone"
    assert not connected.is_set()
    listener.close()
    await listener.wait_closed()


async def test_the_door_refuses_addresses_of_the_own_network(site: Server) -> None:
    person = await site.register()
    async with run_push_service() as service:
        browser = service.subscribe()
        refused = await person.post("/me/push-subscriptions", browser.subscription())
        assert refused.code == "request.invalid"
        assert [field["path"] for field in refused.body["fields"]] == ["endpoint"]
        assert service.received == []
    accepted = await person.post("/me/push-subscriptions", {**browser.subscription(), "endpoint": PUBLIC[0]})
    assert accepted.status == 201
    async with site.database.connection() as db:
        assert await db.fetch_value("SELECT count(*) FROM push_subscriptions WHERE user_id = $1", UUID(person.id)) == 1


def test_a_proof_is_made_anew_before_it_ends() -> None:
    clock = MovableClock()
    keys = VapidKeys(bytes(range(32)), contact="mailto:a@example.com", clock=clock)
    first = keys.prove_to("https://push.example.com/1")
    assert keys.prove_to("https://push.example.com/2") == first
    assert keys.prove_to("https://other.example.com/2") != first
    clock.advance(limits.PUSH_PROOF_SECONDS / 2 + 1)
    assert keys.prove_to("https://push.example.com/1") != first
