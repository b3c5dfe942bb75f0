"""Runs the local payment stand-in (PyPI `localstripe`) as a child process, for when no Stripe key is configured.

It is GPL-3 and therefore never imported: we start it, speak HTTP to it, start it again when it dies, and stop it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import secrets
import socket
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from billing.gateways import stripe_stand_in_process
from config import limits
from config.errors import StartupError
from config.logging import get_logger

logger = get_logger(__name__)

MODULE = "localstripe"
FIXED_STATE_PATH = "/tmp/localstripe.pickle"  # noqa: S108 - never touched: the child is given another file under this name
WEBHOOK_NAME = "soulseer"


@asynccontextmanager
async def run_stripe_stand_in(folder: Path, *, webhook_secret: str) -> AsyncIterator[StripeStandIn]:
    """The stand-in, answering, for as long as the block runs. Its payments are kept in `folder` from one run to the next.

    Raises StartupError when it is not installed or does not come up.
    """
    if importlib.util.find_spec(MODULE) is None:
        raise StartupError(
            "No card payments are possible: set SOULSEER_STRIPE__API_KEY and SOULSEER_STRIPE__WEBHOOK_SECRET,"
            f" or install `{MODULE}` for a local stand-in."
        )
    with contextlib.ExitStack() as stack:
        state_path = _claim_state(folder, stack)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        stand_in = StripeStandIn(listener, state_path, webhook_secret)
        try:
            await stand_in.start()
            yield stand_in
        finally:
            await stand_in.stop()


def _claim_state(folder: Path, stack: contextlib.ExitStack) -> Path:
    """The file to keep payments in: the folder's own, or a passing one while another process uses that."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    stack.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        logger.warning("payments.stand_in.state_in_use", folder=str(folder))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soulseer-payments-")))
    return folder / "state.pickle"


class StripeStandIn:
    """One child process at one address; the address and the webhook secret outlive the child's restarts."""

    def __init__(self, listener: socket.socket, state_path: Path, webhook_secret: str) -> None:
        # We keep the listening socket: while the child is down, calls wait in its backlog instead of failing.
        self._listener = listener
        self._state_path = state_path
        self._webhook_url: str | None = None
        self._last_lines: deque[str] = deque(maxlen=20)
        self._process: asyncio.subprocess.Process | None = None
        self._log_reader: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.api_base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.api_key = "sk_test_" + secrets.token_hex(16)
        self.webhook_secret = webhook_secret

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the child and wait until it answers; a state file that it cannot read is set aside. Raises StartupError."""
        await self._spawn()
        if not await self._await_health():
            await self._end_process()
            if self._state_path.exists():
                logger.warning("payments.stand_in.state_unreadable", kept_as=self._state_path.name + ".unreadable")
                self._state_path.replace(self._state_path.with_name(self._state_path.name + ".unreadable"))
            await self._spawn()
            if not await self._await_health():
                raise StartupError("The payment stand-in did not start: " + " ".join(self._last_lines)[-500:])
        self._keeper = asyncio.create_task(self._keep_running(), name="payments-stand-in")

    async def send_webhooks_to(self, url: str) -> None:
        """Have signed webhooks delivered to `url`, also after the child was started again."""
        self._webhook_url = url
        await self._register_webhook()

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        await self._end_process()

    async def is_healthy(self) -> bool:
        try:
            async with self._http() as http, http.get(self.api_base + "/v1/events?limit=1") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-B", stripe_stand_in_process.__file__),
            *(MODULE, FIXED_STATE_PATH, str(self._state_path.resolve()), str(self._listener.fileno())),
            cwd=self._state_path.parent,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(self._listener.fileno(),),
            start_new_session=True,  # Ctrl-C in the terminal is for us; we stop the child when nothing needs it any more
        )
        self._log_reader = asyncio.create_task(self._read_log(self._process), name="payments-stand-in-log")

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while chunk := await process.stderr.read(4096):
            self._last_lines.extend(chunk.decode(errors="replace").splitlines())

    async def _await_health(self) -> bool:
        """Whether the child answers before it ends and before the time limit."""
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        healthy = asyncio.create_task(self.is_healthy())
        try:
            await asyncio.wait({ended, healthy}, timeout=limits.STAND_IN_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return not ended.done() and healthy.done() and healthy.result()
        finally:
            ended.cancel()
            healthy.cancel()
            await asyncio.gather(ended, healthy, return_exceptions=True)

    async def _keep_running(self) -> None:
        """Start the child again whenever it ends or stops answering."""
        while True:
            assert self._process is not None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), limits.STAND_IN_CHECK_SECONDS)
            if self._process.returncode is None and await self.is_healthy():
                continue
            logger.warning("payments.stand_in.restarting", status=self._process.returncode)
            await self._end_process()
            await self._spawn()
            if await self._await_health():
                await self._register_webhook()
            else:
                await asyncio.sleep(limits.STAND_IN_RESTART_PAUSE_SECONDS)

    async def _register_webhook(self) -> None:
        if self._webhook_url is None:
            return
        body = {"url": self._webhook_url, "secret": self.webhook_secret}
        try:
            async with self._http() as http, http.post(f"{self.api_base}/_config/webhooks/{WEBHOOK_NAME}", json=body) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, OSError) as error:
            logger.error("payments.stand_in.no_webhooks", error=type(error).__name__)

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), limits.STAND_IN_STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if self._log_reader is not None:
            await self._log_reader

    def _http(self) -> aiohttp.ClientSession:
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=limits.STAND_IN_START_SECONDS))
