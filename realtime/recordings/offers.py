"""A browser's offer to the relay: checked, stripped of what the relay must not look for, and passed on to whoever holds it."""

from __future__ import annotations

import re

from config import limits
from config.errors import invalid

_CANDIDATE = re.compile(r"a=candidate:\S+ \d+ (\S+) \d+ (\S+) \d+ typ \S+")


def clean_offer(sdp: str) -> str:
    """The offer with the candidates that the relay can use: UDP, addresses instead of names, and only so many.

    A name would have the relay ask around for it; who can be reached by a name alone will reach the relay by itself.
    Raises Unprocessable for anything but one audio and at most one video.
    """
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    kinds = sorted(line[2:].split(" ", 1)[0] for line in lines if line.startswith("m="))
    if kinds not in (["audio"], ["audio", "video"]):
        raise invalid([("description.sdp", "must offer audio once, and video at most once")])
    kept, candidates = [], 0
    for line in lines:
        if line.startswith("a=candidate:"):
            match = _CANDIDATE.match(line)
            is_usable = match is not None and match[1].lower() == "udp" and _is_address(match[2])
            if not is_usable or candidates >= limits.RECORDING_CANDIDATES:
                continue
            candidates += 1
        kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def _is_address(host: str) -> bool:
    return re.fullmatch(r"[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", host) is not None
