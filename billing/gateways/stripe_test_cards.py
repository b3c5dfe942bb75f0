"""The gateway to the local stand-in: teaches it the names of Stripe's test cards, which its own list is too short for."""

from __future__ import annotations

from uuid import UUID

import aiohttp
import stripe

from billing.gateways.payments import Payment, PaymentProviderUnavailable, PaymentRefused
from billing.gateways.stripe import StripeGateway, await_answer
from config import limits

WORKING, DECLINED = "4242424242424242", "4000000000000341"
NEEDS_AUTHENTICATION, AUTHENTICATED_THEN_DECLINED = "4000002500003155", "4000008260003178"

# Names from Stripe's page "Testing", and for each the card number with which the stand-in behaves as that page says.
TEST_CARDS = {
    "pm_card_visa": WORKING,
    "pm_card_visa_debit": WORKING,
    "pm_card_mastercard": WORKING,
    "pm_card_amex": WORKING,
    "pm_card_discover": WORKING,
    "pm_card_us": WORKING,
    "pm_card_chargeDeclined": DECLINED,
    "pm_card_visa_chargeDeclined": DECLINED,
    "pm_card_chargeCustomerFail": DECLINED,
    "pm_card_chargeDeclinedInsufficientFunds": DECLINED,
    "pm_card_visa_chargeDeclinedInsufficientFunds": DECLINED,
    "pm_card_chargeDeclinedExpiredCard": DECLINED,
    "pm_card_chargeDeclinedIncorrectCvc": DECLINED,
    "pm_card_chargeDeclinedProcessingError": DECLINED,
    "pm_card_visa_chargeDeclinedLostCard": DECLINED,
    "pm_card_visa_chargeDeclinedStolenCard": DECLINED,
    "pm_card_authenticationRequired": NEEDS_AUTHENTICATION,
    "pm_card_threeDSecureRequired": NEEDS_AUTHENTICATION,
    "pm_card_threeDSecure2Required": NEEDS_AUTHENTICATION,
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": AUTHENTICATED_THEN_DECLINED,
}


class StandInGateway(StripeGateway):
    """The same gateway, for the stand-in that this process runs."""

    def __init__(self, client: stripe.StripeClient, *, api_base: str) -> None:
        super().__init__(client, is_test_mode=True)
        self._api_base = api_base

    async def create_payment(
        self, *, top_up_id: UUID, amount_minor: int, currency: str, customer_id: str | None, payment_method: str | None
    ) -> Payment:
        number = TEST_CARDS.get(payment_method or "")
        if number is not None:
            card = await await_answer(
                self._client.v1.payment_methods.create_async(
                    {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2035, "cvc": "123"}}
                )
            )
            payment_method = card.id
        return await super().create_payment(
            top_up_id=top_up_id,
            amount_minor=amount_minor,
            currency=currency,
            customer_id=customer_id,
            payment_method=payment_method,
        )

    async def answer_for_bank(self, *, client_secret: str, is_confirmed: bool) -> Payment:
        """Play the bank's page that asks the card's owner to confirm a payment. Raises PaymentRefused when none is waiting."""
        payment_id = client_secret.partition("_secret_")[0]
        await self.get_payment(payment_id)
        body = {"key": "pk_test_stand_in", "client_secret": client_secret, "success": is_confirmed}
        timeout = aiohttp.ClientTimeout(total=limits.PROVIDER_TIMEOUT_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as http:
                async with http.post(f"{self._api_base}/v1/payment_intents/{payment_id}/_authenticate", json=body) as response:
                    if response.status in (400, 401, 404):
                        raise PaymentRefused("No payment is waiting for the bank's answer")
        except (aiohttp.ClientError, OSError):
            raise PaymentProviderUnavailable from None
        return await self.get_payment(payment_id)
