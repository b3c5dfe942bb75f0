"""A program of its own: runs the payment stand-in's module unchanged, with its state and its socket where we want them.

Left alone, that module writes its state to one fixed path in a folder that everybody may write to, reads it from there
with pickle, and listens on every address. Run by path with `python -I`, so it imports the standard library only:
MODULE FIXED_STATE_PATH STATE_PATH LISTENER_DESCRIPTOR
"""

from __future__ import annotations

import builtins
import io
import os
import runpy
import socket
import sys
import threading
from typing import Any


def main(arguments: list[str]) -> None:
    module, fixed_state_path, state_path, listener = arguments
    end_with_parent()
    keep_state(fixed_path=fixed_state_path, path=state_path)
    port = give_listener(int(listener))
    sys.argv = [module, "--port", str(port)]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_with_parent() -> None:
    """End as soon as nobody holds the other end of standard input: the parent is gone, whatever took it."""

    def wait_for_end_of_input() -> None:
        while os.read(0, 4096):
            pass
        os._exit(0)

    threading.Thread(target=wait_for_end_of_input, daemon=True).start()


class WholeFile(io.BytesIO):
    """Replaces the file at `path` in one step when it is closed, so that being killed leaves the old state or the new."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        if not self.closed:
            scratch = self._path + ".new"
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.getvalue())
            os.replace(scratch, self._path)
        super().close()


def keep_state(*, fixed_path: str, path: str) -> None:
    """Have `open(fixed_path)` read and write `path` instead."""
    really_open = builtins.open

    def open_elsewhere(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if file != fixed_path:
            return really_open(file, mode, *arguments, **options)
        return WholeFile(path) if "w" in mode else really_open(path, mode, *arguments, **options)

    builtins.open = open_elsewhere


def give_listener(descriptor: int) -> int:
    """Let the first socket that the module makes be the one we were started with, bound to loopback; its port."""
    plain_socket = socket.socket

    class GivenSocket(plain_socket):  # type: ignore[misc,valid-type]
        def __init__(self, *_: object) -> None:
            socket.socket = plain_socket  # type: ignore[misc]
            super().__init__(fileno=descriptor)

        def bind(self, _address: object) -> None:
            """Bound already."""

    socket.socket = GivenSocket  # type: ignore[misc,assignment]
    with plain_socket(fileno=os.dup(descriptor)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
