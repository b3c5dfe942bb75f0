"""What the back office refuses."""

from __future__ import annotations

from config.errors import Conflict


class OwnAccountStatus(Conflict):
    code, title = "user.own_status", "Nobody suspends or reinstates their own account"


class ConsultationRefundTooLarge(Conflict):
    code, title = "consultation.refund_too_large", "More than was charged and not yet refunded cannot be given back"


class TooManySettings(Conflict):
    code, title = "settings.too_many", "There is no room for more settings"
