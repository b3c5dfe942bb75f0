"""The guide's side of a call: a process that has its sound and picture, the signals in both directions, and its reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from config import limits
from config.logging import get_logger
from realtime.media.processes import MediaProcess, MediaProcessRefused, MediaProcessUnreachable

log = get_logger(__name__)
# A live command: its name and payload; the answer `{ok, data}` or `{ok, error}`.
Command = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
MODULE = "realtime.media.demonstration"


class GuideCall:
    """One call, in a process of its own from `run` until that is cancelled. `on_unreachable`: told once when nothing connects."""

    def __init__(
        self, consultation: dict[str, Any], command: Command, on_unreachable: Callable[[], None], *, is_late: bool, log_level: str
    ) -> None:
        self._id = consultation["id"]
        self._consultation = consultation
        self._command = command
        self._on_unreachable = on_unreachable
        # Whoever comes back has lost the other side's earlier signals, and begins anew.
        self._is_late = is_late
        self._log_level = log_level
        self._work: asyncio.Queue[dict[str, Any]] = asyncio.Queue(limits.GUIDE_WAITING)
        self._seen_seq = 0
        self._stage = "new"
        self._told: str | None = None
        self._heard_at: float | None = None
        self._moved_at = time.monotonic()
        self._patience_seconds = limits.GUIDE_PATIENCE_SECONDS
        self._process: MediaProcess | None = None

    @property
    def process_id(self) -> int | None:
        """None while no process runs."""
        return None if self._process is None else self._process.process_id

    def follow(self, consultation: dict[str, Any]) -> None:
        """The newest snapshot: what is shown depends on the clock and on how they talk."""
        self._consultation = consultation
        self._put({"event": "changed"})

    def hear(self, event: dict[str, Any]) -> None:
        """A `signal.received`; the same may come twice."""
        if event["seq"] > self._seen_seq:
            self._seen_seq = event["seq"]
            self._put({"event": "heard", "signal": {name: event[name] for name in ("description", "candidate") if name in event}})

    async def run(self) -> None:
        """Ends by itself only when the process died too often."""
        for number in range(limits.GUIDE_RESTARTS):
            self._process = MediaProcess(MODULE, self._log_level, self._take)
            try:
                await self._carry(is_first=number == 0 and not self._is_late)
            except MediaProcessUnreachable:
                log.warning("guide.media_lost", consultation_id=self._id)
                await self._note("failed")
            finally:
                await self._process.close()
            await asyncio.sleep(limits.GUIDE_RESTART_SECONDS)
        self._on_unreachable()

    async def _take(self, message: dict[str, Any]) -> None:
        self._put(message)

    def _put(self, work: dict[str, Any]) -> None:
        try:
            self._work.put_nowait(work)
        except asyncio.QueueFull:
            log.warning("guide.overrun", event_name=work["event"])

    async def _carry(self, *, is_first: bool) -> None:
        if not await self._open():
            return
        await self._show()
        if not is_first:
            await self._ask("call")
        report_at = time.monotonic()
        while True:
            try:
                work = await asyncio.wait_for(self._work.get(), max(0.0, report_at - time.monotonic()))
            except TimeoutError:
                report_at = time.monotonic() + limits.GUIDE_REPORT_SECONDS
                await self._look()
            else:
                await self._carry_out(work)

    async def _open(self) -> bool:
        renewed = await self._command("media.renew", {"consultation_id": self._id})
        if not renewed["ok"]:
            return False
        ice = renewed["data"]
        await self._ask(
            "open",
            ice_servers=ice["ice_servers"],
            relay_only=ice["ice_transport_policy"] == "relay",
            has_video=self._consultation["type"] == "video",
        )
        return True

    async def _carry_out(self, work: dict[str, Any]) -> None:
        event = work["event"]
        if event == "heard":
            self._heard_at = self._heard_at or time.monotonic()
            self._moved_at = time.monotonic()
            await self._ask("receive", signal=work["signal"])
        elif event == "signal":
            await self._command("signal.send", {"consultation_id": self._id, **work["signal"]})
        elif event == "stage":
            await self._note(work["stage"])
        elif event == "changed":
            await self._show()
        elif event == "lost":
            raise MediaProcessUnreachable

    async def _ask(self, action: str, **fields: Any) -> dict[str, Any]:
        assert self._process is not None
        try:
            return await self._process.ask(action, **fields)
        except MediaProcessRefused:
            # A description that cannot be used; what comes next may be better.
            return {}

    async def _show(self) -> None:
        """Nobody hears or sees anything while the clock stands."""
        is_standing = self._consultation["started_at"] is None or self._consultation["is_paused"]
        await self._ask("show", is_resting=is_standing, has_picture=self._consultation["mode"] == "video")

    async def _note(self, stage: str) -> None:
        self._stage = stage
        self._moved_at = time.monotonic()
        if stage == "connected":
            self._patience_seconds, self._heard_at = limits.GUIDE_PATIENCE_SECONDS, None
            await self._report("connected")
        elif self._told is not None and self._told != (told := "failed" if stage == "failed" else "disconnected"):
            await self._report(told)

    async def _look(self) -> None:
        now = time.monotonic()
        if self._stage == "connected":
            await self._report("connected")
            return
        if self._heard_at is not None and now - self._heard_at > limits.GUIDE_UNREACHABLE_SECONDS:
            self._heard_at = None
            self._on_unreachable()
        if self._consultation["client_present"] and now - self._moved_at > self._patience_seconds:
            self._moved_at = now
            self._patience_seconds = min(2 * self._patience_seconds, limits.GUIDE_PATIENCE_MAXIMUM_SECONDS)
            await self._ask("call")

    async def _report(self, state: str) -> None:
        self._told = state
        report: dict[str, Any] = {"consultation_id": self._id, "state": state}
        if state == "connected":
            stats = await self._ask("stats")
            report["stats"] = {name: value for name, value in stats.items() if value is not None}
        await self._command("media.report", report)
