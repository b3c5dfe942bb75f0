"""The relay's process, started and supervised by the server: DESCRIPTOR OPTIONS, the socket to it and RelayOptions as JSON."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from typing import Any

import orjson

from config import limits
from config.logging import configure_logging
from realtime.media.relay.network import choose_addresses, make_loop
from realtime.media.relay.options import RelayOptions
from realtime.media.relay.service import Service


async def _serve(descriptor: int, options: RelayOptions) -> None:
    control = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_connection(sock=control, limit=limits.RELAY_LINE_BYTES)

    def send(message: dict[str, Any]) -> None:
        if not writer.is_closing():
            writer.write(orjson.dumps(message) + b"\n")

    send({"event": "ready"})
    service = Service(options, send)
    serving = asyncio.ensure_future(service.serve(reader))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, reader.feed_eof)
    await serving
    writer.close()


def main(arguments: list[str]) -> None:
    options = RelayOptions.model_validate_json(arguments[1])
    configure_logging(level=options.log_level, readable=False)
    for noisy in ("aioice", "aiortc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    choose_addresses(options)
    # Ctrl-C goes to the whole group; the server's end tells us when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=lambda: make_loop(options)) as runner:
        runner.run(_serve(int(arguments[0]), options))


if __name__ == "__main__":
    main(sys.argv[1:])
