"""The server is killed in the middle of live consultations with traffic; afterwards everything adds up."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from server.demo import DEMO_PASSWORD
from tests.server.server_process import ServerProcess, environment
from tests.support.clients import ApiClient
from tests.support.live import LiveClient

SETTINGS = {
    "SOULSEER_BILLING__MINUTE_SECONDS": "1",
    "SOULSEER_BILLING__FREE_SECONDS": "0",
    "SOULSEER_CONSULTATIONS__SILENT_READER_SECONDS": "0",
    "SOULSEER_NODES__LEASE_SECONDS": "3",
    "SOULSEER_NODES__RENEW_SECONDS": "1",
}


@dataclass
class Talker:
    """One participant who says something all the time and remembers what was acknowledged."""

    person: ApiClient
    live: LiveClient | None = None
    acknowledged: dict[str, int] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)

    async def connect(self, url: str) -> LiveClient:
        await self.close()
        self.live = LiveClient()
        await self.live.connect(url, self.person.access_token)
        return self.live

    async def close(self) -> None:
        if self.live is not None:
            await self.live.close()

    async def talk(self, consultation_id: str) -> None:
        """Until the connection is gone."""
        assert self.live is not None
        for number in itertools.count():
            nonce = f"{self.person.id[-6:]}-{number}"
            self.unanswered[nonce] = f"message {number}"
            try:
                await self._say(consultation_id, nonce)
            except Exception:
                return

    async def _say(self, consultation_id: str, nonce: str) -> None:
        assert self.live is not None
        content = self.unanswered[nonce]
        payload = {"consultation_id": consultation_id, "content": content, "kind": "text", "nonce": nonce}
        message = (await self.live.command("message.send", **payload))["message"]
        self.acknowledged[nonce] = message["seq"]
        del self.unanswered[nonce]

    async def say_again(self, consultation_id: str) -> None:
        """What was never acknowledged is sent once more, with the same nonce, as the browser app does."""
        for nonce in list(self.unanswered):
            await self._say(consultation_id, nonce)


@pytest.fixture
async def people() -> AsyncIterator[list[ApiClient]]:
    people: list[ApiClient] = []
    yield people
    for person in people:
        await person.close()


async def log_in(people: list[ApiClient], url: str, email: str) -> ApiClient:
    person = ApiClient(url)
    people.append(person)
    assert (await person.log_in(email, DEMO_PASSWORD)).status == 200
    return person


def check_ledger(data_dir: Path) -> None:
    command = [sys.executable, "-m", "server", "ledger", "check", "--data-dir", str(data_dir)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=data_dir.parent, env=environment(**SETTINGS), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def begin(client: Talker, reader: Talker, url: str) -> str:
    reader_live, client_live = await reader.connect(url), await client.connect(url)
    await reader_live.command("reader.set_status", status="online")
    asked = await client_live.command("consultation.request", reader_id=reader.person.id, type="chat", nonce="n")
    consultation_id = str(asked["consultation"]["id"])
    await reader_live.command("consultation.accept", consultation_id=consultation_id)
    for live in (client_live, reader_live):
        await live.command("consultation.join", consultation_id=consultation_id)
    return consultation_id


async def read_transcript(person: ApiClient, consultation_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = str(found[-1]["seq"] if found else 0)
        reply = await person.get(f"/consultations/{consultation_id}/messages", params={"after_seq": after, "limit": "100"})
        if not reply.body["items"]:
            return found
        found += reply.body["items"]


@pytest.mark.timeout(240)
async def test_a_killed_server_loses_and_doubles_nothing(tmp_path: Path, people: list[ApiClient]) -> None:
    data_dir = tmp_path / "var"
    first = ServerProcess(data_dir, "--demo", **SETTINGS)
    second: ServerProcess | None = None
    try:
        await first.ready()
        client = Talker(await log_in(people, first.url, "client@demo.example.com"))
        reader = Talker(await log_in(people, first.url, "reader@demo.example.com"))
        consultation_id = await begin(client, reader, first.url)
        talking = [asyncio.create_task(talker.talk(consultation_id)) for talker in (client, reader)]
        assert client.live is not None
        await client.live.next_event("consultation.charged", lambda event: event["increment"] >= 3)
        await first.kill()
        for task in talking:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task, 15)
        second = await ServerProcess(data_dir, "--demo", port=first.port, **SETTINGS).ready()
        for talker in (client, reader):
            live = await talker.connect(second.url)
            await live.command("consultation.join", consultation_id=consultation_id)
            await talker.say_again(consultation_id)
        assert client.live is not None
        # It goes on, and is charged on: another increment after the return.
        await client.live.next_event("consultation.charged", timeout=30)
        ended = (await client.live.command("consultation.end", consultation_id=consultation_id))["consultation"]
        transcripts = [await read_transcript(talker.person, consultation_id) for talker in (client, reader)]
        wallet = (await client.person.get("/wallet")).body["balance_minor"]
        statement = (await client.person.get(f"/consultations/{consultation_id}/statement")).body
        for talker in (client, reader):
            await talker.close()
        check_ledger(data_dir)
        await second.stop()
    finally:
        first.close()
        if second is not None:
            second.close()
    assert transcripts[0] == transcripts[1]
    assert [message["seq"] for message in transcripts[0]] == list(range(1, len(transcripts[0]) + 1))
    stored = {message["nonce"]: message["seq"] for message in transcripts[0]}
    assert len(stored) == len(transcripts[0])
    assert stored == client.acknowledged | reader.acknowledged
    assert len(stored) > 20
    assert wallet == 5000 - ended["total_cost_minor"]
    assert statement["total_cost_minor"] == ended["total_cost_minor"]
    # Paid for what was connected, to the started increment, and not for the time in which the server was down.
    connected = ended["connected_seconds"]
    assert (ended["billed_increments"] - 1) * 399 <= ended["total_cost_minor"] <= ended["billed_increments"] * 399
    assert ended["total_cost_minor"] == 399 * max(1, -(-round(connected * 1000) // 1000))
