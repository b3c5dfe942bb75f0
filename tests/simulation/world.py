"""Two nodes, some clients and readers on a real database, moved step by step with a clock of our own."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from billing.gifts.catalogue import open_gift_kinds
from config.clock import MovableClock, milliseconds_between
from config.errors import NotFound
from config.ids import new_id
from config.settings import Settings
from realtime.commands import Caller
from realtime.consultations.access import access_consultation_locked
from realtime.consultations.clock import Moment
from realtime.consultations.deadlines import carry_out_due
from realtime.consultations.endings import end_by_participant, end_by_platform
from realtime.consultations.media import Mode, change_mode, media_connected, media_lost
from realtime.consultations.presence import connection_lost, node_lost, participant_arrived
from realtime.consultations.requests import (
    RequestDraft,
    accept_consultation,
    cancel_consultation,
    decline_consultation,
    request_consultation,
)
from realtime.consultations.sweeps import Meter
from realtime.gifts.sending import GiftOutcome, send_gifts
from server.features.admin.consultations import refund_consultation
from server.features.gifts.refunds import refund_any_gift
from storage.attendances import insert_attendance
from storage.consultations import ConsultationParts, lock_parts
from storage.database import Database
from storage.gift_kinds import GiftKind
from storage.gifts import GiftDraft
from storage.ledger import open_ledger_accounts, open_platform_accounts
from storage.messages import MessageDraft, MessageOutcome, insert_messages
from storage.spending_limits import SpendingLimits, save_spending_limits
from storage.transaction import Transaction
from tests.support.gifts import kinds_by_name
from tests.support.money import fund_wallet

CURRENCY = "USD"
_serial = itertools.count(1)


@dataclass
class SimulatedNode:
    """A node as the meter and the books see it: a lease that is renewed until the node dies."""

    id: UUID
    renewed_at: datetime
    lease: timedelta
    is_alive: bool = True

    def holds_lease(self, now: datetime) -> bool:
        return self.is_alive and self.renewed_at + self.lease > now


@dataclass
class Seat:
    """A participant's place: the connections through which they are in the room."""

    user_id: UUID
    connections: dict[str, SimulatedNode] = field(default_factory=dict)
    joined_at: dict[str, int] = field(default_factory=dict)


class World:
    """Drives the product's own actions; every step is one a client, a node or the network could take."""

    def __init__(self, database: Database, settings: Settings, clock: MovableClock) -> None:
        self.database = database
        self.settings = settings
        self.clock = clock
        self.epoch = clock.now()
        self.nodes: list[SimulatedNode] = []
        self.kinds: list[GiftKind] = []
        self._admin: Caller | None = None

    @property
    def now(self) -> int:
        """Milliseconds since the world began."""
        return milliseconds_between(self.epoch, self.clock.now())

    def moment(self) -> Moment:
        return Moment(self.clock.now(), self.settings)

    async def open(self, nodes: int = 2) -> None:
        async with self.database.transaction() as tx:
            await open_platform_accounts(tx, CURRENCY)
            await open_gift_kinds(tx, CURRENCY, now=self.clock.now())
            # Also what costs a cent or a few: the rounding of the split is in them.
            await tx.execute(
                "INSERT INTO gift_kinds (id, name, price_minor, currency, image_url, sort_order, created_at, updated_at)"
                " SELECT new_uuid7(), 'Crumb ' || price, price, $1, '/gifts/tea.svg', 0, $2, $2"
                " FROM unnest('{1,3,7,13}'::integer[]) AS price ON CONFLICT DO NOTHING",
                CURRENCY,
                self.clock.now(),
            )
        self.kinds = list((await kinds_by_name(self.database, CURRENCY)).values())
        for _ in range(nodes):
            await self.start_node()

    async def start_node(self) -> SimulatedNode:
        node = SimulatedNode(new_id(), self.clock.now(), timedelta(seconds=self.settings.nodes.lease_seconds))
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO nodes (id, started_at, renewed_at, lease_expires_at) VALUES ($1, $2, $2, $3)",
                node.id,
                node.renewed_at,
                node.renewed_at + node.lease,
            )
        self.nodes.append(node)
        return node

    async def renew(self) -> None:
        for node in self.nodes:
            if node.is_alive:
                node.renewed_at = self.clock.now()
                async with self.database.transaction() as tx:
                    await tx.execute(
                        "UPDATE nodes SET renewed_at = $2, lease_expires_at = $3 WHERE id = $1",
                        node.id,
                        node.renewed_at,
                        node.renewed_at + node.lease,
                    )

    async def sweep_dead(self) -> list[SimulatedNode]:
        """What every node does every second: clear away nodes whose lease has run out."""
        gone = [node for node in self.nodes if node.renewed_at + node.lease <= self.clock.now()]
        for node in gone:
            await self._bury(node, node.renewed_at)
        return gone

    async def stop_node(self, node: SimulatedNode) -> None:
        """What SIGTERM does: the lease is given back, and whoever was connected is gone as of now."""
        await self._bury(node, self.clock.now())

    async def _bury(self, node: SimulatedNode, until: datetime) -> None:
        async def act(tx: Transaction) -> None:
            await node_lost(tx, node.id, renewed_at=until, moment=self.moment())
            await tx.execute("DELETE FROM nodes WHERE id = $1", node.id)

        await self.database.transact(act)
        node.is_alive = False
        self.nodes.remove(node)

    async def add_user(self, role: str) -> UUID:
        user_id, now, serial = new_id(), self.clock.now(), next(_serial)
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO users (id, email, display_name, password_hash, role, created_at, updated_at)"
                " VALUES ($1, $2, $3, '-', $4, $5, $5)",
                user_id,
                f"{role}{serial}-{user_id}@example.com",
                f"{role} {serial}",
                role,
                now,
            )
            await tx.execute(
                "INSERT INTO logins (id, user_id, created_at, last_used_at, expires_at) VALUES ($1, $1, $2, $2, $3)",
                user_id,
                now,
                now + timedelta(days=900),
            )
            await open_ledger_accounts(tx, user_id, role, CURRENCY)
        return user_id

    async def add_reader(self, rate: int, *, call: int | None = None, video: int | None = None) -> UUID:
        reader_id = await self.add_user("reader")
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO readers (user_id, display_name, chosen_status, verification, verified_at, chat_rate_minor,"
                " call_rate_minor, video_rate_minor, created_at, updated_at)"
                " VALUES ($1, 'reader', 'online', 'verified', $2, $3, $4, $5, $2, $2)",
                reader_id,
                self.clock.now(),
                rate,
                call,
                video,
            )
        return reader_id

    async def top_up(self, client_id: UUID, amount: int) -> None:
        await fund_wallet(self.database, client_id, amount, clock=self.clock)

    async def connect(self, user_id: UUID, node: SimulatedNode) -> str:
        connection_id = f"c{next(_serial)}"
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO connections (id, node_id, user_id, login_id, connected_at) VALUES ($1, $2, $3, $3, $4)",
                connection_id,
                node.id,
                user_id,
                self.clock.now(),
            )
        return connection_id

    async def request(self, client_id: UUID, reader_id: UUID, *, type: str = "chat") -> ConsultationParts:
        draft = RequestDraft(reader_id, type, str(new_id()))
        return await self.database.transact(
            lambda tx: request_consultation(tx, client_id=client_id, role="client", draft=draft, moment=self.moment())
        )

    async def accept(self, consultation_id: UUID, reader_id: UUID) -> ConsultationParts:
        async def act(tx: Transaction) -> ConsultationParts:
            parts = await access_consultation_locked(tx, consultation_id, user_id=reader_id)
            return await accept_consultation(tx, parts, user_id=reader_id, moment=self.moment())

        return await self.database.transact(act)

    async def answer(self, consultation_id: UUID, user_id: UUID, *, by_client: bool) -> ConsultationParts:
        """Withdrawn by the client, or declined by the reader."""

        async def act(tx: Transaction) -> ConsultationParts:
            parts = await access_consultation_locked(tx, consultation_id, user_id=user_id)
            act = cancel_consultation if by_client else decline_consultation
            return await act(tx, await carry_out_due(tx, parts, self.moment()), user_id=user_id, moment=self.moment())

        return await self.database.transact(act)

    async def limit(self, client_id: UUID, limits: SpendingLimits) -> None:
        await self.database.transact(lambda tx: save_spending_limits(tx, client_id, limits, now=self.clock.now()))

    async def refund(self, consultation_id: UUID, amount: int) -> ConsultationParts:
        """By an admin."""
        admin, refund_id, moment = await self.admin(), new_id(), self.moment()
        return await self.database.transact(
            lambda tx: refund_consultation(
                tx, admin, consultation_id, refund_id=refund_id, amount_minor=amount, reason="kindness", moment=moment
            )
        )

    async def admin(self) -> Caller:
        if self._admin is None:
            admin_id = await self.add_user("admin")
            self._admin = Caller(admin_id, admin_id, "admin", frozenset(), "Admin")
        return self._admin

    async def give(self, draft: GiftDraft) -> GiftOutcome:
        """In a transaction of its own, as a batch of one."""

        async def act(tx: Transaction) -> GiftOutcome:
            return (await send_gifts(tx, [draft], billing=self.settings.billing, now=self.clock.now()))[0]

        return await self.database.transact(act)

    async def give_back(self, gift_id: UUID) -> None:
        admin, refund_id, now = await self.admin(), new_id(), self.clock.now()
        await self.database.transact(
            lambda tx: refund_any_gift(tx, admin, gift_id, refund_id=refund_id, reason="kindness", now=now)
        )

    async def say(self, consultation_id: UUID, sender_id: UUID) -> MessageOutcome:
        serial = next(_serial)
        draft = MessageDraft(new_id(), consultation_id, sender_id, "text", f"message {serial}", f"nonce {serial}")
        async with self.database.connection() as db:
            return (await insert_messages(db, [draft], now=self.clock.now()))[0]

    async def join(self, consultation_id: UUID, seat: Seat, node: SimulatedNode) -> ConsultationParts:
        connection_id = await self.connect(seat.user_id, node)

        async def act(tx: Transaction) -> ConsultationParts:
            parts = await access_consultation_locked(tx, consultation_id, user_id=seat.user_id)
            parts = await carry_out_due(tx, parts, self.moment())
            if not parts.consultation.has_room:
                return parts
            if not await insert_attendance(
                tx,
                consultation_id=consultation_id,
                user_id=seat.user_id,
                connection_id=connection_id,
                node_id=node.id,
                now=self.clock.now(),
            ):
                raise NotFound
            return await participant_arrived(tx, parts, seat.user_id, self.moment())

        parts = await self.database.transact(act)
        seat.connections[connection_id] = node
        seat.joined_at[connection_id] = self.now
        return parts

    async def connect_media(self, consultation_id: UUID, seat: Seat, connection_id: str) -> ConsultationParts:
        async def act(tx: Transaction) -> ConsultationParts:
            parts = await lock_parts(tx, consultation_id)
            assert parts is not None
            parts = await carry_out_due(tx, parts, self.moment())
            return await media_connected(tx, parts, seat.user_id, connection_id, self.moment())

        return await self.database.transact(act)

    async def lose_media(self, consultation_id: UUID, seat: Seat, connection_id: str, *, proof: datetime) -> ConsultationParts:
        async def act(tx: Transaction) -> ConsultationParts:
            parts = await lock_parts(tx, consultation_id)
            assert parts is not None
            return await media_lost(tx, parts, seat.user_id, connection_id, lost_at=proof, moment=self.moment())

        return await self.database.transact(act)

    async def change_mode(self, consultation_id: UUID, user_id: UUID, mode: Mode, agreed: int | None) -> ConsultationParts:
        async def act(tx: Transaction) -> ConsultationParts:
            parts = await lock_parts(tx, consultation_id)
            assert parts is not None
            parts = await carry_out_due(tx, parts, self.moment())
            if not parts.consultation.is_live:
                return parts
            return await change_mode(tx, parts, user_id=user_id, mode=mode, agreed_rate_minor=agreed, moment=self.moment())

        return await self.database.transact(act)

    async def lose(self, seat: Seat, connection_id: str, *, proof: datetime) -> None:
        seat.connections.pop(connection_id)

        async def act(tx: Transaction) -> None:
            await connection_lost(tx, connection_id, seat.user_id, lost_at=proof, lost_to="connection", moment=self.moment())
            await tx.execute("DELETE FROM connections WHERE id = $1", connection_id)

        await self.database.transact(act)

    async def end(self, consultation_id: UUID, user_id: UUID | None) -> ConsultationParts:
        """`user_id` None = an admin."""

        async def act(tx: Transaction) -> ConsultationParts:
            parts = await lock_parts(tx, consultation_id)
            assert parts is not None
            parts = await carry_out_due(tx, parts, self.moment())
            if user_id is None:
                if not parts.consultation.is_live:
                    return parts
                return await end_by_platform(tx, parts, reason="ended_by_admin", moment=self.moment())
            by_client = user_id == parts.consultation.client_id
            return await end_by_participant(tx, parts, by_client=by_client, moment=self.moment())

        return await self.database.transact(act)

    def meter(self, node: SimulatedNode) -> Meter:
        return Meter(database=self.database, settings=self.settings, clock=self.clock, node=node)
