"""The network of one browser, which can be pulled: sockets, requests and the media of its calls all go through one process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.async_api import Browser

NETWORK_SERVICE = "network.mojom.NetworkService"


async def find_network(browser: Browser) -> BrowserNetwork:
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    await session.detach()
    return BrowserNetwork(next(process["id"] for process in processes if process["type"] == NETWORK_SERVICE))


class BrowserNetwork:
    """Chromium's network process. Stopped, it neither sends nor receives anything, and nothing is closed: a pulled cable."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id

    @contextmanager
    def pulled(self) -> Iterator[None]:
        os.kill(self._process_id, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process_id, signal.SIGCONT)
