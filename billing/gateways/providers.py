"""Chooses who takes the money: Stripe when its keys are set, otherwise the local stand-in in a process of its own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from billing.gateways.payments import PaymentGateway
from billing.gateways.stripe import StripeGateway, open_stripe_client
from billing.gateways.stripe_stand_in import StripeStandIn, run_stripe_stand_in
from billing.gateways.stripe_test_cards import StandInGateway
from config.errors import StartupError


@dataclass(frozen=True, slots=True)
class PaymentProvider:
    """The gateway, the secret that its webhooks are signed with, and the stand-in's process where there is one."""

    gateway: PaymentGateway
    webhook_secret: str
    stand_in: StripeStandIn | None

    @property
    def is_test_mode(self) -> bool:
        """Whether no real money moves."""
        return self.gateway.is_test_mode


@asynccontextmanager
async def open_payment_provider(
    *, api_key: str | None, api_base: str | None, webhook_secret: str | None, stand_in_folder: Path
) -> AsyncIterator[PaymentProvider]:
    """The provider for the running event loop. With a stand-in, call `stand_in.send_webhooks_to` once our server listens.

    Raises StartupError when the settings are incomplete or the stand-in cannot start.
    """
    if api_key is None:
        if api_base is not None:
            raise StartupError("SOULSEER_STRIPE__API_BASE is set, so SOULSEER_STRIPE__API_KEY is needed too")
        secret = webhook_secret or "whsec_" + secrets.token_hex(24)
        async with run_stripe_stand_in(stand_in_folder, webhook_secret=secret) as stand_in:
            async with open_stripe_client(api_key=stand_in.api_key, api_base=stand_in.api_base) as client:
                yield PaymentProvider(StandInGateway(client, api_base=stand_in.api_base), secret, stand_in)
        return
    if webhook_secret is None:
        raise StartupError("SOULSEER_STRIPE__API_KEY is set, so SOULSEER_STRIPE__WEBHOOK_SECRET is needed too")
    is_test_mode = not api_key.startswith(("sk_live_", "rk_live_"))
    async with open_stripe_client(api_key=api_key, api_base=api_base) as client:
        yield PaymentProvider(StripeGateway(client, is_test_mode=is_test_mode), webhook_secret, None)
