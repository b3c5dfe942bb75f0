"""Gifts as they are written: a batch of them in one transaction, whose locks and facts are read here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from storage.livestream_messages import LineSpeaker
from storage.transaction import Record, Transaction


class GiftDraft(NamedTuple):
    """A gift that somebody wants to send: in a livestream or in a consultation. `id` and `line_id` are new.

    `amount_minor`: what they were told that it costs; None = they take it at any price.
    """

    id: UUID
    line_id: UUID
    sender_id: UUID
    livestream_id: UUID | None
    consultation_id: UUID | None
    gift_kind_id: UUID
    quantity: int
    message: str
    nonce: str
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class GiftLivestream:
    """A livestream as gifts need it, locked so that it cannot end meanwhile."""

    id: UUID
    reader_id: UUID
    status: str
    gift_goal_minor: int | None
    gift_goal_title: str | None


@dataclass(frozen=True, slots=True)
class GiftConsultation:
    """A consultation as gifts need it, locked."""

    id: UUID
    client_id: UUID
    reader_id: UUID
    status: str
    pause_reason: str | None
    # What the client spent in it so far, minutes and gifts.
    spent_minor: int
    client_attends: bool


@dataclass(frozen=True, slots=True)
class KnownGift:
    """A gift that was paid."""

    id: UUID
    livestream_id: UUID | None
    consultation_id: UUID | None
    gift_kind_id: UUID
    quantity: int
    amount_minor: int
    currency: str
    message: str
    created_at: datetime
    kind_name: str
    image_url: str
    animation_url: str | None
    # The sender's balance right after it.
    balance_minor: int
    # The number of its line in the livestream's chat.
    seq: int | None


@dataclass(frozen=True, slots=True)
class GiftFacts:
    """What is known about one draft: the kind (None = none that is offered), who sends, and what stands against it."""

    sender: LineSpeaker
    kind_name: str | None
    price_minor: int
    image_url: str
    animation_url: str | None
    known: KnownGift | None
    sanction: str | None
    sanction_until_at: datetime | None
    reader_name: str


@dataclass(frozen=True, slots=True)
class SenderLimits:
    """What a sender allows themselves, and what was spent of it. Minor units; None = no limit; days and months in UTC."""

    per_consultation_minor: int | None
    per_day_minor: int | None
    per_month_minor: int | None
    today_minor: int
    month_minor: int


_LOCK_LIVESTREAMS = """
SELECT id, reader_id, status, gift_goal_minor, gift_goal_title FROM livestreams
WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE {locked}
"""
_LOCK_LIVESTREAMS_OR_WAIT = _LOCK_LIVESTREAMS.replace("{locked}", "")
_LOCK_LIVESTREAMS_OR_LEAVE = _LOCK_LIVESTREAMS.replace("{locked}", "SKIP LOCKED")
_LOCK_CONSULTATIONS = """
SELECT c.id, c.client_id, c.reader_id, c.status, c.pause_reason,
    c.charged_minor - c.refunded_minor + c.gifts_minor AS spent_minor,
    EXISTS (SELECT 1 FROM attendances AS seat WHERE seat.consultation_id = c.id AND seat.user_id = c.client_id) AS client_attends
FROM consultations AS c WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id FOR NO KEY UPDATE OF c {locked}
"""
_LOCK_CONSULTATIONS_OR_WAIT = _LOCK_CONSULTATIONS.replace("{locked}", "")
_LOCK_CONSULTATIONS_OR_LEAVE = _LOCK_CONSULTATIONS.replace("{locked}", "SKIP LOCKED")


async def lock_livestreams_for_gifts(
    tx: Transaction, livestream_ids: Sequence[UUID], *, skip_locked: bool
) -> dict[UUID, GiftLivestream]:
    """What is said in them waits for nothing here. No shared lock: who ends one could wait for ever while gifts come."""
    statement = _LOCK_LIVESTREAMS_OR_LEAVE if skip_locked else _LOCK_LIVESTREAMS_OR_WAIT
    return {row["id"]: GiftLivestream(**row) for row in await tx.fetch(statement, list(livestream_ids))}


async def lock_consultations_for_gifts(
    tx: Transaction, consultation_ids: Sequence[UUID], *, skip_locked: bool
) -> dict[UUID, GiftConsultation]:
    statement = _LOCK_CONSULTATIONS_OR_LEAVE if skip_locked else _LOCK_CONSULTATIONS_OR_WAIT
    return {row["id"]: GiftConsultation(**row) for row in await tx.fetch(statement, list(consultation_ids))}


async def list_existing_places(tx: Transaction, place_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these livestreams and consultations there are, whoever holds them."""
    rows = await tx.fetch(
        "SELECT id FROM livestreams WHERE id = ANY ($1::uuid[])"
        " UNION ALL SELECT id FROM consultations WHERE id = ANY ($1::uuid[])",
        list(place_ids),
    )
    return {row["id"] for row in rows}


async def read_gift_facts(
    tx: Transaction, drafts: Sequence[GiftDraft], *, reader_ids: Sequence[UUID | None], currency: str, now: datetime
) -> list[GiftFacts]:
    """One for each draft, in their order. The senders' wallets must be locked, so that no nonce is stored meanwhile."""
    rows = await tx.fetch(
        """
        SELECT draft.sender_id, sender.display_name AS sender_name,
            sender.avatar_upload_id AS sender_avatar_id, sender.role AS sender_role,
            kind.name AS kind_name, kind.price_minor, kind.image_url, kind.animation_url,
            sanction.kind AS sanction, sanction.until_at AS sanction_until_at,
            moderator.user_id IS NOT NULL AS is_moderator, reader.display_name AS reader_name,
            known.id AS known_id, known.livestream_id, known.consultation_id, known.gift_kind_id, known.quantity,
            known.amount_minor, known.currency, known.message, known.created_at,
            known_kind.name AS known_kind_name, known_kind.image_url AS known_image_url,
            known_kind.animation_url AS known_animation_url, paid.balance_after_minor, line.seq
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
            WITH ORDINALITY AS draft (sender_id, reader_id, gift_kind_id, nonce, position)
        JOIN users AS sender ON sender.id = draft.sender_id
        LEFT JOIN users AS reader ON reader.id = draft.reader_id
        LEFT JOIN gift_kinds AS kind ON kind.id = draft.gift_kind_id AND kind.is_active AND kind.currency = $5
        LEFT JOIN livestream_sanctions AS sanction ON sanction.reader_id = draft.reader_id
            AND sanction.user_id = draft.sender_id AND (sanction.until_at IS NULL OR sanction.until_at > $6)
        LEFT JOIN livestream_moderators AS moderator ON moderator.reader_id = draft.reader_id
            AND moderator.user_id = draft.sender_id
        LEFT JOIN gifts AS known ON known.sender_id = draft.sender_id AND known.nonce = draft.nonce
        LEFT JOIN gift_kinds AS known_kind ON known_kind.id = known.gift_kind_id
        LEFT JOIN ledger_accounts AS wallet ON wallet.owner_id = known.sender_id AND wallet.kind = 'wallet'
            AND wallet.currency = known.currency
        LEFT JOIN entries AS paid ON paid.transfer_id = known.transfer_id AND paid.ledger_account_id = wallet.id
        LEFT JOIN livestream_messages AS line ON line.livestream_id = known.livestream_id
            AND line.sender_id = known.sender_id AND line.kind = 'gift' AND line.nonce = known.nonce
        ORDER BY draft.position
        """,
        [draft.sender_id for draft in drafts],
        list(reader_ids),
        [draft.gift_kind_id for draft in drafts],
        [draft.nonce for draft in drafts],
        currency,
        now,
    )
    return [_facts(row) for row in rows]


def _facts(row: Record) -> GiftFacts:
    known = None
    if row["known_id"] is not None:
        known = KnownGift(
            id=row["known_id"],
            livestream_id=row["livestream_id"],
            consultation_id=row["consultation_id"],
            gift_kind_id=row["gift_kind_id"],
            quantity=row["quantity"],
            amount_minor=row["amount_minor"],
            currency=row["currency"],
            message=row["message"],
            created_at=row["created_at"],
            kind_name=row["known_kind_name"],
            image_url=row["known_image_url"],
            animation_url=row["known_animation_url"],
            balance_minor=row["balance_after_minor"],
            seq=row["seq"],
        )
    return GiftFacts(
        sender=LineSpeaker(
            row["sender_id"], row["sender_name"], row["sender_avatar_id"], row["sender_role"], False, row["is_moderator"]
        ),
        kind_name=row["kind_name"],
        price_minor=row["price_minor"] or 0,
        image_url=row["image_url"] or "",
        animation_url=row["animation_url"],
        known=known,
        sanction=row["sanction"],
        sanction_until_at=row["sanction_until_at"],
        reader_name=row["reader_name"] or "",
    )


async def list_sender_limits(tx: Transaction, wallet_ids: dict[UUID, int], *, now: datetime) -> dict[UUID, SenderLimits]:
    """Of those of the wallets' owners who have any. The wallets must be locked, so that nothing is spent meanwhile."""
    rows = await tx.fetch(
        """
        SELECT own.user_id, own.per_consultation_minor, own.per_day_minor, own.per_month_minor,
            coalesce(spent.today_minor, 0)::bigint AS today_minor, coalesce(spent.month_minor, 0)::bigint AS month_minor
        FROM unnest($1::uuid[], $2::bigint[]) AS wallet (owner_id, id)
        JOIN spending_limits AS own ON own.user_id = wallet.owner_id
        LEFT JOIN LATERAL (
            SELECT -sum(e.amount_minor) FILTER (WHERE e.created_at >= date_trunc('day', $3::timestamptz, 'UTC')) AS today_minor,
                -sum(e.amount_minor) AS month_minor
            FROM entries AS e JOIN transfers AS t ON t.id = e.transfer_id
            WHERE e.ledger_account_id = wallet.id AND e.number IS NOT NULL
                AND e.created_at >= date_trunc('month', $3::timestamptz, 'UTC')
                AND (t.type IN ('session_charge', 'gift_purchase', 'purchase')
                OR (t.type = 'refund' AND t.reference_kind <> 'top_up'))
        ) AS spent ON true
        """,
        list(wallet_ids),
        list(wallet_ids.values()),
        now,
    )
    return {
        row["user_id"]: SenderLimits(
            row["per_consultation_minor"], row["per_day_minor"], row["per_month_minor"], row["today_minor"], row["month_minor"]
        )
        for row in rows
    }
