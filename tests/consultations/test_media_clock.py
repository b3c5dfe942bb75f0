"""The clock of a call or video follows the media: it runs while both sides' are connected, and only then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from billing.ledger.check import check_ledger
from realtime.consultations.snapshots import ConsultationView
from tests.support.consultations import Scene
from tests.support.servers import Server

Step = tuple[Any, ...]


@dataclass(frozen=True)
class Rule:
    """What happens, and what the room says afterwards."""

    name: str
    steps: tuple[Step, ...]
    expected: dict[str, Any]
    ends_by: str | None = None


# (action, …): `wait` seconds with reports from whoever is connected; `connect`, `lose`, `silence`, `freeze` a side's media;
# `drop` and `return` a side's connection; `mode` by a side.
BOTH: tuple[Step, ...] = (("connect", "client"), ("connect", "reader"))
RULES = (
    Rule("nobody's media are connected", (("wait", 20),), {"started_at": None, "billed_increments": 0}),
    Rule("only the client's", (("connect", "client"), ("wait", 20)), {"started_at": None, "client_media": "connected"}),
    Rule("only the reader's", (("connect", "reader"), ("wait", 20)), {"started_at": None, "reader_media": "connected"}),
    Rule("both", (*BOTH, ("wait", 30)), {"is_paused": False, "billed_increments": 1, "connected_seconds": 30.0}),
    Rule("a whole call", (*BOTH, ("wait", 61)), {"billed_increments": 2, "total_cost_minor": 998}, "client"),
    Rule(
        "the client's are reported lost: dated at the last proof",
        (*BOTH, ("wait", 30), ("lose", "client"), ("wait", 20)),
        {
            "is_paused": True,
            "pause_reason": "media",
            "client_media": "lost",
            "reader_media": "connected",
            "connected_seconds": 30.0,
        },
    ),
    Rule(
        "the reader falls silent: known after seven seconds, dated at the last report",
        (*BOTH, ("wait", 30), ("silence", "reader"), ("wait", 8)),
        {"pause_reason": "media", "reader_media": "lost", "connected_seconds": 30.0},
    ),
    Rule(
        "six seconds of silence are no loss",
        (*BOTH, ("wait", 30), ("silence", "reader"), ("wait", 6)),
        {"is_paused": False, "connected_seconds": 36.0},
    ),
    Rule(
        "the client's counts stand still: a loss, dated when they last moved",
        (*BOTH, ("wait", 30), ("freeze", "client", 5)),
        {"pause_reason": "media", "client_media": "lost", "connected_seconds": 30.0},
    ),
    Rule(
        "counts that stand for three seconds are none",
        (*BOTH, ("wait", 30), ("freeze", "client", 3), ("wait", 2)),
        {"is_paused": False, "connected_seconds": 35.0},
    ),
    Rule(
        "back within the grace: it goes on where it stopped",
        (*BOTH, ("wait", 30), ("lose", "client"), ("wait", 20), ("connect", "client"), ("wait", 29)),
        {"is_paused": False, "billed_increments": 1, "connected_seconds": 59.0},
    ),
    Rule(
        "counts that move again bring it back",
        (*BOTH, ("wait", 30), ("freeze", "client", 5), ("connect", "client"), ("wait", 10)),
        {"is_paused": False, "connected_seconds": 40.0},
    ),
    Rule(
        "both lost, one back",
        (*BOTH, ("wait", 30), ("lose", "client"), ("lose", "reader"), ("connect", "client"), ("wait", 5)),
        {"pause_reason": "media", "client_media": "connected", "reader_media": "lost"},
    ),
    Rule(
        "the client's do not come back: their started minute stands",
        (*BOTH, ("wait", 30), ("lose", "client"), ("wait", 61)),
        {"status": "disconnected", "end_reason": "client_disconnected", "total_cost_minor": 499},
    ),
    Rule(
        "the reader's do not come back: the unused half goes back",
        (*BOTH, ("wait", 30), ("lose", "reader"), ("wait", 61)),
        {"status": "disconnected", "end_reason": "reader_disconnected", "total_cost_minor": 499 - 250},
    ),
    Rule(
        "nobody's come back: the unused half goes back",
        (*BOTH, ("wait", 30), ("lose", "reader"), ("lose", "client"), ("wait", 61)),
        {"end_reason": "both_disconnected", "total_cost_minor": 499 - 250},
    ),
    Rule(
        "the client ends while the reader's are lost: the unused half goes back",
        (*BOTH, ("wait", 30), ("lose", "reader"), ("wait", 5)),
        {"end_reason": "client_ended", "total_cost_minor": 499 - 250},
        "client",
    ),
    Rule(
        "the client ends while only their own are lost, as they say: the started minute stands",
        (*BOTH, ("wait", 30), ("lose", "client"), ("wait", 5)),
        {"end_reason": "client_ended", "total_cost_minor": 499},
        "client",
    ),
    Rule(
        "media never connected: nobody pays",
        (("wait", 121),),
        {"status": "no_show", "end_reason": "both_no_show", "total_cost_minor": 0},
    ),
    Rule(
        "the client's media never connected",
        (("connect", "reader"), ("wait", 121)),
        {"status": "no_show", "end_reason": "client_no_show"},
    ),
    Rule(
        "the reader's media never connected",
        (("connect", "client"), ("wait", 121)),
        {"status": "no_show", "end_reason": "reader_no_show"},
    ),
    Rule(
        "the socket is lost: the clock waits for the connection, and then for the media through it",
        (*BOTH, ("wait", 30), ("drop", "client"), ("wait", 10), ("return", "client"), ("wait", 5)),
        {"is_paused": True, "pause_reason": "media", "client_present": True, "client_media": "lost"},
    ),
    Rule(
        "the socket and the media are back",
        (*BOTH, ("wait", 30), ("drop", "client"), ("wait", 10), ("return", "client"), ("connect", "client"), ("wait", 9)),
        {"is_paused": False, "connected_seconds": 39.0, "billed_increments": 1},
    ),
    Rule(
        "back, but never with media: ended, the grace counted from the return",
        (*BOTH, ("wait", 30), ("drop", "reader"), ("wait", 50), ("return", "reader"), ("wait", 59)),
        {"status": "in_progress", "pause_reason": "media"},
    ),
    Rule(
        "the same, a moment later",
        (*BOTH, ("wait", 30), ("drop", "reader"), ("wait", 50), ("return", "reader"), ("wait", 61)),
        {"end_reason": "reader_disconnected", "total_cost_minor": 249},
    ),
)


async def take(scene: Scene, action: str, *what: Any) -> None:
    match action:
        case "wait":
            await scene.pass_time(what[0])
        case "connect":
            await scene.connect_media(what[0])
        case "lose":
            await scene.lose_media(what[0])
        case "silence":
            scene.reporting.discard(what[0])
        case "freeze":
            scene.reporting.discard(what[0])
            for _ in range(what[1]):
                await scene.pass_time(1)
                await scene.report_standing(what[0])
            scene.reporting.add(what[0])
        case "drop":
            scene.reporting.discard(what[0])
            await scene.drop(reader=what[0] == "reader")
        case "return":
            await scene.come_back(reader=what[0] == "reader")
        case _:
            raise AssertionError(action)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
async def test_the_clock_follows_the_media(metered: Server, rule: Rule) -> None:
    scene = await Scene.meet(metered, "call")
    for step in rule.steps:
        await take(scene, *step)
    if rule.ends_by is not None:
        await scene.end(by_reader=rule.ends_by == "reader")
    snapshot = await scene.snapshot()
    assert {key: snapshot[key] for key in rule.expected} == rule.expected
    report = await check_ledger(metered.database, metered.clock)
    assert report.differences == ()


async def test_the_statement_says_why_the_clock_stood(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    await scene.pass_time(30)
    await scene.lose_media("reader")
    await scene.pass_time(10)
    await scene.connect_media("reader")
    await scene.pass_time(10)
    await scene.end()
    lines = (await scene.client.get(f"/consultations/{scene.id}/statement")).body["lines"]
    gap = next(line for line in lines if line["kind"] == "pause")
    assert (gap["reason"], gap["seconds"]) == ("reader_media", 10.0)
    assert "Sound and picture of" in gap["description"]


async def test_the_statement_says_once_for_a_gap_why_it_began(metered: Server) -> None:
    """Who comes back to the room after a loss has no sound and picture yet: that is the same gap."""
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    await scene.pass_time(30)
    scene.reporting.clear()
    await scene.drop()
    await scene.lose_media("reader")
    await scene.pass_time(10)
    await scene.come_back()
    await scene.pass_time(3)
    await scene.connect_media()
    await scene.pass_time(10)
    await scene.end()
    lines = (await scene.client.get(f"/consultations/{scene.id}/statement")).body["lines"]
    assert [line["kind"] for line in lines if line["kind"] != "charge"] == ["start", "pause", "resume", "end"]
    gap = next(line for line in lines if line["kind"] == "pause")
    assert (gap["reason"], gap["seconds"]) == ("client_connection", 13.0)


async def test_both_are_told_with_the_snapshot(metered: Server) -> None:
    scene = await Scene.meet(metered, "video")
    await scene.connect_media()
    started = await scene.client_live.next_event("consultation.started")
    assert (started["consultation"]["mode"], started["consultation"]["rate_per_minute_minor"]) == ("video", 599)
    await scene.lose_media("client")
    paused = await scene.reader_live.next_event("consultation.paused")
    assert paused["consultation"]["pause_reason"] == "media"
    assert ConsultationView.model_validate(paused["consultation"]).client_media == "lost"


async def test_money_that_comes_while_media_are_lost_goes_on_with_the_media(metered: Server) -> None:
    scene = await Scene.meet(metered, "call", balance=499)
    await scene.connect_media()
    await scene.pass_time(60)
    assert (await scene.snapshot())["pause_reason"] == "balance"
    await scene.lose_media("reader")
    await scene.top_up(1000)
    await scene.pass_time(1)
    assert (await scene.snapshot())["pause_reason"] == "media"
    await scene.connect_media("reader")
    snapshot = await scene.snapshot()
    assert (snapshot["is_paused"], snapshot["billed_increments"]) == (False, 2)


async def test_a_second_device_takes_the_media_over_and_its_loss_is_what_counts(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    await scene.connect_media()
    first = scene.client_live
    scene.client_live = await metered.connect(scene.client)
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await scene.pass_time(10)
    # The first device ends its media: they go through the second one.
    ended = await first.command("media.report", consultation_id=scene.id, state="disconnected")
    assert ended["state"] == "lost"
    assert (await scene.snapshot())["is_paused"] is False
    await scene.drop_device(scene.client_live)
    snapshot = await scene.snapshot()
    assert (snapshot["pause_reason"], snapshot["client_present"], snapshot["client_media"]) == ("media", True, "lost")


async def test_reports_are_refused_from_where_they_cannot_come(metered: Server) -> None:
    scene = await Scene.meet(metered, "call")
    outsider = await metered.connect(await metered.register("client"))
    refused = await outsider.refused("media.report", consultation_id=scene.id, state="connected")
    assert refused["status"] == 404
    other_device = await metered.connect(scene.client)
    refused = await other_device.refused("media.report", consultation_id=scene.id, state="connected")
    assert refused["code"] == "consultation.not_joined"
    await scene.connect_media()
    for stats, path in (
        ({"packets_sent": -1}, "stats.packets_sent"),
        ({"packets_sent": 1.5}, "stats.packets_sent"),
        ({"packets_received": 2**60}, "stats.packets_received"),
        ({"round_trip_ms": "fast"}, "stats.round_trip_ms"),
        ({"packets_sent": 1, "packets_received": 1}, "stats.packets_sent"),
        ({"surprise": 1}, "stats.surprise"),
    ):
        refused = await scene.client_live.refused("media.report", consultation_id=scene.id, state="connected", stats=stats)
        assert (refused["status"], refused["fields"][0]["path"]) == (422, path)
    refused = await scene.client_live.refused("media.report", consultation_id=scene.id, state="excellent")
    assert refused["status"] == 422
    await scene.end()
    refused = await scene.client_live.refused("media.report", consultation_id=scene.id, state="connected")
    assert refused["code"] == "consultation.not_in_progress"


async def test_a_chat_has_no_media_to_report(metered: Server) -> None:
    scene = await Scene.start(metered)
    refused = await scene.client_live.refused("media.report", consultation_id=scene.id, state="connected")
    assert refused["code"] == "consultation.no_media"


async def test_a_client_that_lies_about_media_only_hurts_itself(metered: Server) -> None:
    """Saying lost while they flow stops the clock, and ends it at the own expense; saying connected buys nothing."""
    scene = await Scene.meet(metered, "call")
    await scene.report("client")
    assert (await scene.snapshot())["started_at"] is None
    await scene.connect_media()
    await scene.pass_time(30)
    await scene.lose_media("client")
    await scene.pass_time(61)
    ended = await scene.snapshot()
    assert (ended["end_reason"], ended["total_cost_minor"]) == ("client_disconnected", 499)
