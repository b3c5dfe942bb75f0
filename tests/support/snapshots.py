"""What a client does with an event: the snapshot it had, brought up to date."""

from __future__ import annotations

from typing import Any

# What depends on the instant at which a snapshot was made while the clock runs; everything else must be equal.
MOMENTARY = ("paid_seconds_left", "connected_seconds")


def apply_event(snapshot: dict[str, Any], name: str, event: dict[str, Any], *, reader_id: str) -> dict[str, Any]:
    """The snapshot after the event, as docs/integrators.md tells clients to do it."""
    if "consultation" in event:
        return dict(event["consultation"]) if event["version"] >= snapshot["version"] else snapshot
    updated = dict(snapshot)
    if name == "consultation.charged" and event["version"] >= snapshot["version"]:
        updated |= {
            "version": event["version"],
            "billed_increments": event["increment"],
            "total_cost_minor": event["total_cost_minor"],
            "paid_until_at": event["paid_until_at"],
        }
        if "earnings_minor" in event:
            updated["earnings_minor"] = event["earnings_minor"]
    elif name == "message.sent":
        updated["last_seq"] = max(snapshot["last_seq"], event["message"]["seq"])
    elif name == "message.read":
        mark = "reader_read_seq" if event["user_id"] == reader_id else "client_read_seq"
        updated[mark] = max(snapshot[mark], event["up_to_seq"])
    return updated


def lasting(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in snapshot.items() if key not in MOMENTARY}
