"""The places of livestreams' media: those that this process holds through its engine, and the way to those that others hold.

Nothing here knows the database: what is held is compared with it in hosting.py.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from uuid import UUID

from config import limits
from config.logging import get_logger
from realtime.media.engines.interface import (
    DescriptionRefused,
    EngineFull,
    EngineUnavailable,
    MediaEngine,
    MediaEvent,
    Place,
    PlaceGone,
)
from realtime.node_calls import Fields, NodeCalls, NodeRefused, NodeUnreachable
from realtime.presence import Node
from storage.livestreams import Livestream

log = get_logger(__name__)
Result = TypeVar("Result")

# What an engine refuses with, by the word that crosses between nodes.
_REFUSALS: dict[str, type[Exception]] = {
    "full": EngineFull,
    "unavailable": EngineUnavailable,
    "gone": PlaceGone,
    "description": DescriptionRefused,
}
_WORDS = {error: word for word, error in _REFUSALS.items()}

Publisher = Literal["waiting", "flowing", "gone"]


@dataclass(slots=True)
class HeldPlace:
    """`claims`: starts that are under way, which the database need not know of yet; `since`: when somebody last began to publish,
    in seconds of `time.monotonic`."""

    livestream_id: UUID
    place: Place
    claims: int = 0
    publisher: Publisher = "gone"
    since: float = 0.0
    # When each was last offered media, in seconds of `time.monotonic`.
    viewers: dict[str, float] = field(default_factory=dict)
    # Whether what is published here is written to files.
    recording: Literal["no", "yes", "refused"] = "no"

    @property
    def connects_too_long(self) -> bool:
        return self.publisher == "waiting" and time.monotonic() - self.since > limits.LIVESTREAM_CONNECT_SECONDS

    @property
    def is_settled(self) -> bool:
        """Whoever published last, through whichever process, has been written down."""
        return time.monotonic() - self.since > limits.LIVESTREAM_SETTLING_SECONDS


class Places:
    """Methods raise what the engine raises, wherever it is: EngineFull, EngineUnavailable, PlaceGone, DescriptionRefused."""

    def __init__(self, *, engine: MediaEngine, node: Node, calls: NodeCalls) -> None:
        self.engine = engine
        self.held: dict[UUID, HeldPlace] = {}
        self._node = node
        self._calls = calls
        for verb in ("publish", "view", "answer", "leave"):
            calls.serve(f"livestream.{verb}", getattr(self, f"_serve_{verb}"))

    async def open(self, livestream_id: UUID) -> Place:
        """A new place here, claimed by whoever asked for it."""
        place = await self.engine.open(livestream_id)
        self.held[place.media_id] = HeldPlace(livestream_id, place, claims=1)
        return place

    async def publish(self, place: Place, node_id: UUID, sdp: str) -> str:
        """Answer the publisher's offer at a place that the process `node_id` holds."""
        if (held := self.held.get(place.media_id)) is not None:
            return await self._publish(held, sdp)
        return str((await self._ask(node_id, "publish", media_id=str(place.media_id), sdp=sdp))["sdp"])

    async def view(self, livestream: Livestream, viewer: str) -> str:
        """An offer for a viewer."""
        media_id = _media_of(livestream)
        if (held := self.held.get(media_id)) is not None:
            return await self._view(held, viewer)
        return str((await self._ask(livestream.media_node_id, "view", media_id=str(media_id), viewer=viewer))["sdp"])

    async def answer(self, livestream: Livestream, viewer: str, sdp: str) -> None:
        media_id = _media_of(livestream)
        if (held := self.held.get(media_id)) is not None:
            await self.engine.answer(held.place, viewer, sdp)
        else:
            await self._ask(livestream.media_node_id, "answer", media_id=str(media_id), viewer=viewer, sdp=sdp)

    async def leave(self, livestream: Livestream, viewer: str) -> None:
        """Best effort: whoever holds the place looks after who has left by itself."""
        media_id = _media_of(livestream)
        with suppress(EngineUnavailable, PlaceGone):
            if (held := self.held.get(media_id)) is not None:
                await self.let_go(held, viewer)
            else:
                await self._ask(livestream.media_node_id, "leave", media_id=str(media_id), viewer=viewer)

    async def let_go(self, held: HeldPlace, viewer: str) -> None:
        held.viewers.pop(viewer, None)
        await self.engine.leave(held.place, viewer)

    async def unpublish(self, held: HeldPlace) -> None:
        held.publisher = "gone"
        await self.engine.unpublish(held.place)

    async def close(self, held: HeldPlace) -> None:
        self.held.pop(held.place.media_id, None)
        with suppress(PlaceGone):
            await self.engine.close(held.place)

    def take_event(self, event: MediaEvent) -> HeldPlace | None:
        """What an engine says unasked; the place it is about, if it is held here."""
        held = self.held.get(event.media_id)
        if held is None:
            return None
        if event.kind == "publishing":
            held.publisher = "flowing"
        elif event.kind == "publisher_gone":
            held.publisher = "gone"
        elif event.kind == "viewer_gone" and event.viewer is not None:
            held.viewers.pop(event.viewer, None)
        elif event.kind == "lost":
            del self.held[event.media_id]
        return held

    async def _publish(self, held: HeldPlace, sdp: str) -> str:
        before = held.publisher, held.since
        held.publisher, held.since = "waiting", time.monotonic()
        try:
            return await self._with_place(held, self.engine.publish(held.place, sdp))
        except DescriptionRefused:
            # Who published before goes on.
            held.publisher, held.since = before
            raise

    async def _view(self, held: HeldPlace, viewer: str) -> str:
        sdp = await self._with_place(held, self.engine.view(held.place, viewer))
        held.viewers[viewer] = time.monotonic()
        return sdp

    async def _with_place(self, held: HeldPlace, work: Awaitable[Result]) -> Result:
        try:
            return await work
        except PlaceGone:
            self.held.pop(held.place.media_id, None)
            raise

    # Between nodes.

    async def _ask(self, node_id: UUID | None, verb: str, **fields: Any) -> Fields:
        if node_id is None or node_id == self._node.id:
            # It was ours, and is gone.
            raise PlaceGone
        try:
            return await self._calls.ask(node_id, f"livestream.{verb}", **fields)
        except NodeUnreachable:
            raise EngineUnavailable from None
        except NodeRefused as refusal:
            raise _REFUSALS.get(str(refusal), EngineUnavailable) from None

    def _find(self, fields: Fields) -> HeldPlace:
        held = self.held.get(UUID(fields["media_id"]))
        if held is None:
            raise NodeRefused("gone")
        return held

    async def _serve_publish(self, fields: Fields) -> Fields:
        return {"sdp": await _answering(self._publish(self._find(fields), fields["sdp"]))}

    async def _serve_view(self, fields: Fields) -> Fields:
        return {"sdp": await _answering(self._view(self._find(fields), fields["viewer"]))}

    async def _serve_answer(self, fields: Fields) -> Fields:
        await _answering(self.engine.answer(self._find(fields).place, fields["viewer"], fields["sdp"]))
        return {}

    async def _serve_leave(self, fields: Fields) -> Fields:
        await _answering(self.let_go(self._find(fields), fields["viewer"]))
        return {}


def _media_of(livestream: Livestream) -> UUID:
    if livestream.media_id is None:
        raise PlaceGone
    return livestream.media_id


async def _answering(work: Awaitable[Result]) -> Result:
    try:
        return await work
    except tuple(_WORDS) as error:
        raise NodeRefused(_WORDS[type(error)]) from None
