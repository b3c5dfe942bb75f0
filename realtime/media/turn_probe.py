"""Asks STUN and TURN servers for what a browser would ask them: its own address, or a relay with minted credentials."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from aioice.stun import Class, Message, Method, TransactionError, TransactionFailed, parse_message
from aioice.turn import DEFAULT_CHANNEL_REFRESH_TIME, TurnClientTcpProtocol, TurnClientUdpProtocol

from config import limits
from config.media_settings import TurnSettings
from config.relay_urls import RelayUrl, parse_relay_url
from realtime.media.turn import IceServerView, mint_ice

# Who asks, as the relay sees it: no account has this id.
_NOBODY = UUID(int=0)
_REFUSALS = {
    401: "refuses our credentials; its static-auth-secret must be SOULSEER_TURN__SECRET, and its clock must be right",
    403: "forbids relays to this machine",
    437: "gives no relay: it mixes this machine up with another",
    442: "gives no relays over UDP",
    486: "gives no relay: its quota is reached (user-quota, total-quota)",
    508: "gives no relay: it has no capacity left (ports, bps-capacity)",
}


@dataclass(frozen=True, slots=True)
class RelayFinding:
    """What became of one address of SOULSEER_TURN__URLS, in one line without secrets."""

    url: str
    is_well: bool
    text: str


class _Unwell(Exception):
    """What is wrong, as the operator reads it."""


async def probe_relays(
    turn: TurnSettings,
    *,
    now: datetime,
    seconds: float = limits.RELAY_PROBE_SECONDS,
    tls: ssl.SSLContext | None = None,
) -> Sequence[RelayFinding]:
    """A finding for each address, in their order; all are asked at once, within `seconds`. A relay is given back at once.

    `tls` decides which certificates are accepted; none = those of the system.
    """
    servers = {url: server for server in mint_ice(turn, user_id=_NOBODY, now=now).servers for url in server.urls}
    return await asyncio.gather(*(_probe(parse_relay_url(url), servers[url], seconds, tls) for url in turn.urls))


async def _probe(url: RelayUrl, server: IceServerView, seconds: float, tls: ssl.SSLContext | None) -> RelayFinding:
    client: _Client | None = None
    try:
        async with asyncio.timeout(seconds):
            client = await _connect(url, server, tls)
            text = await (_ask_for_relay(client) if url.is_relay else _ask_for_address(client))
    except TimeoutError:
        return RelayFinding(url.text, False, _explain_silence(client, seconds))
    except _Unwell as problem:
        return RelayFinding(url.text, False, str(problem))
    except (OSError, TransactionError) as error:
        return RelayFinding(url.text, False, _explain(error))
    finally:
        if client is not None:
            client.transport.close()
    return RelayFinding(url.text, True, text)


class _UdpClient(TurnClientUdpProtocol):
    """Remembers what aioice passes over while it waits: refusals without a signature, and that nothing listens there."""

    refusal: int | None = None
    is_unheard = False

    def datagram_received(self, data: bytes | str, addr: tuple[str, int]) -> None:
        self.refusal = _read_refusal(data) or self.refusal
        super().datagram_received(data, addr)

    def error_received(self, exc: Exception) -> None:
        self.is_unheard = isinstance(exc, ConnectionRefusedError)


class _TcpClient(TurnClientTcpProtocol):
    """The same over TCP and TLS."""

    refusal: int | None = None
    is_unheard = False

    def datagram_received(self, data: bytes | str, addr: Any) -> None:
        self.refusal = _read_refusal(data) or self.refusal
        super().datagram_received(data, addr)


_Client: TypeAlias = _UdpClient | _TcpClient


def _read_refusal(data: bytes | str) -> int | None:
    try:
        message = parse_message(data if isinstance(data, bytes) else data.encode())
    except ValueError:
        return None
    return message.error_code if message.message_class is Class.ERROR else None


async def _connect(url: RelayUrl, server: IceServerView, tls: ssl.SSLContext | None) -> _Client:
    loop = asyncio.get_running_loop()
    address = await _resolve(url)
    who = (address, server.username, server.credential, 60, DEFAULT_CHANNEL_REFRESH_TIME)
    client: _Client
    if url.transport == "udp":
        _transport, client = await loop.create_datagram_endpoint(lambda: _UdpClient(*who), remote_addr=address)
        return client
    context = (tls or ssl.create_default_context()) if url.is_encrypted else None
    name = url.host if url.is_encrypted else None
    _stream, client = await loop.create_connection(
        lambda: _TcpClient(*who), address[0], address[1], ssl=context, server_hostname=name
    )
    return client


async def _resolve(url: RelayUrl) -> tuple[str, int]:
    """The first address of the host. A thread of its own: one of the loop's would hold up the end of the program."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[tuple[str, int]] = loop.create_future()

    def settle(result: tuple[str, int] | OSError) -> None:
        if found.done():
            return
        if isinstance(result, OSError):
            found.set_exception(result)
        else:
            found.set_result(result)

    def look_up() -> None:
        result: tuple[str, int] | OSError
        try:
            kind = socket.SOCK_DGRAM if url.transport == "udp" else socket.SOCK_STREAM
            result = (str(socket.getaddrinfo(url.host, url.port, type=kind)[0][4][0]), url.port)
        except OSError as error:
            result = error
        except UnicodeError:
            result = socket.gaierror(url.host)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=look_up, daemon=True).start()
    return await found


async def _ask_for_relay(client: _Client) -> str:
    address, _port = await client.connect()
    is_open = client.integrity_key is None
    with suppress(TransactionError, TimeoutError):
        async with asyncio.timeout(limits.RELAY_RETURN_SECONDS):
            await client.delete()
    if is_open:
        raise _Unwell("gives a relay to anybody without credentials; it needs use-auth-secret")
    if ipaddress.ip_address(address).is_global:
        return "gives a relay"
    return f"gives a relay, at the private address {address}, which only its own network reaches (see external-ip)"


async def _ask_for_address(client: _Client) -> str:
    question = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
    try:
        answer, _address = await client.request(question)
    except TransactionFailed as failed:
        if failed.response.error_code == 401:
            raise _Unwell("wants credentials (secure-stun), which browsers have for turn: and turns: addresses only") from failed
        raise
    if not {"XOR-MAPPED-ADDRESS", "MAPPED-ADDRESS"} & set(answer.attributes):
        raise _Unwell("answers, but without our address")
    return "answers"


def _explain_silence(client: _Client | None, seconds: float) -> str:
    if client is not None and client.refusal is not None and client.refusal not in (401, 438):
        return _explain_code(client.refusal)
    if client is not None and client.is_unheard:
        return "not reachable: nothing listens there"
    return f"no answer within {seconds:g} seconds; is it running, and do firewalls let its port through?"


def _explain(error: OSError | TransactionError) -> str:
    if isinstance(error, TransactionFailed):
        return _explain_code(error.response.error_code)
    if isinstance(error, TransactionError | ConnectionResetError):
        return "no answer that we understand; is it a TURN server?"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "does not speak TLS there"
    if isinstance(error, socket.gaierror):
        return "the name of its host is not known"
    if isinstance(error, ConnectionRefusedError):
        return "not reachable: nothing listens there"
    return f"not reachable ({error.strerror or type(error).__name__})"


def _explain_code(code: int | None) -> str:
    return _REFUSALS.get(code or 0, f"refuses to give a relay, with the code {code}")
