"""Every benchmark with a short setting, in one table. The figures of bench/README.md are taken with the longer settings.

python -m bench
"""

from __future__ import annotations

import asyncio
import shutil
import statistics

from bench import connections, first_page, gift_fanout, gifts, ledger, live_calls, live_chat, livestream_relay, meter, recording
from bench.processes import stay_on_load_core
from config.logging import configure_logging

_MIB, _KIB = 2**20, 2**10


def _row(what: str, ours: str, beside: str = "", aim: str = "") -> None:
    print(f"{what:<48}{ours:>12}  {beside:<32}{aim}", flush=True)


async def _databases() -> None:
    rates, peers = await meter.measure(consultations=2000, rounds=3, nodes=2, seconds=2)
    ours, theirs = statistics.median(rates), statistics.median(peers)
    _row("consultations charged per second", f"{ours:,.0f}", f"TPC-B {theirs:,.0f}, ratio {ours / theirs:.1f}", "past 4")
    rates, peers = await ledger.measure(seconds=2, rounds=3, clients=8)
    ours, theirs = statistics.median(rates), statistics.median(peers)
    _row("single transfers per second", f"{ours:,.0f}", f"TPC-B {theirs:,.0f}, ratio {ours / theirs:.2f}", "1")


async def _chat() -> None:
    names = [live_chat.DIRECT, live_chat.STOCK, live_chat.PLAIN]
    sides = {side.name: side for side in await live_chat.measure(pairs=100, rounds=3, names=names)}
    direct, stock, plain = (sides[name] for name in names)
    share = direct.median("cpu") / plain.median("cpu")
    _row(
        "durable chat, CPU s per 1,000 messages",
        f"{direct.median('cpu'):.3f}",
        f"plain {plain.median('cpu'):.3f}, share {share:.2f}",
        "0.25",
    )
    _row("the same, direct path off", f"{stock.median('cpu'):.3f}", f"share {stock.median('cpu') / plain.median('cpu'):.2f}")
    _row("durable chat, messages per second", f"{direct.median('rate'):,.0f}", f"plain {plain.median('rate'):,.0f}")
    _row("durable chat, p99 to the other side, ms", f"{direct.median('p99'):.0f}", f"plain {plain.median('p99'):.0f}")


async def _calls() -> None:
    chats, calls = await live_calls.measure(pairs=200, rounds=2, seconds=10)
    ratio = f"as chats {chats.share:.1%}, {calls.share / chats.share:.1f} times"
    _row("200 calls: signals, reports, meter, share of a core", f"{calls.share:.1%}", ratio)


async def _recording() -> None:
    ours, plain = await recording.measure(seconds=12, rounds=1)
    _row("recording, CPU s per minute of a video", f"{ours:.1f}", f"with transcoding {plain:.1f}, {plain / ours:.1f} times")


async def _livestreams() -> None:
    if shutil.which("janus") is None:
        return
    sides = await livestream_relay.measure(viewers=20, plain_viewers=2, seconds=8, rounds=1)
    ours, janus, plain = (statistics.median(side.microseconds) for side in sides)
    beside = f"Janus {janus:.0f}, {ours / janus:.2f} times; MediaRelay {plain:.0f}"
    _row("livestream, CPU µs for each packet to a viewer", f"{ours:.1f}", beside, "1.5 times Janus")


async def _gifts() -> None:
    cases, peers = await gifts.measure(seconds=2, rounds=2, clients=8, senders=200)
    theirs = statistics.median(peers)
    for case in cases:
        rate = statistics.median(case.rates)
        _row(f"gifts per second, {case.name}", f"{rate:,.0f}", f"TPC-B {theirs:,.0f}, ratio {rate / theirs:.2f}")


async def _fanout() -> None:
    names = [gift_fanout.DIRECT, gift_fanout.PLAIN]
    viewers = connections.allow_files(1000)
    ours, plain = await gift_fanout.measure(viewers=viewers, gifts=50, per_second=5, rounds=1, names=names)
    _row(
        f"gifts to {viewers:,} viewers, CPU s per 100,000",
        f"{ours.median('cpu'):.2f}",
        f"plain {plain.median('cpu'):.2f}, share {ours.median('cpu') / plain.median('cpu'):.2f}",
        "0.8",
    )


async def _connections() -> None:
    ours, plain = await connections.measure_both(connections.allow_files(2000))
    _row("memory per idle connection, KiB", f"{ours.bytes_each / _KIB:.1f}", f"plain {plain.bytes_each / _KIB:.1f}", "25")
    _row(
        "idle server without Postgres, MiB", f"{ours.idle_bytes / _MIB:.0f}", f"plain {plain.idle_bytes / _MIB:.0f}", "below 150"
    )


async def main() -> None:
    _row("", "SoulSeer", "beside, in the same run", "aim")
    await _databases()
    await _gifts()
    stay_on_load_core()
    await _chat()
    await _fanout()
    await _calls()
    await _recording()
    await _livestreams()
    await _connections()
    size = first_page.compressed_bytes(first_page.files_of_home_page(first_page.DIST))
    _row("first page, KiB compressed", f"{size / _KIB:.1f}", aim="below 100")


if __name__ == "__main__":
    configure_logging(level="error", readable=True)
    asyncio.run(main())
