"""The site's door."""

from __future__ import annotations

from typing import Literal

from config.fields import View
from server.http.routes import Access, Call, Route
from server.services import Services


class TestPaymentMethod(View):
    """A card to try out what can happen; only in test mode."""

    id: str
    label: str
    outcome: str


class SitePayments(View):
    """With a `publishable_key` cards are typed into Stripe's own fields; without one only the test cards can be chosen."""

    mode: Literal["test", "live"]
    publishable_key: str | None
    test_payment_methods: list[TestPaymentMethod]


class SiteBilling(View):
    """The rules as new consultations get them; all in real seconds."""

    minute_seconds: float
    increment_seconds: float
    settlement: Literal["minute", "second"]
    free_seconds: float
    minimum_minutes_to_start: int
    top_up_window_seconds: float


class SiteWallet(View):
    top_up_minimum_minor: int
    top_up_maximum_minor: int


class SiteQueue(View):
    """Waiting in line; in real seconds."""

    reserved_seconds: float


class SiteRecording(View):
    """Whether two people may have their call recorded, and for how long that is kept; 0 days = until it is deleted."""

    is_enabled: bool
    kept_days: int


class Site(View):
    name: str
    currency: str
    payments: SitePayments
    billing: SiteBilling
    wallet: SiteWallet
    queue: SiteQueue
    recording: SiteRecording
    demo: bool


TEST_PAYMENT_METHODS = (
    TestPaymentMethod(id="pm_card_visa", label="Visa that works", outcome="succeeds"),
    TestPaymentMethod(id="pm_card_mastercard", label="Mastercard that works", outcome="succeeds"),
    TestPaymentMethod(id="pm_card_chargeDeclined", label="Declined card", outcome="declined"),
    TestPaymentMethod(id="pm_card_chargeDeclinedInsufficientFunds", label="Card without money", outcome="declined"),
    TestPaymentMethod(
        id="pm_card_authenticationRequired", label="Card that asks for confirmation", outcome="authentication_required"
    ),
)


async def get_site(call: Call[None, None]) -> Site:
    return describe_site(call.services)


def describe_site(services: Services) -> Site:
    settings = services.settings
    billing = settings.billing
    is_test_mode = services.payments is None or services.payments.gateway.is_test_mode
    return Site(
        name=settings.server.name,
        currency=billing.currency,
        payments=SitePayments(
            mode="test" if is_test_mode else "live",
            publishable_key=settings.stripe.browser_key,
            test_payment_methods=list(TEST_PAYMENT_METHODS) if is_test_mode else [],
        ),
        billing=SiteBilling(
            minute_seconds=billing.minute_seconds,
            increment_seconds=billing.increment_ms / 1000,
            settlement=billing.settlement,
            free_seconds=billing.free_seconds,
            minimum_minutes_to_start=billing.minimum_minutes_to_start,
            top_up_window_seconds=billing.top_up_window_seconds,
        ),
        wallet=SiteWallet(
            top_up_minimum_minor=settings.wallet.top_up_minimum_minor,
            top_up_maximum_minor=settings.wallet.top_up_maximum_minor,
        ),
        queue=SiteQueue(reserved_seconds=settings.queue.reserved_seconds),
        recording=SiteRecording(is_enabled=settings.recording.enabled, kept_days=settings.recording.retention_days),
        demo=settings.demo,
    )


ROUTES = (
    Route(
        method="GET",
        path="/site",
        handler=get_site,
        summary="What the pages need to know about this installation",
        tag="site",
        answer=Site,
        access=Access.PUBLIC,
    ),
)
