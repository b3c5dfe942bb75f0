"""Browsers that asked for web push. One ends with the login that it was made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.notifications import Told
from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscription:
    """As PushSubscription.toJSON() of the browser gives it: keys in base64url."""

    id: UUID
    user_id: UUID
    endpoint: str
    p256dh: str
    auth: str


_IS_LIVE = "l.revoked_at IS NULL AND l.expires_at > {now}"


async def save_subscription(
    tx: Transaction, subscription: PushSubscription, *, login_id: UUID, now: datetime, maximum: int
) -> UUID | None:
    """The row's id. A browser that is known goes over to this person and login; of one person's the oldest beyond `maximum` goes.

    None when the endpoint is known with other keys: whoever asks is not the browser that it belongs to.
    """
    saved: UUID | None = await tx.fetch_value(
        "INSERT INTO push_subscriptions AS known (id, user_id, login_id, endpoint, p256dh, auth, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id,"
        " login_id = excluded.login_id, failures = 0, created_at = excluded.created_at"
        " WHERE known.p256dh = excluded.p256dh AND known.auth = excluded.auth RETURNING id",
        subscription.id,
        subscription.user_id,
        login_id,
        subscription.endpoint,
        subscription.p256dh,
        subscription.auth,
        now,
    )
    if saved is not None:
        await tx.execute(
            "DELETE FROM push_subscriptions WHERE id IN (SELECT id FROM push_subscriptions WHERE user_id = $1"
            " ORDER BY created_at DESC, id DESC OFFSET $2)",
            subscription.user_id,
            maximum,
        )
    return saved


async def delete_subscription(tx: Transaction, user_id: UUID, endpoint: str) -> bool:
    """False when this person has no such subscription."""
    return bool(await tx.execute("DELETE FROM push_subscriptions WHERE user_id = $1 AND endpoint = $2", user_id, endpoint))


async def list_push_targets(db: Connection, told: Sequence[Told], *, now: datetime) -> list[tuple[UUID, UUID]]:
    """(notification, subscription) for every browser of these people whose login still holds."""
    rows = await db.fetch(
        "SELECT told.notification_id, s.id FROM unnest($1::uuid[], $2::uuid[]) AS told (notification_id, user_id)"
        " JOIN push_subscriptions AS s ON s.user_id = told.user_id"
        f" JOIN logins AS l ON l.id = s.login_id AND {_IS_LIVE.format(now='$3')}"
        " ORDER BY told.notification_id, s.id",
        [one.id for one in told],
        [one.user_id for one in told],
        now,
    )
    return [(row["notification_id"], row["id"]) for row in rows]


async def find_subscriptions(db: Connection, ids: Sequence[UUID], *, now: datetime) -> dict[UUID, PushSubscription]:
    """Those of them whose login still holds and whose account is not shut out."""
    rows = await db.fetch(
        "SELECT s.id, s.user_id, s.endpoint, s.p256dh, s.auth FROM push_subscriptions AS s"
        f" JOIN logins AS l ON l.id = s.login_id AND {_IS_LIVE.format(now='$2')}"
        " JOIN users AS u ON u.id = s.user_id AND u.status = 'active' WHERE s.id = ANY($1)",
        list(ids),
        now,
    )
    return {row["id"]: PushSubscription(**row) for row in rows}


async def save_push_outcomes(
    tx: Transaction, *, gone: Sequence[UUID], delivered: Sequence[UUID], failed: Sequence[UUID], failures_maximum: int
) -> None:
    """Remove those that the push service does not know any more, and those that failed too often in a row."""
    await tx.execute("DELETE FROM push_subscriptions WHERE id = ANY($1)", sorted(gone))
    await tx.execute(
        "UPDATE push_subscriptions SET failures = 0 WHERE failures > 0 AND id IN"
        " (SELECT id FROM push_subscriptions WHERE id = ANY($1) ORDER BY id FOR UPDATE)",
        sorted(delivered),
    )
    await tx.execute(
        "UPDATE push_subscriptions SET failures = failures + 1 WHERE id IN"
        " (SELECT id FROM push_subscriptions WHERE id = ANY($1) ORDER BY id FOR UPDATE)",
        sorted(failed),
    )
    await tx.execute("DELETE FROM push_subscriptions WHERE id = ANY($1) AND failures >= $2", sorted(failed), failures_maximum)


async def delete_ended_subscriptions(tx: Transaction, *, now: datetime, maximum: int) -> int:
    """Forget browsers whose login ended; at most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM push_subscriptions WHERE id IN (SELECT s.id FROM push_subscriptions AS s"
        " JOIN logins AS l ON l.id = s.login_id WHERE l.revoked_at IS NOT NULL OR l.expires_at <= $1 LIMIT $2)",
        now,
        maximum,
    )
