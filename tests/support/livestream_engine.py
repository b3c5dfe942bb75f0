"""An engine that carries nothing: it remembers who was let in where, and tells what the test has happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from config.ids import new_id
from config.settings import Settings
from realtime.media.engines.interface import (
    DescriptionRefused,
    EngineFull,
    EngineName,
    EngineUnavailable,
    MediaEvent,
    OnMediaEvent,
    Place,
    PlaceGone,
)

OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n"
PUBLISHER_OFFER = OFFER + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
VIEWER_ANSWER = PUBLISHER_OFFER + "a=recvonly\r\n"
# Passes every check of ours, and no engine takes it.
STRANGE = PUBLISHER_OFFER + "a=strange\r\n"


@dataclass
class FakePlace:
    place: Place
    livestream_id: UUID
    publisher: str | None = None
    # By viewer: the offer that waits for an answer, or `answered`.
    viewers: dict[str, str] = field(default_factory=dict)


class FakeEngine:
    """`is_down`: it does not answer. `rooms`, `seats`: how many there may be."""

    name: EngineName = "embedded"

    def __init__(self, on_event: OnMediaEvent) -> None:
        self._on_event = on_event
        self.places: dict[UUID, FakePlace] = {}
        self.is_down = False
        self.rooms = 1_000
        self.seats = 50
        self.opened = 0
        self.closed: list[UUID] = []

    async def open(self, livestream_id: UUID) -> Place:
        self._check()
        if len(self.places) >= self.rooms:
            raise EngineFull
        self.opened += 1
        place = Place(new_id(), "embedded", {"number": self.opened})
        self.places[place.media_id] = FakePlace(place, livestream_id)
        return place

    async def publish(self, place: Place, sdp: str) -> str:
        found = self._find(place)
        if sdp == STRANGE:
            raise DescriptionRefused
        found.publisher = sdp
        return f"{OFFER}a=answer\r\n"

    async def unpublish(self, place: Place) -> None:
        if place.media_id in self.places:
            self.places[place.media_id].publisher = None

    async def view(self, place: Place, viewer: str) -> str:
        found = self._find(place)
        if viewer not in found.viewers and len(found.viewers) >= self.seats:
            raise EngineFull
        found.viewers[viewer] = "offered"
        return f"{OFFER}a=offer\r\n"

    async def answer(self, place: Place, viewer: str, sdp: str) -> None:
        found = self._find(place)
        if found.viewers.get(viewer) != "offered":
            raise PlaceGone
        if sdp == STRANGE:
            raise DescriptionRefused
        found.viewers[viewer] = "answered"

    async def leave(self, place: Place, viewer: str) -> None:
        if place.media_id in self.places:
            self.places[place.media_id].viewers.pop(viewer, None)

    async def close(self, place: Place) -> None:
        if self.places.pop(place.media_id, None) is not None:
            self.closed.append(place.media_id)

    async def record(self, place: Place, folder: str) -> None:
        self._find(place)

    async def stop_recording(self, place: Place) -> None:
        return None

    async def check(self) -> list[str]:
        return ["down"] if self.is_down else []

    async def shut_down(self) -> None:
        self.places.clear()

    # What a test has happen.

    @property
    def only(self) -> FakePlace:
        (place,) = self.places.values()
        return place

    async def flow(self, media_id: UUID) -> None:
        """The publisher's packets arrive."""
        await self._on_event(MediaEvent("publishing", media_id))

    async def lose_publisher(self, media_id: UUID) -> None:
        self.places[media_id].publisher = None
        await self._on_event(MediaEvent("publisher_gone", media_id))

    async def drop_viewer(self, media_id: UUID, viewer: str) -> None:
        self.places[media_id].viewers.pop(viewer)
        await self._on_event(MediaEvent("viewer_gone", media_id, viewer, "slow"))

    async def die(self) -> None:
        """All places are gone at once."""
        lost = list(self.places)
        self.places.clear()
        for media_id in lost:
            await self._on_event(MediaEvent("lost", media_id))

    def _check(self) -> None:
        if self.is_down:
            raise EngineUnavailable

    def _find(self, place: Place) -> FakePlace:
        self._check()
        found = self.places.get(place.media_id)
        if found is None:
            raise PlaceGone
        return found


def make_fake_engine(_settings: Settings, on_event: OnMediaEvent) -> FakeEngine:
    return FakeEngine(on_event)
