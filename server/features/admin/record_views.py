"""What the back office's doors to the books, the records and the settings answer."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from config.fields import Instant, View
from server.features.admin.views import NamedPerson, name_person
from server.http.pagination import Page
from storage.records import AuditRow, SecurityEvent, TransferRecord
from storage.settings import Setting


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
