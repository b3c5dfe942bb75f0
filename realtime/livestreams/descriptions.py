"""The SDP that a publisher or a viewer sends, checked before any engine sees it, and what the server sends back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config import limits
from config.errors import Unprocessable, invalid
from config.fields import Payload, PlainText, View
from realtime.media.signals import check_session_description

_KINDS = (["audio", "video"], ["video"], ["audio"])


def _check_kinds(sdp: str) -> str:
    kinds = sorted(line[2:].split(" ", 1)[0] for line in sdp.splitlines() if line.startswith("m="))
    if kinds not in _KINDS:
        raise ValueError("must have audio once and video once")
    return sdp


Sdp = Annotated[PlainText, Field(min_length=1, max_length=limits.SDP_LENGTH), AfterValidator(check_session_description)]
MediaSdp = Annotated[Sdp, AfterValidator(_check_kinds)]


class LivestreamOffer(Payload):
    """RTCSessionDescriptionInit of the publisher, candidates gathered: sound once and picture once."""

    type: Literal["offer"]
    sdp: MediaSdp


class LivestreamAnswer(Payload):
    """RTCSessionDescriptionInit of a viewer, candidates gathered."""

    type: Literal["answer"]
    sdp: MediaSdp


class AnsweredOffer(View):
    """The server's answer to the publisher, candidates included."""

    type: Literal["answer"] = "answer"
    sdp: str


class OfferedMedia(View):
    """The server's offer to a viewer, candidates included."""

    type: Literal["offer"] = "offer"
    sdp: str


def unusable() -> Unprocessable:
    return invalid([("description.sdp", "cannot be used for this livestream")])
