"""The back office's doors to the books, the records and the settings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from billing.ledger.check import check_ledger
from config import limits
from config.errors import Unprocessable
from server.features.admin.errors import TooManySettings
from server.features.admin.moderation import change_setting
from server.features.admin.people_routes import ADMINS
from server.features.admin.record_views import (
    AdminTransferPage,
    AuditPage,
    LedgerCheck,
    LedgerDifference,
    Overview,
    SecurityEventPage,
    SettingPage,
    SettingView,
    render_audit_row,
    render_security_event,
    render_setting,
    render_transfer,
)
from server.features.admin.requests import (
    AuditQuery,
    SecurityEventsQuery,
    SettingPayload,
    TransfersQuery,
    check_setting_key,
)
from server.http.pagination import PageQuery, make_page
from server.http.routes import Call, RateLimit, Route
from storage.records import get_day_figures, list_audit_rows, list_security_events, list_transfers
from storage.settings import list_settings

LEDGER_CHECKS = RateLimit("ledger_checks", lambda _settings: limits.LEDGER_CHECKS_PER_MINUTE, 60)


async def get_overview(call: Call[None, None]) -> Overview:
    now, currency = call.clock.now(), call.settings.billing.currency
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    async with call.database.connection() as db:
        day = await get_day_figures(db, since=midnight, currency=currency, now=now)
    return Overview(
        currency=currency,
        live_consultations=day.live_consultations,
        ringing_consultations=day.ringing_consultations,
        online_readers=day.online_readers,
        busy_readers=day.busy_readers,
        pending_readers=day.pending_readers,
        charges_today_minor=day.charges_minor,
        refunds_today_minor=day.refunds_minor,
        top_ups_today_minor=day.top_ups_minor,
        consultations_today=day.consultations,
        registrations_today=day.registrations,
        at=now,
    )


async def list_all_transfers(call: Call[None, TransfersQuery]) -> AdminTransferPage:
    query = call.query
    after = query.after(UUID)
    async with call.database.connection() as db:
        found = await list_transfers(
            db,
            type=query.type,
            state=query.state,
            reference_id=query.reference_id,
            user_id=query.user_id,
            before_id=None if after is None else after[0],
            limit=query.limit + 1,
        )
    page = make_page(found, limit=query.limit, render=render_transfer, key=lambda transfer: (transfer.id,))
    return AdminTransferPage(items=page.items, next_cursor=page.next_cursor)


async def list_audit(call: Call[None, AuditQuery]) -> AuditPage:
    query = call.query
    after = query.after(datetime, UUID)
    async with call.database.connection() as db:
        found = await list_audit_rows(
            db,
            actor_id=query.actor_id,
            action=query.action,
            entity_type=query.entity_type,
            entity_id=query.entity_id,
            before=None if after is None else (after[0], after[1]),
            limit=query.limit + 1,
        )
    page = make_page(found, limit=query.limit, render=render_audit_row, key=lambda row: (row.created_at, row.id))
    return AuditPage(items=page.items, next_cursor=page.next_cursor)


async def list_all_security_events(call: Call[None, SecurityEventsQuery]) -> SecurityEventPage:
    query = call.query
    after = query.after(UUID)
    async with call.database.connection() as db:
        found = await list_security_events(
            db,
            user_id=query.user_id,
            type=query.type,
            before_id=None if after is None else after[0],
            limit=query.limit + 1,
        )
    page = make_page(found, limit=query.limit, render=render_security_event, key=lambda event: (event.id,))
    return SecurityEventPage(items=page.items, next_cursor=page.next_cursor)


async def run_ledger_check(call: Call[None, None]) -> LedgerCheck:
    report = await check_ledger(call.database, call.clock)
    return LedgerCheck(
        ok=report.ok,
        checked_at=report.checked_at,
        differences=[
            LedgerDifference(
                invariant=difference.invariant,
                reference=difference.reference,
                expected_minor=difference.expected_minor,
                found_minor=difference.found_minor,
            )
            for difference in report.differences
        ],
    )


async def list_all_settings(call: Call[None, PageQuery]) -> SettingPage:
    query = call.query
    after = query.after(str)
    async with call.database.connection() as db:
        found = await list_settings(db, after_key=None if after is None else after[0], limit=query.limit + 1)
    page = make_page(found, limit=query.limit, render=render_setting, key=lambda setting: (setting.key,))
    return SettingPage(items=page.items, next_cursor=page.next_cursor)


async def set_setting(call: Call[SettingPayload, None]) -> SettingView:
    key = check_setting_key(call.path_text("key"))
    setting = await call.database.transact(lambda tx: change_setting(tx, call.caller, key, call.payload, now=call.clock.now()))
    return render_setting(setting)


RECORD_ROUTES = (
    Route(
        method="GET",
        path="/admin/overview",
        handler=get_overview,
        summary="What runs now, and today's money",
        tag="admin",
        answer=Overview,
        roles=ADMINS,
        permission="overview.read",
    ),
    Route(
        method="GET",
        path="/admin/transfers",
        handler=list_all_transfers,
        summary="The ledger's transfers with their entries, newest first",
        tag="admin",
        query=TransfersQuery,
        answer=AdminTransferPage,
        roles=ADMINS,
        permission="ledger.read",
        errors=(Unprocessable,),
    ),
    Route(
        method="GET",
        path="/admin/ledger/check",
        handler=run_ledger_check,
        summary="Whether the whole ledger adds up, at one instant",
        tag="admin",
        answer=LedgerCheck,
        roles=ADMINS,
        permission="ledger.read",
        rate_limit=LEDGER_CHECKS,
    ),
    Route(
        method="GET",
        path="/admin/audit",
        handler=list_audit,
        summary="Who did what to which thing, newest first",
        tag="admin",
        query=AuditQuery,
        answer=AuditPage,
        roles=ADMINS,
        permission="audit.read",
        errors=(Unprocessable,),
    ),
    Route(
        method="GET",
        path="/admin/security-events",
        handler=list_all_security_events,
        summary="Logins, failures, changed passwords …, newest first",
        tag="admin",
        query=SecurityEventsQuery,
        answer=SecurityEventPage,
        roles=ADMINS,
        permission="audit.read",
        errors=(Unprocessable,),
    ),
    Route(
        method="GET",
        path="/admin/settings",
        handler=list_all_settings,
        summary="What admins have set, by key",
        tag="admin",
        query=PageQuery,
        answer=SettingPage,
        roles=ADMINS,
        permission="settings.change",
        errors=(Unprocessable,),
    ),
    Route(
        method="PUT",
        path="/admin/settings/{key}",
        handler=set_setting,
        summary="Set a value",
        tag="admin",
        payload=SettingPayload,
        answer=SettingView,
        roles=ADMINS,
        permission="settings.change",
        errors=(TooManySettings,),
    ),
)
