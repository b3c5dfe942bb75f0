"""A reader's livestream with people who give in it, through the doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from realtime.livestreams.audiences import livestream_audience
from server.live import GATEWAY
from server.parts import DATABASE
from storage.gift_kinds import GiftKind
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader
from tests.support.gifts import kinds_by_name, put_on_livestream
from tests.support.live import LiveClient
from tests.support.servers import Server


@dataclass
class Guest:
    """Somebody in the room, with a wallet."""

    person: ApiClient
    live: LiveClient

    @property
    def id(self) -> str:
        return self.person.id

    async def balance(self) -> int:
        return int((await self.person.get("/wallet")).body["balance_minor"])


@dataclass
class Evening:
    server: Server
    reader: Guest
    id: UUID
    kinds: dict[str, GiftKind]
    guests: list[Guest] = field(default_factory=list)

    @classmethod
    async def begin(
        cls, server: Server, *, guests: int = 1, balance: int = 10_000, status: str = "live", goal_minor: int | None = None
    ) -> Evening:
        reader = await add_reader(server, name="Mara")
        livestream_id = await put_on_livestream(
            server.database, UUID(reader.id), now=server.clock.now(), status=status, goal_minor=goal_minor
        )
        kinds = await kinds_by_name(server.database)
        evening = cls(server, Guest(reader, await server.connect(reader)), livestream_id, kinds)
        await evening.seat(evening.reader)
        for _ in range(guests):
            await evening.add_guest(balance=balance)
        return evening

    async def add_guest(self, *, balance: int = 10_000) -> Guest:
        person = await add_client(self.server, balance=balance)
        guest = Guest(person, await self.server.connect(person))
        await self.seat(guest)
        self.guests.append(guest)
        return guest

    async def seat(self, guest: Guest) -> None:
        """Into the livestream's room, as joining does."""
        async with self.server.database.connection() as db:
            rows = await db.fetch("SELECT id FROM connections WHERE user_id = $1", UUID(guest.id))
        for row in rows:
            await self.server.app[GATEWAY].enter_room(row["id"], livestream_audience(self.id))

    def gift(self, name: str = "Rose", *, quantity: int = 1, nonce: str = "", **more: Any) -> dict[str, Any]:
        nonce = nonce or self.reader.live.nonce()
        where = {} if "consultation_id" in more else {"livestream_id": str(self.id)}
        return {**where, "gift_kind_id": str(self.kinds[name].id), "quantity": quantity, "nonce": nonce, **more}

    async def earnings(self) -> int:
        async with self.server.app[DATABASE].connection() as db:
            return int(
                await db.fetch_value(
                    "SELECT balance_minor FROM ledger_accounts WHERE owner_id = $1 AND kind = 'earnings'", UUID(self.reader.id)
                )
            )
