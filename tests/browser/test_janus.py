"""A livestream in Chromium with media that go through Janus: the pages cannot tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from config import limits
from tests.browser.conftest import OpenWindow
from tests.browser.livestreams import StudioView, host_of
from tests.browser.watching import Watcher
from tests.support.consultations import add_client, add_reader
from tests.support.janus import Janus, janus_overrides, run_janus
from tests.support.servers import PASSWORD, StartServer

pytestmark = pytest.mark.browser


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[list[Janus]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(run_janus(tmp_path / f"janus-{number}")) for number in (1, 2)]


async def test_a_livestream_through_janus_outlives_a_reload_of_its_reader_and_the_death_of_its_janus(
    two: list[Janus], start_server: StartServer, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JANUS_LOST_SECONDS", 3.0)
    server = await start_server(janus_overrides(*two))
    reader, client = await add_reader(server), await add_client(server)
    studio = StudioView(await open_window(server, "studio"))
    watcher = Watcher(await open_window(server, "watcher", process=1))
    await studio.open(reader)
    await studio.go_live()
    livestream_id = await studio.livestream_id(reader)
    await watcher.visitor.log_in(client.email, PASSWORD)
    await watcher.open(livestream_id)
    await watcher.sees_the_picture_move()
    await watcher.visitor.picture("01-watching")

    (held,) = host_of(server).places.held.values()
    studio.page.once("dialog", lambda dialog: dialog.accept())
    await studio.page.reload()
    await studio.is_live()
    await watcher.sees_the_picture_move()
    assert list(host_of(server).places.held) == [held.place.media_id], "the place outlives its publisher"

    dead = next(janus for janus in two if janus.url == held.place.data["url"])
    await dead.kill()
    await watcher.page.wait_for_selector("text=be right back", state="visible")
    await watcher.visitor.picture("02-janus-dead")
    await studio.is_live()
    await watcher.sees_the_picture_move()
    (again,) = host_of(server).places.held.values()
    assert again.place.data["url"] != dead.url
    await watcher.visitor.picture("03-at-another")
    await studio.end()
