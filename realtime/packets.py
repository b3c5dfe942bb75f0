"""Reading what clients send, totally: every text is passed on, passed over or the end of its connection.

Engine.IO 4 inside, Socket.IO 5 outside. What cannot be understood but carries an acknowledgement id becomes a refusal, so that
the sender is told; binary content has no place in this protocol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import orjson
from socketio.packet import EVENT, Packet

from config import limits
from config.errors import AppError, BadRequest, PayloadTooLarge, UnsupportedMediaType
from realtime.errors import UnknownCommand

# Type, attachments, namespace, acknowledgement id, JSON. A namespace without a comma is followed by nothing.
_PACKET = re.compile(r"([0-6])(?:([0-9]{1,10})-)?(/[^,]*(?:,|\Z))?([0-9]{1,15})?(.*)\Z", re.DOTALL)
# The library's own hooks, which would be called if a client could name them.
_RESERVED_NAMES = frozenset({"connect", "disconnect", "*"})
_CONNECT, _DISCONNECT, _EVENT, _ACK, _CONNECT_ERROR, _BINARY_EVENT, _BINARY_ACK = "0123456"


class Json:
    """orjson with the two functions that python-socketio asks of a JSON module."""

    @staticmethod
    def dumps(value: Any, **_options: object) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str) -> Any:
        return orjson.loads(text)


@dataclass(frozen=True, slots=True)
class Refused:
    """Takes the place of the command's name when a packet could be read only so far as to be answered."""

    error: AppError


class Reading(Enum):
    PASS_ON = auto()
    PASS_OVER = auto()
    END = auto()


def judge_frame(text: str, *, is_connected: bool) -> Reading:
    """What to do with a text frame, before python-socketio sees it. `is_connected`: the peer has been let in."""
    kind = text[:1]
    if kind in ("3", "1"):
        return Reading.PASS_ON
    if kind in ("2", "5", "6"):
        return Reading.PASS_OVER
    match = _PACKET.match(text, 1) if kind == "4" else None
    if match is None or match[1] == _CONNECT_ERROR:
        return Reading.END
    if match[1] == _CONNECT:
        return _judge_connect(match[5])
    if match[1] in (_ACK, _BINARY_ACK) or not is_connected or _namespace(match[3]) is not None:
        return Reading.PASS_OVER
    return Reading.PASS_ON


def _judge_connect(content: str) -> Reading:
    if not content:
        return Reading.PASS_ON
    if is_larger(content, limits.SOCKET_PAYLOAD_BYTES) or is_deeper(content, limits.JSON_DEPTH):
        return Reading.END
    try:
        return Reading.PASS_ON if isinstance(orjson.loads(content), dict) else Reading.END
    except ValueError:
        return Reading.END


def _namespace(text: str | None) -> str | None:
    """None for the default namespace, as python-socketio has it."""
    name = (text or "/").rstrip(",").partition("?")[0]
    return None if name == "/" else name


def is_larger(text: str, maximum_bytes: int) -> bool:
    """Whether the text takes more bytes as UTF-8, which is what was sent."""
    if len(text) * 4 <= maximum_bytes:
        return False
    return len(text) > maximum_bytes or len(text.encode()) > maximum_bytes


def is_deeper(text: str, depth: int) -> bool:
    """Whether JSON nests deeper; brackets inside strings do not count."""
    if text.count("[") + text.count("{") <= depth:
        return False
    level = deepest = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', text):
        if bracket in "[{":
            level += 1
            deepest = max(deepest, level)
        elif bracket in "]}":
            level -= 1
    return deepest > depth


def read_command(content: str) -> list[Any]:
    """`["name", arguments…]`; a Refused in place of the name when it is anything else."""
    if is_larger(content, limits.SOCKET_PAYLOAD_BYTES):
        return [Refused(PayloadTooLarge(f"A payload may have at most {limits.SOCKET_PAYLOAD_BYTES} bytes"))]
    try:
        parsed = orjson.loads(content)
    except ValueError:
        return [Refused(BadRequest("The packet does not hold valid JSON"))]
    if is_deeper(content, limits.JSON_DEPTH):
        return [Refused(BadRequest("The payload is nested too deeply"))]
    if not isinstance(parsed, list) or not parsed or not isinstance(parsed[0], str):
        return [Refused(BadRequest("The packet must hold an array that begins with the command's name"))]
    if parsed[0] in _RESERVED_NAMES:
        return [Refused(UnknownCommand())]
    return parsed


class StrictPacket(Packet):  # type: ignore[misc]  # the library has no types
    """python-socketio's packet, reading by the rules above instead of its own."""

    json = Json

    def decode(self, encoded_packet: object) -> int:
        """Never asks for attachments: binary content is refused, and the frames that follow it are passed over."""
        self.namespace, self.data, self.id = None, None, None
        match = _PACKET.match(encoded_packet) if isinstance(encoded_packet, str) else None
        if match is None:
            self.packet_type, self.data = EVENT, [Refused(UnsupportedMediaType("Binary content is not accepted here"))]
            return 0
        self.packet_type = int(match[1])
        self.namespace = _namespace(match[3])
        self.id = int(match[4]) if match[4] else None
        if match[1] == _BINARY_EVENT:
            self.packet_type, self.data = EVENT, [Refused(UnsupportedMediaType("Binary content is not accepted here"))]
        elif match[1] == _EVENT:
            self.data = read_command(match[5])
        elif match[1] == _CONNECT and match[5]:
            self.data = orjson.loads(match[5])
        return 0
