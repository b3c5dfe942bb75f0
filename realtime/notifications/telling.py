"""The jobs that tell people: what is still true when they run, to everybody it concerns, each person once.

A job that is run again, or twice at a time, finds the rows that are there already and tells nobody a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config import limits
from config.clock import Clock
from realtime.consultations.snapshots import render_person
from realtime.livestreams.events import describe_change
from realtime.notifications.events import NotificationCreatedEvent
from realtime.notifications.jobs import SEND_PUSHES, TELL_EVENT, TELL_FOLLOWERS, TELL_ONLINE, TELL_TURN, online_job
from realtime.notifications.kinds import PUSH_RULES, NotificationKind, default_preference
from realtime.notifications.views import NotificationData, NotifiedLivestream, NotifiedTurn, render_notification
from storage.consultations import Person
from storage.database import Database
from storage.follows import list_connected_followers, list_followers
from storage.jobs import JobHandler, enqueue_job, enqueue_jobs
from storage.livestreams import find_livestream
from storage.notifications import Notification, Told, find_told_livestream, insert_notifications
from storage.push_subscriptions import list_push_targets
from storage.reader_reachability import claim_online_news
from storage.readers import Reader, find_reader
from storage.transaction import Connection, Event, Transaction, user_audience


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell of. `told_of` names it: nobody is told twice of the same."""

    kind: NotificationKind
    data: NotificationData
    told_of: str


@dataclass(frozen=True, slots=True)
class Telling:
    """The jobs' handlers. `secret` signs the addresses that turn a kind off."""

    database: Database
    clock: Clock
    secret: bytes
    currency: str

    def handlers(self) -> dict[str, JobHandler]:
        return {
            TELL_FOLLOWERS: self.tell_followers,
            TELL_EVENT: self.tell_event,
            TELL_ONLINE: self.tell_online,
            TELL_TURN: self.tell_turn,
        }

    async def tell_online(self, job: Mapping[str, Any]) -> None:
        """A reader came back a moment ago: if it has lasted, and was not told lately, the followers are told."""
        reader_id = UUID(job["reader_id"])

        async def decide(tx: Transaction) -> None:
            now = self.clock.now()
            reader = await find_reader(tx, reader_id, now=now)
            if reader is None or not reader.is_listed or reader.status != "online":
                return
            last_told_before = now - timedelta(seconds=limits.ONLINE_TOLD_EVERY_SECONDS)
            if await claim_online_news(tx, reader_id, last_told_before=last_told_before, now=now):
                await online_job(tx, reader_id, told_of=f"reader_online:{reader_id}:{_stamp(now)}")

        await self.database.transact(decide)

    async def tell_followers(self, job: Mapping[str, Any]) -> None:
        """One page of the followers; the next one is a job of the same transaction."""

        async def tell_page(tx: Transaction) -> None:
            now = self.clock.now()
            reader = await find_reader(tx, UUID(job["reader_id"]), now=now)
            news = None if reader is None or not reader.is_listed else await _news_for_followers(tx, reader, job, now)
            if reader is None or news is None:
                return
            if "after_id" not in job:
                await _plan_reminder(tx, news, job, now)
            after_id = UUID(job["after_id"]) if "after_id" in job else None
            followers = await list_followers(tx, reader.id, after_id=after_id, limit=limits.FOLLOWERS_BATCH)
            await self._tell(tx, followers, news, now)
            if len(followers) == limits.FOLLOWERS_BATCH:
                await enqueue_job(tx, TELL_FOLLOWERS, {**job, "after_id": str(followers[-1])})

        await self.database.transact(tell_page)

    async def tell_event(self, job: Mapping[str, Any]) -> None:
        """The event itself, for the pages of followers that have not joined the livestream."""

        async def tell_page(tx: Transaction) -> None:
            now = self.clock.now()
            parts = await find_livestream(tx, UUID(job["livestream_id"]))
            if parts is None or parts.livestream.is_live != (job["change"] == "started"):
                return
            payload = describe_change(parts, currency=self.currency, now=now)
            after_id = UUID(job["after_id"]) if "after_id" in job else None
            size, reader_id = limits.FOLLOWERS_BATCH, parts.livestream.reader_id
            connected = await list_connected_followers(tx, reader_id, after_id=after_id, now=now, limit=size)
            for follower_id in connected:
                tx.emit(Event(f"livestream.{job['change']}", user_audience(follower_id), payload))
            if len(connected) == size:
                await enqueue_job(tx, TELL_EVENT, {**job, "after_id": str(connected[-1])})

        await self.database.transact(tell_page)

    async def tell_turn(self, job: Mapping[str, Any]) -> None:
        """A client's turn in a reader's line came, or was missed."""
        until_at = datetime.fromisoformat(job["until_at"])

        async def tell(tx: Transaction) -> None:
            now = self.clock.now()
            reader = await find_reader(tx, UUID(job["reader_id"]), now=now)
            if reader is None or until_at <= now:
                return
            turn = NotifiedTurn(state=job["state"], type=job["type"], until_at=until_at)
            told_of = f"queue_turn:{job['entry_id']}:{job['state']}:{_stamp(until_at)}"
            news = News("queue_turn", NotificationData(reader=_person(reader), turn=turn), told_of)
            await self._tell(tx, [UUID(job["client_id"])], news, now)

        await self.database.transact(tell)

    async def _tell(self, tx: Transaction, user_ids: Sequence[UUID], news: News, now: datetime) -> None:
        """Rows for everybody, events for who has a page open, jobs for the pushes."""
        data = news.data.model_dump(mode="json")
        preference = default_preference(news.kind)
        told = await insert_notifications(tx, user_ids, preference=preference, data=data, told_of=news.told_of, now=now)
        for one in told:
            if one.in_page and one.is_connected:
                row = Notification(id=one.id, user_id=one.user_id, kind=news.kind, data=data, created_at=now, read_at=None)
                payload = NotificationCreatedEvent(notification=render_notification(row, secret=self.secret), at=now)
                tx.emit(Event("notification.created", user_audience(one.user_id), payload))
        await _enqueue_pushes(tx, [one for one in told if one.by_push], news.kind, now)


async def _news_for_followers(db: Connection, reader: Reader, job: Mapping[str, Any], now: datetime) -> News | None:
    """None when it is not true any more, or would be the next of too many."""
    if job["kind"] == "reader_online":
        return News("reader_online", NotificationData(reader=_person(reader)), job["told_of"])
    livestream = await find_told_livestream(
        db,
        UUID(job["livestream_id"]),
        announced_since=now - timedelta(days=1),
        begun_since=now - timedelta(seconds=limits.LIVE_TOLD_EVERY_SECONDS),
    )
    if livestream is None or livestream.reader_id != reader.id:
        return None
    soon_at = datetime.fromisoformat(job["soon_at"]) if "soon_at" in job else None
    told = NotifiedLivestream(
        id=livestream.id, title=livestream.title, scheduled_at=livestream.scheduled_at, is_soon=soon_at is not None
    )
    data = NotificationData(reader=_person(reader), livestream=told)
    if job["kind"] == "reader_live":
        is_news = livestream.status == "live" and not livestream.begun_before
        return News("reader_live", data, f"reader_live:{livestream.id}") if is_news else None
    if livestream.announced_before >= limits.ANNOUNCED_PER_DAY or livestream.status != "scheduled":
        return None
    if livestream.scheduled_at is None or livestream.scheduled_at <= now:
        return None
    if soon_at is None:
        return News("livestream_coming", data, f"livestream_coming:{livestream.id}")
    is_as_planned = soon_at == livestream.scheduled_at
    # One in an hour of a reader's, whatever they move about and how often.
    hour = int(soon_at.timestamp()) // 3600
    return News("livestream_coming", data, f"livestream_soon:{reader.id}:{hour}") if is_as_planned else None


async def _plan_reminder(tx: Transaction, news: News, job: Mapping[str, Any], now: datetime) -> None:
    """A second word shortly before a coming livestream begins, unless that is right behind the first."""
    livestream = news.data.livestream
    if news.kind != "livestream_coming" or livestream is None or livestream.is_soon or livestream.scheduled_at is None:
        return
    wait_seconds = (livestream.scheduled_at - now).total_seconds() - limits.LIVESTREAM_REMINDER_SECONDS
    if wait_seconds >= limits.LIVESTREAM_REMINDER_EARLIEST_SECONDS:
        reminder = {**job, "soon_at": livestream.scheduled_at.isoformat()}
        await enqueue_job(tx, TELL_FOLLOWERS, reminder, after_seconds=wait_seconds)


async def _enqueue_pushes(tx: Transaction, told: Sequence[Told], kind: str, now: datetime) -> None:
    if not told:
        return
    targets = [[str(notification_id), str(id)] for notification_id, id in await list_push_targets(tx, told, now=now)]
    size = limits.PUSHES_PER_JOB
    jobs = [{"pushes": targets[start : start + size], "tries": 0} for start in range(0, len(targets), size)]
    if jobs:
        await enqueue_jobs(tx, SEND_PUSHES, jobs, priority=int(PUSH_RULES[kind].is_urgent))


def _person(reader: Reader) -> Any:
    return render_person(Person(reader.id, reader.display_name, reader.avatar_upload_id, reader.is_demonstration))


def _stamp(instant: datetime) -> int:
    """Milliseconds since 1970, for names of what is told."""
    return round(instant.timestamp() * 1000)
