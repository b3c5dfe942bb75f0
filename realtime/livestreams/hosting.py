"""The livestreams whose media this server process carries: it keeps its engine in step with the database, twice a second.

Everything that can happen to a livestream or to who watches it (an end, a pause, a login that ended, through whichever process)
changes rows; those are followed, so that nothing has to be told. What the engine tells is written down by the same round.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from config.settings import Settings
from realtime.consultations.clock import Moment
from realtime.livestreams.life import picture_came, place_lost, publisher_lost
from realtime.livestreams.places import HeldPlace, Places
from realtime.livestreams.recordings import recording_began, recording_refused
from realtime.livestreams.stowing import check_space, name_folder
from realtime.media.engines.interface import (
    EngineName,
    EngineUnavailable,
    MediaEngine,
    MediaEvent,
    OnMediaEvent,
    Place,
    PlaceGone,
    RecordingUnsupported,
)
from realtime.node_calls import NodeCalls
from realtime.presence import Node
from storage.database import Database
from storage.livestream_viewers import list_departed_viewers
from storage.livestreams import HostedLivestream, Livestream, LivestreamParts, list_hosted, lock_livestream
from storage.transaction import Transaction

log = get_logger(__name__)
MakeEngine = Callable[[Settings, OnMediaEvent], MediaEngine]
Change = Callable[[Transaction, LivestreamParts, UUID, Moment], Awaitable[LivestreamParts]]


@dataclass(frozen=True, slots=True)
class Published:
    """A publisher's offer was answered; `node_id` is the process that holds the place."""

    place: Place
    node_id: UUID
    sdp: str


class LivestreamHost:
    """One per server process. No engine runs before the first livestream needs one."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        node: Node,
        calls: NodeCalls,
        make_engine: MakeEngine,
        recording_folder: Path,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._node = node
        self._recording_folder = recording_folder
        # Told when what was recorded at a place is complete, with the name of its folder.
        self.on_recorded: Callable[[str], None] | None = None
        self._wake = asyncio.Event()
        # Something could not be written down, or a place was lost: the next round finds it in the database.
        self._has_loose_ends = False
        self.places = Places(engine=make_engine(settings, self._on_event), node=node, calls=calls)

    @property
    def recorded_folders(self) -> frozenset[str]:
        """Of the places that are here, written or about to be."""
        return frozenset(_folder_of(held) for held in self.places.held.values())

    def wake(self) -> None:
        """Something changed just now: do not wait for the next round."""
        self._wake.set()

    @asynccontextmanager
    async def publishing(self, livestream: Livestream, sdp: str) -> AsyncIterator[Published]:
        """The publisher's offer is answered where the media are already, or at a new place here; write it down inside.

        A new place that is not written down is closed again.
        Raises DescriptionRefused (then nothing has changed), EngineFull, EngineUnavailable.
        """
        async with self._claimed(livestream):
            known = await self._publish_again(livestream, sdp)
            if known is not None:
                yield known
                self.wake()
                return
        place = await self.places.open(livestream.id)
        held = self.places.held[place.media_id]
        is_written = False
        try:
            yield Published(place, self._node.id, await self.places.publish(place, self._node.id, sdp))
            is_written = True
        finally:
            held.claims -= 1
            if not is_written:
                await self._close(held)
            self.wake()

    @asynccontextmanager
    async def _claimed(self, livestream: Livestream) -> AsyncIterator[None]:
        """Meanwhile the place of its media, where it is held here, is left alone by the rounds."""
        held = None if livestream.media_id is None else self.places.held.get(livestream.media_id)
        if held is None:
            yield
            return
        held.claims += 1
        try:
            yield
        finally:
            held.claims -= 1

    async def _publish_again(self, livestream: Livestream, sdp: str) -> Published | None:
        """At the place where its media are; None where there is none, or it does not answer."""
        if livestream.media_id is None or livestream.media_node_id is None:
            return None
        engine: EngineName = "janus" if livestream.media_engine == "janus" else "embedded"
        place = Place(livestream.media_id, engine, livestream.media_place or {})
        try:
            answer = await self.places.publish(place, livestream.media_node_id, sdp)
        except (PlaceGone, EngineUnavailable):
            return None
        return Published(place, livestream.media_node_id, answer)

    async def run(self) -> None:
        """Until cancelled; a failed round is logged and the next makes up for it."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), limits.LIVESTREAM_ROUND_SECONDS)
            self._wake.clear()
            if not self.places.held and not self._has_loose_ends:
                continue
            self._has_loose_ends = False
            try:
                await self.keep_in_step()
            except AppError as error:
                self._has_loose_ends = True
                log.warning("livestream.round_failed", code=error.code)
            except Exception:
                self._has_loose_ends = True
                log.exception("livestream.round_failed")

    async def close(self) -> None:
        """Everybody's media end; who published starts again at another process, or at this one once it is back."""
        self.places.held.clear()
        await self.places.engine.shut_down()

    async def keep_in_step(self) -> None:
        """One round."""
        watched = [(held, held.since, dict(held.viewers)) for held in self.places.held.values() if held.claims == 0]
        viewers = [(held.livestream_id, viewer) for held, _since, offered in watched for viewer in offered]
        now = self._clock.now()
        async with self._database.connection() as db:
            hosted = {row.media_id: row for row in await list_hosted(db, self._node.id, now=now)}
            departed = await list_departed_viewers(db, viewers, now=now)
        for held, since, offered in watched:
            row = hosted.get(held.place.media_id)
            if row is None:
                await self._close(held)
                continue
            if held.claims == 0 and held.since == since:
                await self._follow(held, row)
            for viewer, offered_at in offered.items():
                # Whoever has come back since the database was asked stays.
                if (held.livestream_id, viewer) in departed and held.viewers.get(viewer) == offered_at:
                    await self._carry_out(self.places.let_go(held, viewer))
        for row in hosted.values():
            if row.media_id not in self.places.held:
                await self._change(row.livestream_id, row.media_id, place_lost)

    async def _follow(self, held: HeldPlace, row: HostedLivestream) -> None:
        if held.connects_too_long or (row.has_publisher_login_ended and held.is_settled and held.publisher != "gone"):
            await self._carry_out(self.places.unpublish(held))
        if row.is_recorded and held.recording == "no":
            await self._record(held)
        if held.publisher == "flowing" and not row.is_seen:
            await self._change(row.livestream_id, row.media_id, picture_came)
        elif held.publisher == "gone" and not row.is_paused:
            await self._change(row.livestream_id, row.media_id, publisher_lost)

    async def _record(self, held: HeldPlace) -> None:
        """Before the first packet comes, where it can be. An engine that does not answer is asked again by the next round."""
        try:
            await asyncio.to_thread(check_space, self._recording_folder)
            await self.places.engine.record(held.place, str((self._recording_folder / _folder_of(held)).resolve()))
        except (RecordingUnsupported, OSError) as error:
            log.error("livestream.not_recorded", error=type(error).__name__)
            held.recording = "refused"
            await self._change(held.livestream_id, held.place.media_id, recording_refused)
        except (EngineUnavailable, PlaceGone) as error:
            log.warning("livestream.engine_failed", error=type(error).__name__)
        else:
            held.recording = "yes"
            await self._change(held.livestream_id, held.place.media_id, recording_began)

    async def _close(self, held: HeldPlace) -> None:
        await self._carry_out(self.places.close(held))
        self._tell_recorded(held)

    def _tell_recorded(self, held: HeldPlace) -> None:
        if held.recording == "yes" and self.on_recorded is not None:
            self.on_recorded(_folder_of(held))

    async def _carry_out(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (EngineUnavailable, PlaceGone) as error:
            log.warning("livestream.engine_failed", error=type(error).__name__)

    async def _change(self, livestream_id: UUID, media_id: UUID, change: Change) -> None:
        """One that fails does not hold up the others."""
        moment = Moment(self._clock.now(), self._settings)

        async def locked(tx: Transaction) -> None:
            parts = await lock_livestream(tx, livestream_id)
            if parts is not None and parts.livestream.is_live:
                await change(tx, parts, media_id, moment)

        try:
            await self._database.transact(locked)
        except AppError as error:
            self._has_loose_ends = True
            log.warning("livestream.not_changed", livestream_id=str(livestream_id), code=error.code)

    async def _on_event(self, event: MediaEvent) -> None:
        """Never waits: the engine's answers come the same way."""
        held = self.places.take_event(event)
        if held is not None and event.kind != "viewer_gone":
            self._has_loose_ends = True
            self.wake()
        if held is not None and event.kind == "lost":
            self._tell_recorded(held)


def _folder_of(held: HeldPlace) -> str:
    return name_folder(held.livestream_id, held.place.media_id)
