"""From the reader's "Accept" to both media connected: two Chromium processes on this machine, through the product's own pages.

Both people chose to join without the check, and the browser allows the devices, so that no hand is in between. The time is the
server's: from the consultation's `accepted_at` to its `started_at`, which is when both pages have reported media connected.
Beside it, in the same rounds, how long two peer connections in one of these pages take with nothing between them.

    python -m bench.call_start [--rounds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from config.logging import configure_logging
from tests.browser.browsers import NO_CHROMIUM, find_chromium, open_browser
from tests.browser.calls import CallView, ask
from tests.browser.people import open_desk
from tests.browser.visitors import DESKTOP, Visitor
from tests.support.consultations import add_client, add_reader
from tests.support.postgres import run_postgres
from tests.support.servers import PASSWORD, Server, run_server

_JOINS_AT_ONCE = 'localStorage.setItem("soulseer.joining", JSON.stringify({camera: true, microphone: true, skipCheck: true}))'
# The least that any call takes: an offer, an answer, ICE and DTLS, with signals that cost nothing.
_BARE = """async () => {
    const [one, two] = [new RTCPeerConnection(), new RTCPeerConnection()];
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const peer of [one, two]) for (const track of media.getTracks()) peer.addTrack(track, media);
    one.onicecandidate = ({ candidate }) => candidate && two.addIceCandidate(candidate);
    two.onicecandidate = ({ candidate }) => candidate && one.addIceCandidate(candidate);
    const began = performance.now();
    const both = Promise.all([one, two].map((peer) => new Promise((resolve) => {
        peer.onconnectionstatechange = () => peer.connectionState === "connected" && resolve();
    })));
    await one.setLocalDescription();
    await two.setRemoteDescription(one.localDescription);
    await two.setLocalDescription();
    await one.setRemoteDescription(two.localDescription);
    await both;
    const milliseconds = performance.now() - began;
    for (const track of media.getTracks()) track.stop();
    one.close();
    two.close();
    return milliseconds;
}"""


async def measure(rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each round: through the pages, and bare."""
    chromium = find_chromium()
    assert chromium is not None, NO_CHROMIUM
    expect.set_options(timeout=30_000)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soulseer-bench-")))
        postgres = await stack.enter_async_context(run_postgres(folder / "postgres"))
        dsn = await stack.enter_async_context(postgres.database())
        server = await stack.enter_async_context(run_server(dsn, folder / "var"))
        playwright = await stack.enter_async_context(async_playwright())
        visitors = []
        for name in ("client", "reader"):
            browser = await open_browser(playwright, chromium)
            stack.push_async_callback(browser.close)
            viewport = {"width": DESKTOP[0], "height": DESKTOP[1]}
            context = await browser.new_context(viewport=viewport, permissions=["camera", "microphone"])  # type: ignore[arg-type]
            await context.add_init_script(_JOINS_AT_ONCE)
            visitors.append(Visitor(name, server.url, context, await context.new_page(), folder))
        return await _run_rounds(server, visitors[0], visitors[1], rounds)


async def _run_rounds(server: Server, client: Visitor, reader: Visitor, rounds: int) -> tuple[list[float], list[float]]:
    reader_account = await add_reader(server, call=300, video=400)
    client_account = await add_client(server, balance=1_000_000)
    await open_desk(reader, reader_account)
    await client.log_in(client_account.email, PASSWORD)
    through_pages, bare = [], []
    for number in range(rounds + 1):
        await ask(client, reader_account, "video")
        await client.sees("You are ready.")
        await reader.click("Accept")
        views = CallView(client), CallView(reader)
        for view in views:
            await view.expect_clock(running=True)
        snapshot = (await client_account.get(f"/consultations/{views[0].id}")).body
        accepted, started = (datetime.fromisoformat(snapshot[name]) for name in ("accepted_at", "started_at"))
        await views[0].end()
        await reader.visit("/desk")
        least = await _connect_bare(client.page)
        if number:  # the first one warms everything up
            through_pages.append((started - accepted).total_seconds() * 1000)
            bare.append(least)
    return through_pages, bare


async def _connect_bare(page: Page) -> float:
    return float(await page.evaluate(_BARE))


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def main(rounds: int) -> None:
    through_pages, bare = await measure(rounds)
    print(f"from accept to both media connected, {rounds} rounds, ms: median, p95")
    for name, values in (("through the pages", through_pages), ("two bare peer connections", bare)):
        print(f"{name:<28}{quantile(values, 0.5):>8.0f}{quantile(values, 0.95):>8.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.rounds))
