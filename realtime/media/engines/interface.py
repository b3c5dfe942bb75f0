"""What every engine can do. One suite of tests (tests/livestreams/engines) is run against all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

EngineName = Literal["embedded", "janus"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the media of one livestream are. `data` is the engine's own, plain JSON: any node finds the place by it."""

    media_id: UUID
    engine: EngineName
    data: dict[str, Any] = field(default_factory=dict)


class EngineFull(Exception):
    """No room for another livestream or another viewer."""


class EngineUnavailable(Exception):
    """It does not answer, or could not be started; worth trying again."""


class PlaceGone(Exception):
    """The place does not exist any more: the publisher must start again, at a new place."""


class DescriptionRefused(Exception):
    """The SDP makes no sense, or offers what is not wanted of it; the sender's fault alone."""


class RecordingUnsupported(Exception):
    """This installation's livestreams are encoded so that they cannot be recorded; see `LivestreamsSettings.can_record`."""


@dataclass(frozen=True, slots=True)
class MediaEvent:
    """Something that happened at a place, unasked.

    `publishing`: the publisher's packets flow; said once for each `publish`. `publisher_gone`: its connection ended without
    `unpublish`. `viewer_gone`: let go of (`reason`: slow, failed); they may ask again. `lost`: the place itself died.
    """

    kind: Literal["publishing", "publisher_gone", "viewer_gone", "lost"]
    media_id: UUID
    viewer: str | None = None
    reason: str | None = None


# Never waits for the engine: answers come the same way.
OnMediaEvent = Callable[[MediaEvent], Awaitable[None]]


class MediaEngine(Protocol):
    """All methods raise EngineUnavailable when the engine does not answer, and PlaceGone where they are given a place.

    SDP goes in and out with its candidates gathered. `viewer` is a name that is unique within the place (a connection's id).
    Ends (`unpublish`, `leave`, `close`) may be said twice, and of what is gone already: they raise nothing.
    """

    name: EngineName

    async def open(self, livestream_id: UUID) -> Place:
        """Make a place. Raises EngineFull."""
        ...

    async def publish(self, place: Place, sdp: str) -> str:
        """Answer the publisher's offer; an earlier publisher's connection ends. Raises DescriptionRefused."""
        ...

    async def unpublish(self, place: Place) -> None: ...

    async def view(self, place: Place, viewer: str) -> str:
        """An offer for a viewer; an earlier connection under the same name ends. Raises EngineFull.

        They see a picture as soon as they have answered, also if they ask before anybody publishes: then when somebody does.
        """
        ...

    async def answer(self, place: Place, viewer: str, sdp: str) -> None:
        """Raises DescriptionRefused, and PlaceGone also when no offer of that viewer waits."""
        ...

    async def leave(self, place: Place, viewer: str) -> None: ...

    async def close(self, place: Place) -> None:
        """Everybody's connection ends and the place is gone."""
        ...

    async def record(self, place: Place, folder: str) -> None:
        """From now on write what is published into WebM parts in this folder, without decoding; ends also with `close`.

        A part is `publisher.PART.UNIX_MILLISECONDS.webm`: parts are counted from 1, also on from what lies there already, and a
        new one begins, with the time at which it does, whenever the publisher was interrupted. While it is written it is locked
        (flock); one that is left unlocked and incomplete, since its process died, is made whole by
        `realtime.media.recording.endings.complete_file`, which changes nothing in one that is. Raises RecordingUnsupported.
        """
        ...

    async def stop_recording(self, place: Place) -> None:
        """Returns once the files are complete."""
        ...

    async def check(self) -> list[str]:
        """For `doctor`: one line for each part of the engine that does not work; empty when all is well."""
        ...

    async def shut_down(self) -> None: ...
