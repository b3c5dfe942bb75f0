"""What tests of payments do again and again: make people, top up, sign and deliver events, look into the books."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import aiohttp
import stripe

from billing.gateways.payments import PaymentGateway
from billing.gateways.providers import PaymentProvider
from billing.gateways.stripe_test_cards import StandInGateway
from billing.wallet.top_ups import StartedTopUp, TopUpRequest, TopUpRules, create_top_up
from config.clock import Clock, SystemClock
from config.ids import new_id
from storage.database import Database
from storage.ledger import (
    EntryDraft,
    TransferDraft,
    find_ledger_account,
    get_platform_account_id,
    insert_transfer,
    open_ledger_accounts,
)
from storage.top_ups import TopUp, find_top_up
from storage.transaction import Event

RULES = TopUpRules(minimum_minor=500, maximum_minor=50_000, currency="USD")


class WalletChanges(Protocol):
    async def wallet_changes(self, user_id: UUID, *, count: int) -> list[Event]: ...


@dataclass(frozen=True)
class Paid:
    """A top-up that was credited."""

    client_id: UUID
    top_up: TopUp
    payment_id: str


@dataclass
class World:
    database: Database
    provider: PaymentProvider
    webhook_url: str
    deliveries: WalletChanges
    http: aiohttp.ClientSession
    clock: Clock

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, provider: PaymentProvider, webhook_url: str, deliveries: WalletChanges
    ) -> AsyncIterator[World]:
        async with aiohttp.ClientSession() as http:
            yield cls(database, provider, webhook_url, deliveries, http, SystemClock())

    @property
    def gateway(self) -> StandInGateway:
        assert isinstance(self.provider.gateway, StandInGateway)
        return self.provider.gateway

    async def make_client(self) -> UUID:
        user_id = new_id()
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO users (id, email, display_name, password_hash, role, created_at, updated_at)"
                " VALUES ($1, $2, 'Ada', 'x', 'client', now(), now())",
                user_id,
                f"{user_id}@example.com",
            )
            await open_ledger_accounts(tx, user_id, "client", "USD")
        return user_id

    async def start_top_up(
        self,
        client_id: UUID,
        amount_minor: int = 5000,
        *,
        card: str | None = "pm_card_visa",
        top_up_id: UUID | None = None,
        gateway: PaymentGateway | None = None,
    ) -> StartedTopUp:
        request = TopUpRequest(top_up_id or new_id(), client_id, amount_minor, card)
        return await create_top_up(self.database, gateway or self.gateway, self.clock, rules=RULES, request=request)

    async def pay(self, amount_minor: int = 5000) -> Paid:
        """A client with a top-up that the provider's own webhook has credited."""
        client_id = await self.make_client()
        started = await self.start_top_up(client_id, amount_minor)
        await self.deliveries.wallet_changes(client_id, count=1)
        top_up = await self.top_up(started.top_up.id)
        assert top_up.provider_payment_id is not None
        return Paid(client_id, top_up, top_up.provider_payment_id)

    async def silent_top_up(self, amount_minor: int = 5000) -> Paid:
        """A client with a pending top-up that nobody has paid, for events that a test signs itself."""
        client_id = await self.make_client()
        top_up = (await self.start_top_up(client_id, amount_minor, card=None)).top_up
        assert top_up.provider_payment_id is not None
        return Paid(client_id, top_up, top_up.provider_payment_id)

    async def top_up(self, top_up_id: UUID) -> TopUp:
        async with self.database.connection() as db:
            top_up = await find_top_up(db, top_up_id)
        assert top_up is not None
        return top_up

    async def wallet(self, client_id: UUID) -> tuple[int, int]:
        """The stored balance and the part that is held, after checking the balance against the entries."""
        async with self.database.connection() as db:
            row = await db.fetch_row(
                "SELECT a.id, a.balance_minor, a.held_minor, coalesce(sum(e.amount_minor), 0)::bigint AS entries_minor"
                " FROM ledger_accounts AS a LEFT JOIN entries AS e ON e.ledger_account_id = a.id"
                " WHERE a.owner_id = $1 AND a.kind = 'wallet' GROUP BY a.id",
                client_id,
            )
        assert row is not None
        assert row["balance_minor"] == row["entries_minor"]
        return row["balance_minor"], row["held_minor"]

    async def moved(self, top_up_id: UUID) -> dict[str, int]:
        """What all transfers of one top-up have moved, by kind of ledger account."""
        async with self.database.connection() as db:
            rows = await db.fetch(
                "SELECT a.kind, sum(e.amount_minor)::bigint AS amount_minor FROM transfers AS t JOIN entries AS e"
                " ON e.transfer_id = t.id JOIN ledger_accounts AS a ON a.id = e.ledger_account_id"
                " WHERE t.reference_id = $1 GROUP BY a.kind",
                top_up_id,
            )
        return {row["kind"]: row["amount_minor"] for row in rows if row["amount_minor"] != 0}

    async def spend(self, client_id: UUID, amount_minor: int) -> None:
        """The client spends on something: wallet −, revenue +."""
        spending_id = new_id()
        async with self.database.transaction() as tx:
            wallet = await find_ledger_account(tx, owner_id=client_id, kind="wallet", currency="USD")
            assert wallet is not None
            revenue_id = await get_platform_account_id(tx, kind="revenue", currency="USD")
            draft = TransferDraft(
                type="purchase",
                idempotency_key=f"test:{spending_id}",
                reference_kind="order",
                reference_id=spending_id,
                currency="USD",
                amount_minor=amount_minor,
                entries=(EntryDraft(wallet.id, -amount_minor), EntryDraft(revenue_id, amount_minor)),
            )
            await insert_transfer(tx, draft, now=self.clock.now())

    async def deliver(
        self, event: dict[str, Any], *, secret: str | None = None, age_seconds: int = 0, headers: dict[str, str] | None = None
    ) -> int:
        """Sign an event as Stripe does and post it; the HTTP status."""
        body = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(
            body, secret or self.provider.webhook_secret, int(time.time()) - age_seconds
        )
        given = {"Stripe-Signature": signature} if headers is None else headers
        async with self.http.post(self.webhook_url, data=body.encode(), headers=given) as response:
            return response.status

    async def deliver_together(self, events: list[dict[str, Any]]) -> list[int]:
        return await asyncio.gather(*(self.deliver(event) for event in events))

    async def outcome(self, event_id: str) -> str | None:
        async with self.database.connection() as db:
            found: str | None = await db.fetch_value("SELECT outcome FROM provider_events WHERE event_id = $1", event_id)
        return found


def event(kind: str, body: dict[str, Any], *, event_id: str | None = None) -> dict[str, Any]:
    """An event as Stripe sends it."""
    return {
        "id": event_id or f"evt_{new_id().hex}",
        "object": "event",
        "api_version": "2025-03-31.basil",
        "created": int(time.time()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        "data": {"object": body},
    }


def payment_body(paid: Paid, **changes: Any) -> dict[str, Any]:
    """A PaymentIntent."""
    return {
        "id": paid.payment_id,
        "object": "payment_intent",
        "amount": paid.top_up.amount_minor,
        "amount_received": paid.top_up.amount_minor,
        "currency": "usd",
        "latest_charge": "ch_" + paid.payment_id,
        "metadata": {"top_up_id": str(paid.top_up.id)},
        "last_payment_error": None,
        "status": "succeeded",
        **changes,
    }


def charge_body(paid: Paid, *, refunded_minor: int) -> dict[str, Any]:
    """A Charge that was refunded in part or in full."""
    return {
        "id": "ch_" + paid.payment_id,
        "object": "charge",
        "amount": paid.top_up.amount_minor,
        "amount_refunded": refunded_minor,
        "currency": "usd",
        "payment_intent": paid.payment_id,
        "metadata": {"top_up_id": str(paid.top_up.id)},
        "refunded": refunded_minor == paid.top_up.amount_minor,
        "status": "succeeded",
    }


def dispute_body(paid: Paid, *, dispute_id: str, amount_minor: int, status: str = "needs_response") -> dict[str, Any]:
    """A Dispute."""
    return {
        "id": dispute_id,
        "object": "dispute",
        "amount": amount_minor,
        "currency": "usd",
        "charge": "ch_" + paid.payment_id,
        "payment_intent": paid.payment_id,
        "metadata": {},
        "reason": "fraudulent",
        "status": status,
    }
