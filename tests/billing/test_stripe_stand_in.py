"""The stand-in's process: restarted when it dies, remembering its payments, never outliving us, leaving no litter."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from billing.gateways.payments import Payment, PaymentUnknown
from billing.gateways.providers import PaymentProvider, open_payment_provider
from billing.gateways.stripe_stand_in import FIXED_STATE_PATH
from config.errors import StartupError
from config.ids import new_id

PROJECT = Path(__file__).parents[2]
FIXED_STATE = Path(FIXED_STATE_PATH)

PARENT = """
import asyncio, sys
from pathlib import Path
from billing.gateways.stripe_stand_in import run_stripe_stand_in

async def main():
    async with run_stripe_stand_in(Path(sys.argv[1]), webhook_secret="whsec_test") as stand_in:
        print(stand_in.process_id, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@asynccontextmanager
async def open_provider(folder: Path) -> AsyncIterator[PaymentProvider]:
    async with open_payment_provider(api_key=None, api_base=None, webhook_secret=None, stand_in_folder=folder) as provider:
        yield provider


async def make_payment(provider: PaymentProvider) -> Payment:
    return await provider.gateway.create_payment(
        top_up_id=new_id(), amount_minor=500, currency="USD", customer_id=None, payment_method="pm_card_visa"
    )


def process_of(provider: PaymentProvider) -> int:
    assert provider.stand_in is not None
    assert provider.stand_in.process_id is not None
    return provider.stand_in.process_id


async def test_a_killed_stand_in_comes_back_at_the_same_address_and_remembers(tmp_path: Path) -> None:
    async with open_provider(tmp_path) as provider:
        payment = await make_payment(provider)
        killed = process_of(provider)
        os.kill(killed, signal.SIGKILL)
        assert await provider.gateway.get_payment(payment.id) == payment
        assert process_of(provider) != killed


async def test_payments_are_remembered_from_one_run_to_the_next(tmp_path: Path) -> None:
    async with open_provider(tmp_path) as provider:
        payment = await make_payment(provider)
        child = psutil.Process(process_of(provider))
    assert not child.is_running()
    async with open_provider(tmp_path) as provider:
        assert (await provider.gateway.get_payment(payment.id)).id == payment.id


async def test_a_state_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "state.pickle").write_bytes(b"half of a")
    async with open_provider(tmp_path) as provider:
        await make_payment(provider)
    assert (tmp_path / "state.pickle.unreadable").read_bytes() == b"half of a"


async def test_a_second_process_does_not_touch_the_state_of_the_first(tmp_path: Path) -> None:
    async with open_provider(tmp_path) as first, open_provider(tmp_path) as second:
        payment = await make_payment(first)
        with pytest.raises(PaymentUnknown):
            await second.gateway.get_payment(payment.id)
        await make_payment(second)
    async with open_provider(tmp_path) as again:
        assert (await again.gateway.get_payment(payment.id)).id == payment.id


async def test_it_writes_only_into_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    async with open_provider(tmp_path / "payments") as provider:
        await make_payment(provider)
    assert list(work.iterdir()) == []
    assert {path.name for path in (tmp_path / "payments").iterdir()} == {"lock", "state.pickle"}
    assert not list(FIXED_STATE.parent.glob(FIXED_STATE.name))


async def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    async with open_provider(tmp_path) as provider:
        listening = [c for c in psutil.Process(process_of(provider)).net_connections() if c.status == psutil.CONN_LISTEN]
        assert [(c.family, c.laddr.ip) for c in listening] == [(socket.AF_INET, "127.0.0.1")]


async def test_it_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    await parent.wait()
    await asyncio.to_thread(psutil.wait_procs, [child], timeout=10)
    assert not child.is_running()


async def test_a_hung_stand_in_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.STAND_IN_CHECK_SECONDS", 0.2)
    monkeypatch.setattr("config.limits.STAND_IN_START_SECONDS", 2.0)
    monkeypatch.setattr("config.limits.STAND_IN_STOP_SECONDS", 0.2)
    async with open_provider(tmp_path) as provider:
        payment = await make_payment(provider)
        os.kill(process_of(provider), signal.SIGSTOP)
        assert (await provider.gateway.get_payment(payment.id)).id == payment.id


async def test_incomplete_keys_stop_the_start_by_name(tmp_path: Path) -> None:
    for api_key, api_base, missing in (("sk_test_1", None, "WEBHOOK_SECRET"), (None, "http://127.0.0.1:1", "API_KEY")):
        with pytest.raises(StartupError, match=missing):
            async with open_payment_provider(api_key=api_key, api_base=api_base, webhook_secret=None, stand_in_folder=tmp_path):
                pass


async def test_the_webhook_is_registered_again_after_a_restart(tmp_path: Path) -> None:
    async with open_provider(tmp_path) as provider, _Receiver() as receiver:
        assert provider.stand_in is not None
        await provider.stand_in.send_webhooks_to(receiver.url)
        os.kill(process_of(provider), signal.SIGKILL)
        await provider.gateway.confirm_payment((await make_payment(provider)).id)
        async with asyncio.timeout(15):
            # A payment in the instant between restart and registration is told to nobody; the sweep is there for those.
            while not receiver.received.is_set():
                await provider.gateway.confirm_payment((await make_payment(provider)).id)
                with_timeout = asyncio.wait_for(receiver.received.wait(), 2)
                await asyncio.gather(with_timeout, return_exceptions=True)


class _Receiver:
    """A web server that notes when a signed payment event arrives."""

    def __init__(self) -> None:
        self.received = asyncio.Event()

    async def __aenter__(self) -> _Receiver:
        app = web.Application()
        app.router.add_post("/", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        if (await request.json())["type"] == "payment_intent.succeeded" and "Stripe-Signature" in request.headers:
            self.received.set()
        return web.Response()
