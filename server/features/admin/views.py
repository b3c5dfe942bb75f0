"""What the back office's doors answer."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.consultations.snapshots import upload_url
from server.features.admin.requests import UserStatus
from server.features.readers.views import Verification
from server.http.pagination import Page
from storage.back_office import Person, PersonFigures
from storage.records import AuditRow, SecurityEvent, TransferRecord
from storage.reviews import Review
from storage.settings import Setting


class NamedPerson(View):
    id: UUID
    display_name: str


class AdminReaderPart(View):
    headline: str | None
    verification: Verification
    verification_reason: str | None
    verified_at: Instant | None
    rating_average: float | None
    rating_count: int


class AdminUser(View):
    """`is_verified` and `reader` are null for who is no reader."""

    id: UUID
    email: str
    username: str | None
    display_name: str
    role: Literal["client", "reader", "admin"]
    status: UserStatus
    status_reason: str | None
    avatar_url: str | None
    is_email_verified: bool
    email_verified_at: Instant | None
    is_verified: bool | None
    reader: AdminReaderPart | None
    time_zone: str
    is_demonstration: bool
    created_at: Instant
    updated_at: Instant


class AdminUserPage(Page[AdminUser]):
    """Newest first."""


class AdminUserDetail(AdminUser):
    """With the person's money and what they do right now."""

    currency: str
    wallet_balance_minor: int | None
    wallet_held_minor: int | None
    earnings_balance_minor: int | None
    consultations_count: int
    live_consultation_id: UUID | None
    open_logins_count: int
    last_used_at: Instant | None


class AdminReview(View):
    id: UUID
    consultation_id: UUID
    client: NamedPerson
    reader: NamedPerson
    rating: int
    comment: str | None
    status: Literal["published", "hidden"]
    created_at: Instant
    updated_at: Instant


class AdminReviewPage(Page[AdminReview]):
    """Newest first."""


class AuditEntry(View):
    """`actor` is null for the service itself."""

    id: UUID
    actor: NamedPerson | None
    action: str
    entity_type: str
    entity_id: str
    before: Any
    after: Any
    ip_address: str | None
    user_agent: str | None
    created_at: Instant


class AuditPage(Page[AuditEntry]):
    """Newest first."""


class SecurityEventView(View):
    id: UUID
    user: NamedPerson | None
    type: str
    payload: Any
    ip_address: str | None
    user_agent: str | None
    created_at: Instant


class SecurityEventPage(Page[SecurityEventView]):
    """Newest first."""


class AdminLedgerAccount(View):
    """`owner` is null for the platform's own accounts."""

    id: int
    kind: str
    owner: NamedPerson | None


class AdminEntry(View):
    ledger_account: AdminLedgerAccount
    amount_minor: int
    balance_after_minor: int | None


class AdminReference(View):
    kind: str
    id: UUID


class AdminTransfer(View):
    """`amount_minor` is the gross amount; the entries sum to zero."""

    id: UUID
    type: str
    state: Literal["pending", "posted", "voided"]
    amount_minor: int
    currency: str
    description: str
    reference: AdminReference
    increment: int | None
    resolves_id: UUID | None
    created_at: Instant
    entries: list[AdminEntry]


class AdminTransferPage(Page[AdminTransfer]):
    """Newest first."""


class SettingView(View):
    key: str
    value: Any
    description: str | None
    updated_by: NamedPerson | None
    updated_at: Instant


class SettingPage(Page[SettingView]):
    """By key."""


class Overview(View):
    """What runs now, and what was booked since midnight UTC."""

    currency: str
    live_consultations: int
    ringing_consultations: int
    online_readers: int
    busy_readers: int
    pending_readers: int
    charges_today_minor: int
    refunds_today_minor: int
    top_ups_today_minor: int
    consultations_today: int
    registrations_today: int
    at: Instant


class LedgerDifference(View):
    invariant: str
    reference: str
    expected_minor: int
    found_minor: int


class LedgerCheck(View):
    """All is well when there are no differences."""

    ok: bool
    checked_at: Instant
    differences: list[LedgerDifference]


def render_user(person: Person) -> AdminUser:
    return AdminUser(**_user(person))


def render_user_detail(person: Person, figures: PersonFigures, *, currency: str) -> AdminUserDetail:
    return AdminUserDetail(
        **_user(person),
        currency=currency,
        wallet_balance_minor=figures.wallet_minor,
        wallet_held_minor=figures.held_minor,
        earnings_balance_minor=figures.earnings_minor,
        consultations_count=figures.consultations,
        live_consultation_id=figures.live_consultation_id,
        open_logins_count=figures.open_logins,
        last_used_at=figures.last_used_at,
    )


def _user(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "username": person.username,
        "display_name": person.display_name,
        "role": person.role,
        "status": person.status,
        "status_reason": person.status_reason,
        "avatar_url": upload_url(person.avatar_upload_id),
        "is_email_verified": person.email_verified_at is not None,
        "email_verified_at": person.email_verified_at,
        "is_verified": None if person.verification is None else person.verification == "verified",
        "reader": _reader_part(person),
        "time_zone": person.time_zone,
        "is_demonstration": person.is_demonstration,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
    }


def _reader_part(person: Person) -> AdminReaderPart | None:
    if person.verification is None or person.rating_count is None or person.rating_sum is None:
        return None
    return AdminReaderPart(
        headline=person.headline,
        verification=person.verification,
        verification_reason=person.verification_reason,
        verified_at=person.verified_at,
        rating_average=round(person.rating_sum / person.rating_count, 2) if person.rating_count else None,
        rating_count=person.rating_count,
    )


def name_person(user_id: UUID | None, display_name: str | None) -> NamedPerson | None:
    return None if user_id is None or display_name is None else NamedPerson(id=user_id, display_name=display_name)


def render_review(review: Review) -> AdminReview:
    return AdminReview(
        id=review.id,
        consultation_id=review.consultation_id,
        client=NamedPerson(id=review.client_id, display_name=review.client_name),
        reader=NamedPerson(id=review.reader_id, display_name=review.reader_name),
        rating=review.rating,
        comment=review.comment,
        status=review.status,
        created_at=review.created_at,
        updated_at=review.updated_at,
    )


def render_audit_row(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        actor=name_person(row.actor_id, row.actor_name),
        action=row.action,
        entity_type=row.entity_type,
        entity_id=row.entity_id,
        before=row.before,
        after=row.after,
        ip_address=row.ip_address,
        user_agent=row.user_agent,
        created_at=row.created_at,
    )


def render_security_event(event: SecurityEvent) -> SecurityEventView:
    return SecurityEventView(
        id=event.id,
        user=name_person(event.user_id, event.user_name),
        type=event.type,
        payload=event.payload,
        ip_address=event.ip_address,
        user_agent=event.user_agent,
        created_at=event.created_at,
    )


def render_transfer(transfer: TransferRecord) -> AdminTransfer:
    return AdminTransfer(
        id=transfer.id,
        type=transfer.type,
        state=transfer.state,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        description=transfer.description,
        reference=AdminReference(kind=transfer.reference_kind, id=transfer.reference_id),
        increment=transfer.increment,
        resolves_id=transfer.resolves_id,
        created_at=transfer.created_at,
        entries=[_render_entry(entry) for entry in transfer.entries],
    )


def _render_entry(entry: dict[str, Any]) -> AdminEntry:
    owner_id = entry["owner_id"]
    owner = None if owner_id is None else name_person(UUID(owner_id), entry["owner_name"])
    return AdminEntry(
        ledger_account=AdminLedgerAccount(id=entry["ledger_account_id"], kind=entry["kind"], owner=owner),
        amount_minor=entry["amount_minor"],
        balance_after_minor=entry["balance_after_minor"],
    )


def render_setting(setting: Setting) -> SettingView:
    return SettingView(
        key=setting.key,
        value=setting.value,
        description=setting.description,
        updated_by=name_person(setting.updated_by, setting.updated_by_name),
        updated_at=setting.updated_at,
    )
