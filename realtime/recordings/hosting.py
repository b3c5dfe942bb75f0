"""The recordings that this server process holds: it keeps its relay in step with what the database says, twice a second.

Everything that can happen to a consultation (an end, a pause, a consent withdrawn through another process) changes rows; that is
what is followed, so that nothing has to be told. Offers come through the database too, since a participant may be connected
to another process than the one that holds the relay.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import AppError
from config.ids import new_id
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.media.processes import MediaProcessRefused, MediaProcessUnreachable
from realtime.media.relay.options import relay_options
from realtime.media.relay_process import RelayProcess
from realtime.presence import Node
from realtime.recordings.consent import end_recording, recording_started
from realtime.recordings.errors import RecordingFull, RecordingUnavailable
from storage.consultations import ConsultationParts, lock_parts
from storage.database import Database
from storage.logins import list_ended_logins
from storage.recordings import (
    HostedRecording,
    Offer,
    answer_offer,
    delete_offer,
    find_answer,
    insert_offer,
    list_hosted,
    list_offers,
)
from storage.transaction import Transaction

log = get_logger(__name__)
# Takes over the folder of a recording whose files are complete.
OnClosed = Callable[[UUID], None]


@dataclass(slots=True)
class _Held:
    consultation_id: UUID
    # Until both agreed, the database knows nothing of it yet, and it is held for those who are about to say so.
    is_agreed: bool = False
    claims: int = 0
    is_paused: bool = False
    # By side, the login with which it is connected to the relay.
    logins: dict[str, UUID] = field(default_factory=dict)


class RecordingHost:
    """One per server process. No relay runs, and no media port is open, before the first recording is agreed to."""

    def __init__(
        self, *, settings: Settings, database: Database, clock: Clock, node: Node, folder: Path, on_closed: OnClosed
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._node = node
        self._folder = folder
        self._on_closed = on_closed
        self._held: dict[UUID, _Held] = {}
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._offers_under_way: set[UUID] = set()
        # An end could not be written down: the next round finds it in the database.
        self._has_loose_ends = False
        self.relay = RelayProcess(relay_options(settings.recording, log_level=settings.server.log_level), self._on_event)

    @property
    def held_ids(self) -> frozenset[UUID]:
        return frozenset(self._held)

    async def open(self, recording_id: UUID, consultation_id: UUID) -> None:
        """Make room in the relay before the consent is written down. Raises RecordingUnavailable or RecordingFull."""
        if recording_id in self._held:
            self._held[recording_id].claims += 1
            return
        folder = self._folder / str(recording_id)
        await asyncio.to_thread(self._check_space)
        try:
            await self.relay.ask("open", room=str(recording_id), folder=str(folder.resolve()))
        except MediaProcessRefused as refusal:
            raise (RecordingFull if str(refusal) == "full" else RecordingUnavailable) from None
        except MediaProcessUnreachable:
            raise RecordingUnavailable from None
        self._held.setdefault(recording_id, _Held(consultation_id)).claims += 1

    async def keep(self, recording_id: UUID, consultation_id: UUID) -> None:
        """Both have agreed, and it is written down."""
        held = self._held.get(recording_id)
        if held is None:
            # The relay died in between.
            await self._end(consultation_id, recording_id, "interrupted")
        else:
            held.is_agreed = True

    async def release(self, recording_id: UUID) -> None:
        """After each `open`; what nobody agreed to in the end is given up."""
        held = self._held.get(recording_id)
        if held is None:
            return
        held.claims -= 1
        if not held.is_agreed and held.claims == 0:
            await self._close(recording_id)

    def wake(self) -> None:
        """Something changed just now: do not wait for the next round."""
        self._wake.set()

    async def pass_offer(self, recording_id: UUID, *, side: str, sdp: str, with_video: bool, login_id: UUID) -> str | None:
        """The answer of whichever process holds the recording; None when its relay refused. Raises RecordingUnavailable."""
        offer = Offer(new_id(), recording_id, side, sdp, with_video, login_id)
        await self._database.transact(lambda tx: insert_offer(tx, offer, now=self._clock.now()))
        self.wake()
        try:
            async with asyncio.timeout(limits.RECORDING_ANSWER_SECONDS):
                return await self._await_answer(offer.id)
        except TimeoutError:
            raise RecordingUnavailable from None
        finally:
            async with self._database.connection() as connection:
                await delete_offer(connection, offer.id)

    async def _await_answer(self, offer_id: UUID) -> str | None:
        while True:
            async with self._database.connection() as connection:
                answer, is_refused = await find_answer(connection, offer_id)
            if answer is not None or is_refused:
                return answer
            await asyncio.sleep(limits.RECORDING_ANSWER_POLL_SECONDS)

    async def run(self) -> None:
        """Until cancelled; a failed round is logged and the next makes up for it."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), limits.RECORDING_ROUND_SECONDS)
            self._wake.clear()
            if not self._held and not self._has_loose_ends:
                continue
            self._has_loose_ends = False
            try:
                await self.keep_in_step()
            except AppError as error:
                self._has_loose_ends = True
                log.warning("recording.round_failed", code=error.code)
            except Exception:
                self._has_loose_ends = True
                log.exception("recording.round_failed")

    async def close(self) -> None:
        """The relay completes its files and ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.relay.close()
        self._held.clear()

    async def keep_in_step(self) -> None:
        """One round."""
        agreed = {recording_id for recording_id, held in self._held.items() if held.is_agreed}
        async with self._database.connection() as connection:
            hosted = {row.id: row for row in await list_hosted(connection, self._node.id)}
            offers = await list_offers(connection, list(agreed), limit=limits.RECORDING_OFFERS)
            logins = [login_id for held in self._held.values() for login_id in held.logins.values()]
            ended = await list_ended_logins(connection, logins, now=self._clock.now())
        await self._shut_out(ended)
        for recording_id in agreed - hosted.keys():
            await self._close(recording_id)
        for row in hosted.values():
            await self._follow(row)
        for offer in offers:
            if offer.recording_id in hosted and offer.id not in self._offers_under_way:
                self._offers_under_way.add(offer.id)
                self._spawn(self._answer(offer))

    async def _follow(self, row: HostedRecording) -> None:
        held = self._held.get(row.id)
        if held is None:
            # Agreed to through a relay that is gone.
            await self._end(row.consultation_id, row.id, "interrupted")
            return
        if row.is_paused != held.is_paused:
            held.is_paused = row.is_paused
            await self._ask_relay("hold", room=str(row.id), is_held=row.is_paused)
        waited = self._clock.now() - row.agreed_at
        if row.state == "connecting" and not row.is_paused and waited > timedelta(seconds=limits.RECORDING_CONNECT_SECONDS):
            await self._end(row.consultation_id, row.id, "not_connected")

    async def _shut_out(self, ended: set[UUID]) -> None:
        """Who was logged out hears nothing more through the relay, whatever other device of theirs goes on."""
        for recording_id, held in list(self._held.items()):
            for side in [side for side, login_id in held.logins.items() if login_id in ended]:
                del held.logins[side]
                await self._ask_relay("leave", room=str(recording_id), side=side)

    async def _answer(self, offer: Offer) -> None:
        try:
            answer = None
            if (held := self._held.get(offer.recording_id)) is not None:
                held.logins[offer.side] = offer.login_id
            try:
                found = await self.relay.ask(
                    "connect", room=str(offer.recording_id), side=offer.side, sdp=offer.sdp, with_video=offer.with_video
                )
                answer = str(found["sdp"])
            except MediaProcessRefused:
                log.info("recording.offer_refused", recording_id=str(offer.recording_id))
            await self._database.transact(lambda tx: answer_offer(tx, offer.id, answer))
        except (MediaProcessUnreachable, AppError) as error:
            log.warning("recording.offer_unanswered", error=type(error).__name__)
        finally:
            self._offers_under_way.discard(offer.id)

    async def _close(self, recording_id: UUID) -> None:
        """Nothing is written or forwarded any more; the files go to the store."""
        await self._ask_relay("close", room=str(recording_id))
        self._held.pop(recording_id, None)
        self._on_closed(recording_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_relay(self, action: str, **fields: Any) -> None:
        try:
            await self.relay.ask(action, **fields)
        except (MediaProcessRefused, MediaProcessUnreachable) as error:
            log.warning("recording.relay_failed", action=action, error=type(error).__name__)

    async def _on_event(self, room: str, message: dict[str, Any]) -> None:
        """Never waits: the relay's answers come the same way."""
        event = message["event"]
        if event == "lost":
            lost, self._held = self._held, {}
            for recording_id, held in lost.items():
                self._spawn(self._give_up(held.consultation_id, recording_id, "interrupted"))
        elif (found := self._held.get(UUID(room))) is None:
            return
        elif event == "started":
            self._spawn(self._change(found.consultation_id, UUID(room), recording_started))
        elif event == "failed":
            self._spawn(self._give_up(found.consultation_id, UUID(room), "disk_failed"))

    async def _give_up(self, consultation_id: UUID, recording_id: UUID, reason: str) -> None:
        try:
            await self._end(consultation_id, recording_id, reason)
        except AppError as error:
            self._has_loose_ends = True
            log.warning("recording.not_ended", recording_id=str(recording_id), code=error.code)
        if recording_id in self._held:
            self.wake()
        else:
            self._on_closed(recording_id)

    async def _end(self, consultation_id: UUID, recording_id: UUID, reason: str) -> None:
        async def end(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
            return await end_recording(tx, parts, moment, reason=reason)

        await self._change(consultation_id, recording_id, end)

    async def _change(
        self,
        consultation_id: UUID,
        recording_id: UUID,
        change: Callable[[Transaction, ConsultationParts, Moment], Awaitable[ConsultationParts]],
    ) -> None:
        now: datetime = self._clock.now()

        async def locked(tx: Transaction) -> None:
            parts = await lock_parts(tx, consultation_id)
            if parts is not None and parts.recording is not None and parts.recording.id == recording_id:
                await change(tx, parts, Moment(now, self._settings))

        await self._database.transact(locked)

    def _check_space(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(self._folder).free < limits.RECORDING_FREE_BYTES:
            log.error("recording.disk_full")
            raise RecordingUnavailable
