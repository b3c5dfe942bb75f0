"""Turns what goes wrong between us and Stripe into the failures of `payments.py`.

The provider's own words stay in the log's error code: they may hold ids and keys, so none reaches a client.
"""

from __future__ import annotations

import stripe

from billing.gateways.payments import (
    PaymentAuthenticationRequired,
    PaymentDeclined,
    PaymentMethodUnknown,
    PaymentProviderUnavailable,
    PaymentRefused,
    PaymentTimedOut,
    PaymentUnknown,
)
from config.errors import AppError, FieldError
from config.logging import get_logger

logger = get_logger(__name__)


def failure_of(error: stripe.StripeError) -> AppError:
    """The expected failure that an SDK error stands for."""
    logger.info("stripe.refused", kind=type(error).__name__, status=error.http_status, code=error.code, request=error.request_id)
    if isinstance(error, stripe.CardError):
        return _card_failure(error)
    if isinstance(error, stripe.APIConnectionError):
        return PaymentTimedOut() if isinstance(error.__cause__, TimeoutError) else PaymentProviderUnavailable()
    if isinstance(error, stripe.InvalidRequestError):
        return _request_failure(error)
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        logger.error("stripe.key_refused", status=error.http_status)
    return PaymentProviderUnavailable()


def _card_failure(error: stripe.CardError) -> AppError:
    if error.code in ("authentication_required", "payment_intent_authentication_failure"):
        return PaymentAuthenticationRequired()
    body = error.json_body.get("error") if isinstance(error.json_body, dict) else None
    decline_code = body.get("decline_code") if isinstance(body, dict) else None
    return PaymentDeclined.because(decline_code or error.code)


def _request_failure(error: stripe.InvalidRequestError) -> AppError:
    parameter = error.param or ""
    if parameter.startswith("payment_method"):
        return PaymentMethodUnknown(fields=[FieldError("payment_method", "is not a payment method that can be used here")])
    if parameter == "amount":
        return PaymentRefused(fields=[FieldError("amount_minor", "is not an amount that the payment provider accepts")])
    return PaymentUnknown() if error.http_status == 404 else PaymentRefused()
