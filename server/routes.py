"""Every declared route of the product, in the order of the documents. A feature adds its `ROUTES` here."""

from __future__ import annotations

from config.settings import Settings
from server.features.accounts.routes import ROUTES as ACCOUNT_ROUTES
from server.features.admin.routes import ROUTES as ADMIN_ROUTES
from server.features.consultations.routes import ROUTES as CONSULTATION_ROUTES
from server.features.following.routes import ROUTES as FOLLOWING_ROUTES
from server.features.gifts.routes import ROUTES as GIFT_ROUTES
from server.features.livestreams.chat_routes import ROUTES as LIVESTREAM_CHAT_ROUTES
from server.features.livestreams.earnings_routes import ROUTES as LIVESTREAM_EARNINGS_ROUTES
from server.features.livestreams.replay_routes import ROUTES as REPLAY_ROUTES
from server.features.livestreams.routes import ROUTES as LIVESTREAM_ROUTES
from server.features.notifications.routes import ROUTES as NOTIFICATION_ROUTES
from server.features.outbox.routes import ROUTES as OUTBOX_ROUTES
from server.features.queue.routes import ROUTES as QUEUE_ROUTES
from server.features.readers.routes import ROUTES as READER_ROUTES
from server.features.recordings.routes import ROUTES as RECORDING_ROUTES
from server.features.reviews.routes import ROUTES as REVIEW_ROUTES
from server.features.site.routes import ROUTES as SITE_ROUTES
from server.features.uploads.routes import ROUTES as UPLOAD_ROUTES
from server.features.wallet.routes import ROUTES as WALLET_ROUTES
from server.http.routes import Route

ROUTES: tuple[Route, ...] = (
    *SITE_ROUTES,
    *ACCOUNT_ROUTES,
    *READER_ROUTES,
    *FOLLOWING_ROUTES,
    *NOTIFICATION_ROUTES,
    *UPLOAD_ROUTES,
    *CONSULTATION_ROUTES,
    *QUEUE_ROUTES,
    *RECORDING_ROUTES,
    *LIVESTREAM_ROUTES,
    *LIVESTREAM_CHAT_ROUTES,
    *LIVESTREAM_EARNINGS_ROUTES,
    *REPLAY_ROUTES,
    *REVIEW_ROUTES,
    *WALLET_ROUTES,
    *GIFT_ROUTES,
    *ADMIN_ROUTES,
)

# Also what only a demonstration serves, for the documents of the models.
ALL_ROUTES: tuple[Route, ...] = (*ROUTES, *OUTBOX_ROUTES)


def routes_of(settings: Settings) -> tuple[Route, ...]:
    """What this installation serves: the outbox only in a demonstration whose letters do not leave the machine."""
    shows_outbox = settings.demo and settings.mail.smtp_url is None
    return ALL_ROUTES if shows_outbox else ROUTES
