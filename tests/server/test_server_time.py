"""The time that answers carry: browsers set their clocks' difference by it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from config.clock import MovableClock
from tests.support.servers import StartServer


async def test_every_answer_tells_the_time_of_the_clock_that_meters_go_by(start_server: StartServer) -> None:
    clock = MovableClock()
    visitor = await (await start_server(clock=clock)).visitor()
    for path in ("/api/v1/site", "/api/v1/wallet", "/", "/assets/none.js"):
        now = clock.advance(100)
        reply = await visitor.get(path, root=True)
        assert parsedate_to_datetime(reply.headers["Date"]) == now
