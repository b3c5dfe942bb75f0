"""A lean Socket.IO client for load: frames by hand over one asyncio transport, nothing parsed that is not asked for.

It answers pings and acknowledges nothing; frames are masked with a key of zeros, which WebSocket allows and which costs nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import orjson

_UPGRADE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_TEXT, _CLOSE = 1, 8


def client_frame(content: bytes) -> bytes:
    """One masked text frame."""
    size = len(content)
    if size < 126:
        return bytes((0x81, 0x80 | size, 0, 0, 0, 0)) + content
    return b"\x81\xfe" + size.to_bytes(2, "big") + b"\0\0\0\0" + content


class Peer(asyncio.Protocol):
    """One connection. `on_packet` gets every event and acknowledgement as it came, `42…` or `43…`."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_packet: Callable[[bytes], None] = lambda packet: None
        self.is_closed = False
        self._upgrade = _UPGRADE.format(host=host, port=port).encode()
        self._token = token
        self._transport: Any = None
        self._is_open = False
        self._rest = b""

    @classmethod
    async def connect(cls, host: str, port: int, token: str, *, receive_bytes: int | None = None) -> Peer:
        """Raises ConnectionError when the server lets nobody in. `receive_bytes`: what the network holds of what is not read."""
        loop, connecting = asyncio.get_running_loop(), socket.socket()
        connecting.setblocking(False)
        if receive_bytes is not None:
            connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            # As over an Ethernet: with loopback's huge segments, the server's side would hold megabytes for each.
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
        await loop.sock_connect(connecting, (host, port))
        _transport, peer = await loop.create_connection(lambda: cls(host, port, token), sock=connecting)
        async with asyncio.timeout(30):
            await peer.connected
        return peer

    def send(self, content: bytes) -> None:
        self._transport.write(client_frame(content))

    def close(self) -> None:
        self._transport.abort()

    def stop_reading(self) -> None:
        """As a browser does whose tab is frozen: what comes fills the network's buffers, then the server's."""
        self._transport.pause_reading()

    def read_again(self) -> None:
        self._transport.resume_reading()

    async def ask(self, packet: bytes) -> bytes:
        """Send a command and wait for the next acknowledgement."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        before, self.on_packet = self.on_packet, lambda came: answer.set_result(came) if came[:2] == b"43" else None
        self.send(packet)
        async with asyncio.timeout(30):
            result = await answer
        self.on_packet = before
        return result

    # asyncio's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.write(self._upgrade)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        if not self.connected.done():
            self.connected.set_exception(ConnectionError("closed before it was let in"))

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self._is_open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if b" 101 " not in head:
                self.connected.set_exception(ConnectionError(head.decode()))
                return
            self._is_open = True
        at, end = 0, len(data)
        while end - at >= 2:
            size, begin = data[at + 1] & 127, at + 2
            if size > 125:
                width = 2 if size == 126 else 8
                begin += width
                size = int.from_bytes(data[at + 2 : begin], "big")
            if begin + size > end:
                break
            if data[at] & 15 == _TEXT:
                self._take(data[begin : begin + size])
            elif data[at] & 15 == _CLOSE:
                self.close()
            at = begin + size
        self._rest = data[at:]

    def _take(self, packet: bytes) -> None:
        kind = packet[:2]
        if kind in (b"42", b"43"):
            self.on_packet(packet)
        elif kind == b"2":
            self.send(b"3")
        elif kind == b"0{":
            self.send(b"40" + orjson.dumps({"token": self._token}))
        elif kind == b"40":
            self.connected.set_result(None)
        elif kind == b"44":
            self.connected.set_exception(ConnectionError(packet.decode()))
