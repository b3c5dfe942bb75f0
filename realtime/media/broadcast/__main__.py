"""The process that livestreams pass through: DESCRIPTOR OPTIONS, the socket to its server and BroadcastOptions as JSON."""

from __future__ import annotations

import functools
import sys

from realtime.media.broadcast.options import BroadcastOptions
from realtime.media.broadcast.service import Service
from realtime.media.serving import run_process


def main(arguments: list[str]) -> None:
    options = BroadcastOptions.model_validate_json(arguments[1])
    run_process(int(arguments[0]), options, functools.partial(Service, options))


if __name__ == "__main__":
    main(sys.argv[1:])
