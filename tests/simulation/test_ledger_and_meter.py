"""The ledger and the meter under seeded chaos, checked against the small model after each step."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from config.errors import SpendingLimitReached
from config.settings import load_settings
from storage.consultations import find_parts
from storage.database import Database
from storage.ledger import find_ledger_account
from storage.spending_limits import SpendingLimits
from tests.simulation.giving import Given, give, give_back
from tests.simulation.model import Room, Wallet
from tests.simulation.world import CURRENCY, Seat, SimulatedNode, World
from tests.support.gifts import put_on_livestream

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "25"))
FIRST_SEED = int(os.environ.get("SIMULATION_FIRST_SEED", "1"))
STEPS = 80


@dataclass
class Pair:
    """One client with one reader, the real consultation and the model of it."""

    client: Seat
    reader: Seat
    wallet: Wallet
    rates: dict[str, int]
    type: str = "chat"
    earned_before: int = 0
    consultation_id: UUID | None = None
    room: Room | None = None
    rings_until: int | None = None
    # What the reader earned with gifts of anybody, and the livestream in which they were given, beside those in consultations.
    gifted: int = 0
    livestream_id: UUID | None = None
    given: list[Given] = field(default_factory=list)

    @property
    def rate(self) -> int:
        return self.rates[self.type]

    def seat(self, side: str) -> Seat:
        return self.client if side == "client" else self.reader


class Simulation:
    def __init__(self, world: World, rng: random.Random) -> None:
        self.world = world
        self.rng = rng
        self.pairs: list[Pair] = []
        self.last_proof: dict[str, int] = {}

    async def open(self) -> None:
        await self.world.open()
        for _ in range(self.rng.randint(1, 3)):
            rate = self.rng.choice([1, 7, 99, 399, 1000])
            rates = {"chat": rate, "call": max(1, rate + self.rng.choice([-rate // 3, 0, 1, rate])), "video": rate + 10}
            client = await self.world.add_user("client")
            reader = await self.world.add_reader(rate, call=rates["call"], video=rates["video"])
            balance = rate * self.rng.randint(1, 6) + self.rng.randint(0, rate)
            await self.world.top_up(client, balance)
            self.pairs.append(Pair(Seat(client), Seat(reader), Wallet(balance), rates))
            await self.world.connect(reader, self.world.nodes[0])
            self.pairs[-1].livestream_id = await put_on_livestream(
                self.world.database, reader, now=self.world.clock.now(), is_left_for_consultation=True
            )

    def _present(self, seat: Seat) -> bool:
        now = self.world.clock.now()
        return any(node in self.world.nodes and node.renewed_at + node.lease > now for node in seat.connections.values())

    def _both(self, pair: Pair) -> bool:
        return self._present(pair.client) and self._present(pair.reader)

    async def step(self) -> None:
        """One random step of one pair, or of the machinery."""
        pair = self.rng.choice(self.pairs)
        roll, side = self.rng.random(), self.rng.choice(["client", "reader"])
        if roll < 0.34 or pair.rings_until is not None:
            await self.pass_time()
        elif roll < 0.38:
            await self.change_limits(pair)
        elif roll < 0.42:
            await self.refund(pair)
        elif self.rng.random() < 0.35:
            await (give_back(self, pair) if self.rng.random() < 0.15 else give(self, pair))
        elif pair.room is None or pair.room.ended:
            await (self.ring_in_vain(pair) if self.rng.random() < 0.2 else self.begin(pair))
        elif roll < 0.50:
            await self.drop(pair, side)
        elif roll < 0.62:
            await self.come_back(pair, side)
        elif roll < 0.70 and pair.type != "chat":
            await self.move_media(pair, side)
        elif roll < 0.78:
            await self.top_up(pair)
        elif roll < 0.86:
            await self.say(pair, side)
        elif roll < 0.90:
            await (self.stop_node() if self.rng.random() < 0.5 else self.kill_node())
        else:
            await self.end(pair)
        await self.check()

    async def pass_time(self) -> None:
        for _ in range(self.rng.randint(1, 12)):
            self.world.clock.advance(self.rng.choice([0.4, 1, 1, 1.7, 3.3]))
            await self.world.renew()
            await self.forget(await self.world.sweep_dead())
            if self.rng.random() < 0.8:
                await self.tick()
        await self.tick()

    async def tick(self) -> None:
        """Both nodes at once: each due row is taken by one of them."""
        for pair in self.pairs:
            if pair.room is not None:
                pair.room.tick(self.world.now, both_there=self._both(pair))
        await asyncio.gather(*(self.world.meter(node).tick() for node in self.world.nodes))
        for pair in self.pairs:
            if pair.rings_until is not None and pair.rings_until <= self.world.now and pair.consultation_id is not None:
                pair.rings_until = None
                assert await self._ending(pair.consultation_id) == ("cancelled", "expired")
                pair.consultation_id = None

    async def begin(self, pair: Pair) -> None:
        if pair.wallet.balance < pair.rate or not self.world.nodes:
            await self.top_up(pair)
            return
        node = self._node()
        await self.world.connect(pair.reader.user_id, node)
        pair.type = self.rng.choice(["chat", "call", "video"])
        if pair.wallet.balance < pair.rate or not await self.request(pair):
            return
        assert pair.consultation_id is not None
        pair.client.connections.clear()
        pair.reader.connections.clear()
        await self.world.join(pair.consultation_id, pair.client, self._node())
        await self.world.accept(pair.consultation_id, pair.reader.user_id)
        billing, consultations = self.world.settings.billing, self.world.settings.consultations
        pair.room = Room(
            pair.rate,
            billing.minute_ms,
            billing.increment_ms,
            billing.free_ms,
            billing.settlement,
            Fraction(billing.reader_share_bps, 10_000),
            round(billing.top_up_window_seconds * 1000),
            round(consultations.reconnect_grace_seconds * 1000),
            pair.wallet,
        )
        await self.world.join(pair.consultation_id, pair.reader, self._node())
        pair.room.mode = pair.type
        if pair.type != "chat":
            for side in ("client", "reader"):
                connection = next(iter(pair.seat(side).connections))
                await self.world.connect_media(pair.consultation_id, pair.seat(side), connection)
                pair.room.media[side] = connection
        pair.room.start(self.world.now)

    async def move_media(self, pair: Pair, side: str) -> None:
        """Connected through some device of theirs, lost (found out late), or less or more of them from here on."""
        assert pair.room is not None
        assert pair.consultation_id is not None
        seat, room = pair.seat(side), pair.room
        roll = self.rng.random()
        if roll < 0.2:
            await self.change_mode(pair, side)
        elif side in room.media and roll < 0.6:
            silence = self.rng.choice([0, 500, 2000, 6999])
            proof = self.world.clock.now() - timedelta(milliseconds=silence)
            await self.world.lose_media(pair.consultation_id, seat, room.media[side], proof=proof)
            room.lose_media(side, self.world.now - silence)
        elif seat.connections:
            connection = self.rng.choice(list(seat.connections))
            await self.world.connect_media(pair.consultation_id, seat, connection)
            room.connect_media(side, connection, self.world.now, both_there=self._both(pair))

    async def change_mode(self, pair: Pair, side: str) -> None:
        assert pair.room is not None
        assert pair.consultation_id is not None
        room, modes = pair.room, ["chat", "call", "video"]
        room.deadline(self.world.now)
        mode = self.rng.choice([mode for mode in modes[: modes.index(pair.type) + 1] if mode != room.mode])
        is_less = modes.index(mode) < modes.index(room.mode)
        await self.world.change_mode(pair.consultation_id, pair.seat(side).user_id, mode, pair.rates[mode])  # type: ignore[arg-type]
        if room.ended is None and (is_less or side == "client"):
            rate = min(room.rate, pair.rates[mode]) if is_less else pair.rates[mode]
            room.change_mode(mode, rate, self.world.now, both_there=self._both(pair))

    async def request(self, pair: Pair) -> bool:
        """Ring; False when the client's own limits pay nothing, which lifts them."""
        first = Fraction(pair.rate * self.world.settings.billing.increment_ms, self.world.settings.billing.minute_ms)
        if pair.room is not None:
            pair.earned_before += pair.room.earned
            pair.room = None
        if pair.wallet.can_pay(int(first), spent_in_room=0):
            parts = await self.world.request(pair.client.user_id, pair.reader.user_id, type=pair.type)
            pair.consultation_id = parts.consultation.id
            return True
        with pytest.raises(SpendingLimitReached):
            await self.world.request(pair.client.user_id, pair.reader.user_id, type=pair.type)
        await self.set_limits(pair, None, None, None)
        return False

    async def ring_in_vain(self, pair: Pair) -> None:
        if pair.wallet.balance < pair.rate or not self.world.nodes:
            return
        await self.world.connect(pair.reader.user_id, self._node())
        if not await self.request(pair):
            return
        assert pair.consultation_id is not None
        how = self.rng.choice(["declined", "withdrawn", "expired"])
        if how == "expired":
            ring = self.world.settings.consultations.ring_seconds
            pair.rings_until = self.world.now + round(ring * 1000)
            return
        person = pair.client if how == "withdrawn" else pair.reader
        await self.world.answer(pair.consultation_id, person.user_id, by_client=how == "withdrawn")
        assert await self._ending(pair.consultation_id) == ("cancelled", how)
        pair.consultation_id = None

    async def _ending(self, consultation_id: UUID) -> tuple[str, str | None]:
        async with self.world.database.connection() as connection:
            parts = await find_parts(connection, consultation_id)
        assert parts is not None
        return parts.consultation.status, parts.consultation.end_reason

    async def change_limits(self, pair: Pair) -> None:
        def some(spent: int) -> int | None:
            return self.rng.choice([None, None, max(0, spent) + self.rng.randint(0, pair.rate * 3)])

        cost = 0 if pair.room is None else pair.room.cost + pair.room.gifts
        await self.set_limits(pair, some(cost), some(pair.wallet.spent), some(pair.wallet.spent))

    async def set_limits(self, pair: Pair, *limits: int | None) -> None:
        wallet = pair.wallet
        wallet.limit_per_consultation, wallet.limit_per_day, wallet.limit_per_month = limits
        await self.world.limit(pair.client.user_id, SpendingLimits(*limits))

    async def refund(self, pair: Pair) -> None:
        """By an admin, while it runs or after its end."""
        if pair.room is None or pair.consultation_id is None or pair.room.cost == 0:
            return
        amount = self.rng.choice([pair.room.cost, self.rng.randint(1, pair.room.cost)])
        await self.world.refund(pair.consultation_id, amount)
        pair.room.refund(amount, self.world.now)

    async def say(self, pair: Pair, side: str) -> None:
        assert pair.room is not None
        assert pair.consultation_id is not None
        seat = pair.seat(side)
        outcome = await self.world.say(pair.consultation_id, seat.user_id)
        assert outcome.verdict == pair.room.say(is_there=bool(seat.connections))
        if outcome.message is not None:
            assert outcome.message.seq == pair.room.messages

    async def stop_node(self) -> None:
        """Gracefully, as a deployment does."""
        node = self.rng.choice([node for node in self.world.nodes if node.is_alive])
        await self.world.stop_node(node)
        await self.forget([node], stopped=True)
        await self.world.start_node()

    def _node(self) -> SimulatedNode:
        return self.rng.choice([node for node in self.world.nodes if node.holds_lease(self.world.clock.now())])

    async def drop(self, pair: Pair, side: str) -> None:
        seat = pair.seat(side)
        if not seat.connections or pair.room is None:
            return
        connection = self.rng.choice(list(seat.connections))
        silence = self.rng.choice([0, 0, 500, 2000, 4999])
        proof = self.world.clock.now() - timedelta(milliseconds=silence)
        await self.world.lose(seat, connection, proof=proof)
        self._miss(pair, side, self.world.now - silence, "connection", [connection])

    def _miss(self, pair: Pair, side: str, proof: int, blame: str, gone: list[str]) -> None:
        seat, now = pair.seat(side), self.world.clock.now()
        assert pair.room is not None
        took_media = pair.room.media.get(side) in gone
        left = [seat.joined_at[name] for name, node in seat.connections.items() if node.renewed_at + node.lease > now]
        if left and took_media:
            pair.room.lose_media(side, proof)
        elif left:
            pair.room.cut(proof, min(left), self.world.now, both_there=self._both(pair))
        else:
            pair.room.lose(side, proof, blame, took_media=took_media)

    async def come_back(self, pair: Pair, side: str) -> None:
        if pair.consultation_id is None or pair.room is None:
            return
        seat = pair.seat(side)
        await self.world.join(pair.consultation_id, seat, self._node())
        pair.room.come_back(side, self.world.now, both_there=self._both(pair))

    async def top_up(self, pair: Pair) -> None:
        amount = self.rng.randint(1, pair.rate * 4)
        pair.wallet.balance += amount
        pair.wallet.credited_at = self.world.now
        await self.world.top_up(pair.client.user_id, amount)

    async def kill_node(self) -> None:
        alive = [node for node in self.world.nodes if node.is_alive]
        if len(alive) < 2:
            return
        self.rng.choice(alive).is_alive = False
        await self.world.start_node()

    async def forget(self, gone: list[SimulatedNode], *, stopped: bool = False) -> None:
        for node in gone:
            proof = self.world.now
            if not stopped:
                proof -= round((self.world.clock.now() - node.renewed_at).total_seconds() * 1000)
            for pair in self.pairs:
                for side in sorted(("client", "reader"), key=lambda side: pair.seat(side).user_id):
                    seat = pair.seat(side)
                    held = [name for name, where in seat.connections.items() if where is node]
                    for name in held:
                        del seat.connections[name]
                    if held and pair.room is not None:
                        self._miss(pair, side, proof, "node", held)

    async def end(self, pair: Pair) -> None:
        assert pair.room is not None
        who = self.rng.choice(["client", "reader", "admin"])
        user_id = {"client": pair.client.user_id, "reader": pair.reader.user_id}.get(who)
        pair.room.deadline(self.world.now)
        pair.room.end("ended_by_admin" if user_id is None else f"{who}_ended", self.world.now)
        assert pair.consultation_id is not None
        await self.world.end(pair.consultation_id, user_id)
        pair.client.connections.clear()
        pair.reader.connections.clear()

    async def check(self) -> None:
        """The real rows against the model, and the books against themselves."""
        async with self.world.database.connection() as connection:
            for pair in self.pairs:
                wallet = await find_ledger_account(connection, owner_id=pair.client.user_id, kind="wallet", currency=CURRENCY)
                earnings = await find_ledger_account(connection, owner_id=pair.reader.user_id, kind="earnings", currency=CURRENCY)
                assert wallet is not None
                assert earnings is not None
                if pair.room is not None and pair.consultation_id is not None:
                    parts = await find_parts(connection, pair.consultation_id)
                    assert parts is not None
                    c = parts.consultation
                    assert (c.total_cost_minor, c.gifts_minor) == (pair.room.cost, pair.room.gifts)
                    assert c.end_reason == pair.room.ended
                    assert (c.pause_reason, c.billed_increments) == (pair.room.pause, pair.room.charges)
                    if pair.room.ended or pair.room.pause:
                        assert c.connected_ms == pair.room.connected
                    assert earnings.balance_minor == pair.earned_before + pair.room.earned + pair.gifted
                assert wallet.balance_minor == pair.wallet.balance
            wrong = await connection.fetch(
                "SELECT a.id FROM ledger_accounts AS a LEFT JOIN entries AS e ON e.ledger_account_id = a.id"
                " WHERE a.owner_id IS NOT NULL GROUP BY a.id HAVING a.balance_minor <> coalesce(sum(e.amount_minor), 0)"
            )
            assert wrong == []
            assert await connection.fetch_value("SELECT coalesce(sum(amount_minor), 0) FROM entries") == 0


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
async def test_money_and_clock_follow_the_model_through_drops_deaths_and_races(seed: int, empty_database: Database) -> None:
    rng = random.Random(seed)
    settings = load_settings(
        environment={},
        env_file=None,
        overrides={
            "billing": {
                "settlement": rng.choice(["minute", "minute", "second"]),
                "increment_seconds": rng.choice([60, 60, 10, 7]),
                "top_up_window_seconds": rng.choice([0, 20, 120]),
                "reader_share_bps": rng.choice([0, 5000, 7000, 10_000]),
            },
            "consultations": {"silent_reader_seconds": 0, "reconnect_grace_seconds": rng.choice([5, 60])},
        },
    )
    simulation = Simulation(World(empty_database, settings, MovableClock()), rng)
    await simulation.open()
    for number in range(STEPS):
        try:
            await simulation.step()
        except BaseException:
            print(f"\nreplay: SIMULATION_FIRST_SEED={seed} SIMULATION_SEEDS=1 (failed at step {number})")
            raise
    report = await check_ledger(empty_database, simulation.world.clock)
    assert report.differences == ()
