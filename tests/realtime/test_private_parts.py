"""The libraries' private parts that realtime/direct leans on: when a new version moves one, this says which, and what to look at.

A digest that differs is no failure of the library: read the new source, adapt realtime/direct if it has to be, and write down the
new digest. The tests of the live door, which run on both paths, tell whether it still works.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import engineio
import pytest
import socketio
from aiohttp import web
from aiohttp._websocket.reader import WebSocketReader
from aiohttp.web_protocol import RequestHandler
from engineio.async_drivers import aiohttp as driver
from engineio.async_socket import AsyncSocket
from socketio.base_manager import BaseManager
from socketio.packet import Packet

from tests.realtime.test_direct_path import make_queue, make_reader

# What of it we mirror or replace, and where.
LEANED_UPON: dict[str, tuple[Callable[..., Any], str]] = {
    "DirectWebSocket._post_start mirrors it": (web.WebSocketResponse._post_start, "5537cb3f2ecae6ed"),
    "our parser is set through it": (RequestHandler.set_parser, "bb548eb2b85d5c28"),
    "next_frame reads with it": (web.WebSocketResponse.receive, "7ba90b3668b041b1"),
    "Wire.end closes with it": (web.WebSocketResponse.close, "2d0acd02fdef1edd"),
    "DirectEngine._handle_connect replaces it": (engineio.AsyncServer._handle_connect, "5bd7edc1d1ae115a"),
    "DirectEngine serves what it lets through": (engineio.AsyncServer.handle_request, "1a8c878e35166cfe"),
    "DirectWire.send is called by it": (engineio.AsyncServer.send_packet, "c54317440865030d"),
    "PlainWire stands in for it": (driver.WebSocket, "96fbcb0d1f45694a"),
    "PlainWire is read by it": (AsyncSocket._websocket_handler, "27f120df4d717a24"),
    "DirectRooms.emit replaces it": (socketio.AsyncManager.emit, "01ccd5b82b4f955e"),
    "DirectRooms keeps membership beside it": (BaseManager.basic_enter_room, "3f509586d2d7f47e"),
    "DirectRooms keeps membership beside it, too": (BaseManager.basic_leave_room, "e27f3eea06d1c6a6"),
    "DirectRooms.basic_disconnect replaces it": (BaseManager.basic_disconnect, "2933b50bc4b2ea7b"),
    "DirectWire hands it what it does not take": (socketio.AsyncServer._handle_eio_message, "bef50fc0e1635921"),
    "the gateway's connect handler is called by it": (socketio.AsyncServer._handle_connect, "c97c480cf777de36"),
    "StrictPacket replaces its reading": (Packet.decode, "61ad7904b539f472"),
    "StrictPacket is made by it": (Packet.__init__, "5fe2fa797e082c1d"),
}


def digest(part: Callable[..., Any]) -> str:
    return hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16]


@pytest.mark.parametrize("reason", LEANED_UPON)
def test_a_private_part_is_as_we_know_it(reason: str) -> None:
    part, known = LEANED_UPON[reason]
    assert digest(part) == known, f"{part.__qualname__} has changed: {reason}"


def test_aiohttps_parser_calls_our_queue() -> None:
    """It is compiled; a version that calls past a subclass would silently turn the direct path off."""
    messages: list[Any] = []
    make_reader(messages).feed_data(b"\x81\x05hello\x81\x02yo")
    assert [message[1] for message in messages] == ["hello", "yo"]


async def test_what_our_queue_does_not_take_goes_the_usual_way() -> None:
    queue = make_queue(lambda text: text == "taken")
    reader = WebSocketReader(queue, 1 << 20, compress=False, decode_text=True)
    reader.feed_data(b"\x81\x05taken\x81\x04left\x82\x01\x00")
    assert [(await queue.read()).data for _ in range(2)] == ["left", b"\x00"]


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (socketio.AsyncServer(async_mode="aiohttp"), ["eio", "manager", "reason", "environ", "_engineio_server_class"]),
        (engineio.AsyncServer(async_mode="aiohttp"), ["sockets", "_async", "_trigger_event", "generate_id", "ping_interval"]),
        (socketio.AsyncManager(), ["rooms", "callbacks", "pending_connect", "pending_disconnect"]),
    ],
    ids=["server", "engine", "rooms"],
)
def test_the_attributes_we_use_are_there(owner: object, names: list[str]) -> None:
    assert [name for name in names if not hasattr(owner, name)] == []
