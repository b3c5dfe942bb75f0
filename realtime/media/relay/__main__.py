"""The relay's process, started and supervised by the server: DESCRIPTOR OPTIONS, the socket to it and RelayOptions as JSON."""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
import sys

from config.logging import configure_logging
from realtime.media.processes import serve_parent
from realtime.media.relay.network import choose_addresses, make_loop
from realtime.media.relay.options import RelayOptions
from realtime.media.relay.service import Service


def main(arguments: list[str]) -> None:
    options = RelayOptions.model_validate_json(arguments[1])
    configure_logging(level=options.log_level, readable=False)
    for noisy in ("aioice", "aiortc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    choose_addresses(options)
    # Ctrl-C goes to the whole group; the server's end tells us when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=lambda: make_loop(options)) as runner:
        runner.run(serve_parent(int(arguments[0]), functools.partial(Service, options)))


if __name__ == "__main__":
    main(sys.argv[1:])
