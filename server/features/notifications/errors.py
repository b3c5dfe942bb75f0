"""What can be wrong with a browser's wish for push."""

from __future__ import annotations

from config.errors import AppError


class PushSubscriptionTaken(AppError):
    code, status, title = "push.subscription_taken", 409, "This push address belongs to another browser"
