"""aiohttp's WebSocket, handing each text frame over the moment its parser has it, without a queue and a task in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
from aiohttp._websocket.writer import WebSocketWriter

from config import limits

# Takes a text frame and says so; what it does not take goes the usual way, through `receive`. Must not raise.
TakeText = Callable[[str], bool]

_QUEUE_BYTES = 64 * 1024


class DirectQueue(WebSocketDataQueue):  # type: ignore[misc, unused-ignore]  # compiled
    """Where aiohttp's parser puts messages."""

    take_text: TakeText

    def feed_data(self, data: Any, size: int) -> None:
        if data[0] is not WSMsgType.TEXT or not self.take_text(data[1]):
            super().feed_data(data, size)


class DirectWebSocket(web.WebSocketResponse):
    """A server's WebSocket without compression, with `take_text` in front of its queue."""

    def __init__(self, take_text: TakeText) -> None:
        super().__init__(
            max_msg_size=limits.SOCKET_TRANSPORT_BYTES, compress=False, autoping=False, timeout=limits.SOCKET_CLOSE_SECONDS
        )
        self._take_text = take_text

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        """What the class above does, with our queue; there is no heartbeat to start."""
        self._ws_protocol = protocol
        self._writer = writer
        assert self._loop is not None
        queue = DirectQueue(request._protocol, _QUEUE_BYTES, loop=self._loop)
        queue.take_text = self._take_text
        self._reader = queue
        self._parser = WebSocketReader(queue, self._max_msg_size, compress=False, decode_text=True)
        request.protocol.set_parser(self._parser, data_received_cb=None)
        request.protocol.keep_alive(False)
