"""What can be wrong with a review."""

from __future__ import annotations

from config.errors import Conflict


class ConsultationNotEnded(Conflict):
    code, title = "consultation.not_ended", "A consultation can be reviewed once it has ended"
