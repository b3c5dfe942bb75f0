"""The relay's process, started and supervised by the server: DESCRIPTOR OPTIONS, the socket to it and RelayOptions as JSON."""

from __future__ import annotations

import functools
import sys

from realtime.media.relay.options import RelayOptions
from realtime.media.relay.service import Service
from realtime.media.serving import run_process


def main(arguments: list[str]) -> None:
    options = RelayOptions.model_validate_json(arguments[1])
    run_process(int(arguments[0]), options, functools.partial(Service, options))


if __name__ == "__main__":
    main(sys.argv[1:])
