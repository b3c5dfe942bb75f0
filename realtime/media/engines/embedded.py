"""The engine that needs nothing else: livestreams pass through a process of this server's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from config import limits
from config.ids import new_id
from realtime.media.broadcast.options import BroadcastOptions
from realtime.media.engines.interface import (
    DescriptionRefused,
    EngineFull,
    EngineName,
    EngineUnavailable,
    MediaEvent,
    OnMediaEvent,
    Place,
    PlaceGone,
    RecordingUnsupported,
)
from realtime.media.processes import MediaProcess, MediaProcessRefused, MediaProcessUnreachable

_REFUSALS: dict[str, type[Exception]] = {
    "full": EngineFull,
    "no_such_place": PlaceGone,
    "no_offer": PlaceGone,
    "description_refused": DescriptionRefused,
    "unsupported": RecordingUnsupported,
}


class EmbeddedEngine:
    """Places exist on this node alone, and no longer than its process; a new one is started by whatever is asked next."""

    name: EngineName = "embedded"

    def __init__(self, options: BroadcastOptions, on_event: OnMediaEvent) -> None:
        self._on_event = on_event
        self._process = MediaProcess("realtime.media.broadcast", options.model_dump_json(), self._take)
        self._open: set[UUID] = set()

    @property
    def process_id(self) -> int | None:
        """None while none runs."""
        return self._process.process_id

    async def open(self, livestream_id: UUID) -> Place:
        place = Place(new_id(), "embedded")
        self._open.add(place.media_id)
        try:
            await self._ask("open", place)
        except BaseException:
            self._open.discard(place.media_id)
            raise
        return place

    async def publish(self, place: Place, sdp: str) -> str:
        return str((await self._ask("publish", place, sdp=_check_length(sdp)))["sdp"])

    async def unpublish(self, place: Place) -> None:
        await self._end("unpublish", place)

    async def view(self, place: Place, viewer: str) -> str:
        return str((await self._ask("view", place, viewer=viewer))["sdp"])

    async def answer(self, place: Place, viewer: str, sdp: str) -> None:
        await self._ask("answer", place, viewer=viewer, sdp=_check_length(sdp))

    async def leave(self, place: Place, viewer: str) -> None:
        await self._end("leave", place, viewer=viewer)

    async def close(self, place: Place) -> None:
        try:
            await self._end("close", place)
        finally:
            self._open.discard(place.media_id)

    async def record(self, place: Place, folder: str) -> None:
        await self._ask("record", place, folder=folder)

    async def stop_recording(self, place: Place) -> None:
        await self._end("stop_recording", place)

    async def check(self) -> list[str]:
        try:
            problems: list[str] = (await self._process.ask("check"))["problems"]
        except (MediaProcessUnreachable, MediaProcessRefused):
            return ["the process that livestreams pass through could not be started"]
        return problems

    async def shut_down(self) -> None:
        await self._process.close()

    async def _ask(self, action: str, place: Place, **fields: Any) -> dict[str, Any]:
        if place.media_id not in self._open:
            raise PlaceGone
        try:
            return await self._process.ask(action, place=str(place.media_id), **fields)
        except MediaProcessUnreachable as error:
            raise EngineUnavailable from error
        except MediaProcessRefused as error:
            raise _REFUSALS.get(str(error), EngineUnavailable) from error

    async def _end(self, action: str, place: Place, **fields: Any) -> None:
        try:
            await self._ask(action, place, **fields)
        except PlaceGone:
            return

    async def _take(self, message: dict[str, Any]) -> None:
        if message["event"] == "lost":
            gone, self._open = self._open, set()
            for media_id in gone:
                await self._on_event(MediaEvent("lost", media_id))
            return
        media_id = UUID(message["place"])
        if media_id in self._open:
            await self._on_event(MediaEvent(message["event"], media_id, message.get("viewer"), message.get("reason")))


def _check_length(sdp: str) -> str:
    if len(sdp) > limits.SDP_LENGTH:
        raise DescriptionRefused
    return sdp
