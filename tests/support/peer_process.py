"""A `MediaPeer` in a process of its own, for a network of its own: requests and what happens go as lines of JSON."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import aioice.stun

from realtime.media.demonstration.peers import PeerStats, SendSignal, Signal
from tests.support.peers import PATIENCE_SECONDS, MediaPeer

_ROOT = Path(__file__).resolve().parents[2]
_LINE_BYTES = 1024 * 1024


class RemotePeer:
    """Does what a `MediaPeer` does; `prefix` is put before the command: `("ip", "netns", "exec", name)`."""

    def __init__(self, process: asyncio.subprocess.Process, send: SendSignal) -> None:
        self.stage = "new"
        self._process = process
        self._send = send
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, send: SendSignal, *, prefix: Sequence[str] = (), **options: Any) -> Self:
        """`options` as `MediaPeer` takes them; `retries`: how often a check is repeated before it has failed."""
        process = await asyncio.create_subprocess_exec(
            *(*prefix, sys.executable, "-m", "tests.support.peer_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=_ROOT,
            limit=_LINE_BYTES,
        )
        self = cls(process, send)
        await self._ask("open", **options)
        return self

    async def call(self) -> None:
        await self._ask("call")

    async def receive(self, signal: Signal) -> None:
        await self._ask("receive", signal=signal)

    async def read_stats(self) -> PeerStats:
        return PeerStats(**await self._ask("read_stats"))

    async def candidate_types(self) -> tuple[str, str]:
        ours, theirs = await self._ask("candidate_types")
        return ours, theirs

    async def wait_for(self, *stages: str, timeout: float = PATIENCE_SECONDS) -> str:
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: self.stage in stages)
            return self.stage

    async def close(self) -> None:
        """Ends the process, also one that does not answer."""
        try:
            async with asyncio.timeout(5):
                assert self._process.stdin is not None
                self._process.stdin.close()
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        finally:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def _ask(self, action: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        number = next(self._numbers)
        self._waiting[number] = answer = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"id": number, "do": action, "with": arguments}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await answer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "signal" in told:
                await self._send(told["signal"])
            elif "stage" in told:
                async with self._changed:
                    self.stage = told["stage"]
                    self._changed.notify_all()
            elif "error" in told:
                self._waiting.pop(told["id"]).set_exception(AssertionError(told["error"]))
            else:
                self._waiting.pop(told["id"]).set_result(told["result"])
        for answer in self._waiting.values():
            answer.set_exception(AssertionError("the peer's process has ended"))


class _Inside:
    """The other end of the lines."""

    def __init__(self) -> None:
        self._peer: MediaPeer | None = None

    async def run(self) -> None:
        reader = asyncio.StreamReader(limit=_LINE_BYTES)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        tasks = []
        async for line in reader:
            tasks.append(asyncio.create_task(self._answer(json.loads(line))))
        if self._peer is not None:
            await self._peer.close()
        await asyncio.gather(*tasks)

    async def _answer(self, request: dict[str, Any]) -> None:
        try:
            result = await self._do(request["do"], request["with"])
        except Exception as error:
            _tell(id=request["id"], error=repr(error))
        else:
            _tell(id=request["id"], result=result)

    async def _do(self, action: str, arguments: dict[str, Any]) -> Any:
        if action == "open":
            aioice.stun.RETRY_MAX = arguments.pop("retries", aioice.stun.RETRY_MAX)
            self._peer = MediaPeer(self._send, on_stage=lambda stage: _tell(stage=stage), **arguments)
            return None
        assert self._peer is not None
        if action == "read_stats":
            return asdict(await self._peer.read_stats())
        if action == "candidate_types":
            return self._peer.candidate_types()
        method: Callable[..., Any] = {"call": self._peer.call, "receive": self._peer.receive}[action]
        return await method(**arguments)

    async def _send(self, signal: Signal) -> None:
        _tell(signal=signal)


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(_Inside().run())
