"""A browser's offer to the relay: checked, and stripped of where the relay should look for the browser."""

from __future__ import annotations

from config.errors import invalid

_WHERE = ("a=candidate:", "a=remote-candidates:", "a=end-of-candidates")


def clean_offer(sdp: str) -> str:
    """The offer without any candidate: the relay's address is in the answer, the browser comes to it, and is answered there.

    With them a participant could have the relay send to any address, those of the operator's own network included. That there are
    no more is left out too, or the relay would give up before anybody came.
    Raises Unprocessable for anything but one audio and at most one video.
    """
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    kinds = sorted(line[2:].split(" ", 1)[0] for line in lines if line.startswith("m="))
    if kinds not in (["audio"], ["audio", "video"]):
        raise invalid([("description.sdp", "must offer audio once, and video at most once")])
    return "\r\n".join(line for line in lines if not line.startswith(_WHERE)) + "\r\n"
