"""Finding the machine's Chromium and starting it."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.async_api import Browser, Playwright

PROJECT = Path(__file__).parents[2]
ARTIFACTS = PROJECT / "artifacts" / "browser"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A browser that talks to nobody but the server under test.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera that shows a moving disc and a microphone that beeps; who may use them each window is told.
    "--use-fake-device-for-media-stream",
    # Two browsers of one machine that has no network but itself.
    "--allow-loopback-in-peer-connection",
)
NO_CHROMIUM = "there is no Chromium on this machine; install it with: sudo apt-get install chromium"


def find_chromium() -> str | None:
    return next((path for path in map(shutil.which, PROGRAMS) if path is not None), None)


async def open_browser(playwright: Playwright, chromium_path: str) -> Browser:
    """A process of its own."""
    return await playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
