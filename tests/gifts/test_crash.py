"""The server is killed while gifts are sent beside a running meter, from one wallet; afterwards all of it adds up."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from server.demo import DEMO_PASSWORD
from tests.server.server_process import ServerProcess
from tests.server.test_crash import SETTINGS, check_ledger
from tests.support.clients import ApiClient
from tests.support.live import LiveClient


@dataclass
class Giver:
    """Gives all the time, and remembers what was acknowledged."""

    person: ApiClient
    consultation_id: str = ""
    gift_kind_id: str = ""
    live: LiveClient | None = None
    paid: dict[str, str] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)

    async def connect(self, url: str) -> LiveClient:
        if self.live is not None:
            await self.live.close()
        self.live = LiveClient()
        await self.live.connect(url, self.person.access_token)
        return self.live

    async def give(self, nonce: str) -> None:
        assert self.live is not None
        self.unanswered.add(nonce)
        payload = {"consultation_id": self.consultation_id, "gift_kind_id": self.gift_kind_id, "quantity": 1, "nonce": nonce}
        self.paid[nonce] = (await self.live.command("gift.send", **payload))["gift"]["id"]
        self.unanswered.discard(nonce)

    async def give_until_it_breaks(self, number: int) -> None:
        for count in itertools.count():
            try:
                await self.give(f"nonce {number} {count}")
            except Exception:
                return


@pytest.fixture
async def people() -> AsyncIterator[dict[str, ApiClient]]:
    people: dict[str, ApiClient] = {}
    yield people
    for person in people.values():
        await person.close()


async def log_in(people: dict[str, ApiClient], url: str) -> None:
    for name in ("client", "reader", "admin"):
        person = people[name] = ApiClient(url)
        assert (await person.log_in(f"{name}@demo.example.com", DEMO_PASSWORD)).status == 200


async def begin(people: dict[str, ApiClient], giver: Giver, reader_live: LiveClient, url: str) -> None:
    """A running consultation, and a gift of one cent that the wallet can pay often."""
    crumb = {"name": "Crumb", "price_minor": 1, "image_url": "/gifts/tea.svg"}
    giver.gift_kind_id = (await people["admin"].post("/admin/gift-kinds", crumb)).body["id"]
    await reader_live.connect(url, people["reader"].access_token)
    client_live = await giver.connect(url)
    await reader_live.command("reader.set_status", status="online")
    asked = await client_live.command("consultation.request", reader_id=people["reader"].id, type="chat", nonce="n")
    giver.consultation_id = str(asked["consultation"]["id"])
    await reader_live.command("consultation.accept", consultation_id=giver.consultation_id)
    for live in (client_live, reader_live):
        await live.command("consultation.join", consultation_id=giver.consultation_id)


async def all_gifts(person: ApiClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": "100"} | ({} if cursor is None else {"cursor": cursor})
        page = (await person.get("/wallet/transfers", params=params)).body
        found += [line for line in page["items"] if line["type"] == "gift_purchase"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.timeout(240)
async def test_a_killed_server_loses_and_doubles_no_gift(tmp_path: Path, people: dict[str, ApiClient]) -> None:
    data_dir = tmp_path / "var"
    first = ServerProcess(data_dir, "--demo", **SETTINGS)
    second: ServerProcess | None = None
    reader_live = LiveClient()
    try:
        await first.ready()
        await log_in(people, first.url)
        giver = Giver(people["client"])
        await begin(people, giver, reader_live, first.url)
        giving = [asyncio.create_task(giver.give_until_it_breaks(number)) for number in range(4)]
        assert giver.live is not None
        await giver.live.next_event("consultation.charged", lambda event: event["increment"] >= 3)
        await first.kill()
        for task in giving:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task, 15)
        second = await ServerProcess(data_dir, "--demo", port=first.port, **SETTINGS).ready()
        await giver.connect(second.url)
        await giver.live.command("consultation.join", consultation_id=giver.consultation_id)
        for nonce in list(giver.unanswered):
            await giver.give(nonce)
        ended = (await giver.live.command("consultation.end", consultation_id=giver.consultation_id))["consultation"]
        wallet = (await people["client"].get("/wallet")).body["balance_minor"]
        gifts = await all_gifts(people["client"])
        await giver.live.close()
        await reader_live.close()
        check_ledger(data_dir)
        await second.stop()
    finally:
        first.close()
        if second is not None:
            second.close()
    assert sorted(line["reference"]["id"] for line in gifts) == sorted(giver.paid.values())
    assert len(set(giver.paid.values())) == len(giver.paid) > 20
    assert wallet == 5000 - ended["total_cost_minor"] - len(gifts)
