"""Session descriptions that are passed on to Janus: what must be in them before it sees them. Nothing here reads media."""

from __future__ import annotations

import re

from config import limits
from realtime.media.engines.interface import DescriptionRefused

_WHERE = ("a=candidate:", "a=remote-candidates:", "a=end-of-candidates")
_VIDEO_SECTION = re.compile(r"(m=video .*\r\n(?:i=.*\r\n)?(?:c=.*\r\n)?)")
_NEEDED = ("a=fingerprint:", "a=ice-ufrag:", "a=ice-pwd:")


def read_offer(sdp: str) -> str:
    """A publisher's, as Janus is told it: one audio and one video at most, sent once each. Raises DescriptionRefused."""
    sections = _read_sections(sdp)
    kinds = [section[0][2:].split(" ", 1)[0] for section in sections]
    if sorted(kinds) not in (["audio"], ["video"], ["audio", "video"]):
        raise DescriptionRefused("an offer has one audio and one video at most, and nothing else")
    for section in sections:
        if "a=recvonly" in section or "a=inactive" in section:
            raise DescriptionRefused("a publisher sends")
        if any(line.startswith(("a=simulcast", "a=rid:")) for line in section):
            raise DescriptionRefused("a publisher sends one picture")
    return _strip_candidates(sdp)


def read_answer(sdp: str) -> str:
    """A viewer's, as Janus is told it, to an audio and a video. Raises DescriptionRefused."""
    sections = _read_sections(sdp)
    if len(sections) != 2:
        raise DescriptionRefused("an answer has as many sections as its offer")
    if any("a=sendonly" in section or "a=sendrecv" in section for section in sections):
        raise DescriptionRefused("a viewer sends nothing")
    return _strip_candidates(sdp)


def cap_bitrate(sdp: str, kbps: int) -> str:
    """An answer to a publisher with a line that browsers keep to from the first packet on (RFC 8866, section 5.8)."""
    return _VIDEO_SECTION.sub(rf"\g<1>b=AS:{kbps}\r\n", sdp)


def _strip_candidates(sdp: str) -> str:
    """Who it is from comes by themselves; with candidates they could have Janus send to any address."""
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    return "\r\n".join(line for line in lines if not line.startswith(_WHERE)) + "\r\n"


def _read_sections(sdp: str) -> list[list[str]]:
    """The lines of each medium (RFC 8866)."""
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(sdp) > limits.SDP_LENGTH or lines[0] != "v=0" or not all(line[1:2] == "=" for line in lines):
        raise DescriptionRefused("no session description")
    if not all(any(line.startswith(needed) for line in lines) for needed in _NEEDED):
        raise DescriptionRefused("no keys")
    sections: list[list[str]] = []
    for line in lines:
        if line.startswith("m="):
            sections.append([])
        if sections:
            sections[-1].append(line)
    return sections
