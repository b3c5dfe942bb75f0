"""Who does not come to a booked consultation: what ends, what it costs, and what both are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from tests.support.bookings import book, booked, ending, move_towards_start, next_quarter, prepare
from tests.support.consultations import Scene, add_client, add_reader, go_online
from tests.support.servers import Server, StartServer
from tests.support.snapshots import lasting

Start = Callable[..., Awaitable[Server]]


@pytest.fixture
def start(start_server: StartServer) -> Start:
    async def start(**consultations: Any) -> Server:
        return await start_server({"nodes": {"lease_seconds": 1e6}, "consultations": consultations}, clock=MovableClock())

    return start


async def join(scene: Scene, who: str) -> Any:
    live = scene.reader_live if who == "reader" else scene.client_live
    return (await live.command("consultation.join", consultation_id=scene.id))["consultation"]


async def assert_books_add_up(scene: Scene) -> None:
    assert (await check_ledger(scene.server.database, scene.clock)).differences == ()


@pytest.mark.parametrize(
    ("present", "fee_minutes", "expected"),
    [
        ("client", 0, ("no_show", "reader_no_show", 0)),
        ("client", 2, ("no_show", "reader_no_show", 0)),
        ("reader", 0, ("no_show", "client_no_show", 0)),
        ("reader", 2, ("no_show", "client_no_show", 798)),
        ("nobody", 2, ("no_show", "both_no_show", 0)),
    ],
)
async def test_who_is_missing_ten_minutes_after_the_start_ends_it(
    start: Start, present: str, fee_minutes: int, expected: tuple[str, str, int]
) -> None:
    scene = await booked(await start(client_no_show_minutes=fee_minutes))
    await move_towards_start(scene)
    if present != "nobody":
        await join(scene, present)
    await move_towards_start(scene, seconds=599)
    assert (await scene.snapshot())["status"] == "in_progress"
    await move_towards_start(scene, seconds=600)
    for _ in range(3):
        await scene.pass_time(1)
    snapshot = await scene.snapshot()
    assert ending(snapshot) == expected
    assert await scene.balance() == 1000 - expected[2]
    told = await scene.client_live.next_event("consultation.cancelled")
    assert lasting(told["consultation"]) == lasting(snapshot)
    assert (await scene.snapshot(reader=True))["earnings_minor"] == expected[2] * 7 // 10
    await assert_books_add_up(scene)


async def test_the_client_is_told_by_letter_that_the_reader_did_not_come_and_nothing_was_charged(start: Start) -> None:
    scene = await booked(await start())
    await move_towards_start(scene)
    await join(scene, "client")
    await move_towards_start(scene, seconds=600)
    letter = await scene.server.letter_saying(scene.client.email, "did not come within 10 minutes")
    assert "Nothing was charged." in letter["text"]
    assert f"/consultations/{scene.id}" in letter["links"][0]
    await scene.server.letter_saying(scene.reader.email, "You did not come")


async def test_the_fee_is_in_the_statement_and_can_be_given_back(start: Start) -> None:
    scene = await booked(await start(client_no_show_minutes=2))
    assert (await scene.snapshot())["no_show_minutes"] == 2
    await scene.server.letter_saying(scene.client.email, "If you do not come, 7.98 USD is charged.")
    await move_towards_start(scene)
    await join(scene, "reader")
    await move_towards_start(scene, seconds=600)
    letter = await scene.server.letter_saying(scene.client.email, "You did not come")
    assert "As was agreed when you booked, 7.98 USD was charged." in letter["text"]
    assert "You earned 5.58 USD" in (await scene.server.letter_saying(scene.reader.email, "did not come"))["text"]
    statement = (await scene.client.get(f"/consultations/{scene.id}/statement")).body
    lines = [(line["kind"], line["amount_minor"], line["description"]) for line in statement["lines"]]
    assert lines == [
        ("fee", 798, "Did not come to a booked consultation"),
        ("end", None, "The client did not come"),
    ]
    (line, *_) = (await scene.client.get("/wallet/transfers")).body["items"]
    assert (line["type"], line["amount_minor"], line["reference"]["id"]) == ("purchase", -798, scene.id)
    assert "Did not come to a booked consultation" in line["description"]
    reply = await scene.client.post(f"/consultations/{scene.id}/review", {"rating": 1})
    assert (reply.status, reply.code) == (409, "consultation.unpaid"), "there was nothing to review"
    admin = await scene.server.make_admin()
    refund = {"amount_minor": 798, "reason": "was in hospital"}
    reply = await admin.post(f"/admin/consultations/{scene.id}/refund", refund, key="once")
    assert reply.status < 300, reply.content
    assert await scene.balance() == 1000
    assert (await scene.snapshot(reader=True))["earnings_minor"] == 0
    await assert_books_add_up(scene)


@pytest.mark.parametrize(("limit", "charged"), [({}, 450), ({"per_day_minor": 300}, 300), ({"per_consultation_minor": 0}, 0)])
async def test_the_fee_takes_no_more_than_the_wallet_and_the_clients_limits_allow(
    start: Start, limit: dict[str, int], charged: int
) -> None:
    scene = await booked(await start(client_no_show_minutes=5), balance=450)
    wanted = {"per_consultation_minor": None, "per_day_minor": None, "per_month_minor": None} | limit
    assert (await scene.client.put("/me/limits", wanted)).status == 200
    await move_towards_start(scene)
    await join(scene, "reader")
    await move_towards_start(scene, seconds=600)
    assert ending(await scene.snapshot()) == ("no_show", "client_no_show", charged)
    assert await scene.balance() == 450 - charged
    await assert_books_add_up(scene)


async def test_a_setting_that_changes_after_the_booking_changes_nothing_of_it(start: Start, start_server: StartServer) -> None:
    scene = await booked(await start(client_no_show_minutes=0))
    dsn = scene.server.database.dsn
    overrides = {"nodes": {"lease_seconds": 1e6}, "consultations": {"client_no_show_minutes": 60}}
    await start_server(overrides, clock=scene.clock, dsn=dsn)
    await move_towards_start(scene)
    await join(scene, "reader")
    await move_towards_start(scene, seconds=600)
    assert ending(await scene.snapshot()) == ("no_show", "client_no_show", 0)


async def test_a_client_who_came_and_found_nobody_owes_nothing_if_the_reader_comes_after_they_left(start: Start) -> None:
    scene = await booked(await start(client_no_show_minutes=2))
    await move_towards_start(scene)
    await join(scene, "client")
    await scene.client_live.close()
    await scene.reader_live.next_event("consultation.changed", lambda event: not event["consultation"]["client_present"])
    await move_towards_start(scene, seconds=300)
    await join(scene, "reader")
    await move_towards_start(scene, seconds=600)
    assert ending(await scene.snapshot()) == ("no_show", "client_no_show", 0)


async def test_a_client_who_only_looked_in_before_the_time_owes_the_fee(start: Start) -> None:
    scene = await booked(await start(client_no_show_minutes=2))
    await move_towards_start(scene, seconds=-60)
    await join(scene, "client")
    await scene.client_live.close()
    await scene.reader_live.next_event("consultation.changed", lambda event: not event["consultation"]["client_present"])
    await move_towards_start(scene)
    await join(scene, "reader")
    await move_towards_start(scene, seconds=600)
    assert ending(await scene.snapshot()) == ("no_show", "client_no_show", 798)


async def test_a_client_who_lets_the_reader_wait_does_not_get_out_of_the_fee_by_ending_it(start: Start) -> None:
    scene = await booked(await start(client_no_show_minutes=2))
    await move_towards_start(scene)
    ended = None
    await join(scene, "reader")
    ended = await scene.end()
    assert ending(ended) == ("no_show", "client_no_show", 798)


async def test_while_nobody_waits_either_may_still_end_it_for_nothing(start: Start) -> None:
    scene = await booked(await start(client_no_show_minutes=2))
    await move_towards_start(scene)
    assert ending(await scene.end()) == ("cancelled", "withdrawn", 0)
    assert await scene.balance() == 1000


async def test_when_we_could_not_open_it_in_time_nobody_is_to_blame(start: Start) -> None:
    scene = await booked(await start(client_no_show_minutes=2))
    await move_towards_start(scene, seconds=601)
    assert ending(await scene.snapshot()) == ("cancelled", "expired", 0)
    for person in (scene.client, scene.reader):
        letter = await scene.server.letter_saying(person.email, "We could not open your consultation in time")
        assert "Nothing was charged." in letter["text"]


async def test_opened_late_by_us_there_is_a_minute_to_come_and_no_fee(start: Start) -> None:
    scene = await booked(await start(client_no_show_minutes=2))
    await move_towards_start(scene, seconds=580)
    await join(scene, "reader")
    await move_towards_start(scene, seconds=639)
    assert (await scene.snapshot())["status"] == "in_progress"
    await move_towards_start(scene, seconds=640)
    assert ending(await scene.snapshot()) == ("no_show", "client_no_show", 0)


async def talk_elsewhere(scene: Scene, *, busy: str) -> Scene:
    """The reader, or the client, talks with somebody else shortly before the booking."""
    other = Scene(scene.server, scene.clock, scene.client, scene.reader, scene.client_live, scene.reader_live)
    if busy == "reader":
        other.client = await add_client(scene.server, balance=20_000)
        other.client_live = await scene.server.connect(other.client)
    else:
        other.reader = await add_reader(scene.server, rate=1)
        other.reader_live = await go_online(scene.server, other.reader)
    await move_towards_start(scene, seconds=-320)
    await other.request()
    await other.reader_live.command("consultation.accept", consultation_id=other.id)
    await join(other, "client")
    await join(other, "reader")
    await other.say("I am here", by_reader=True)
    return other


@pytest.mark.parametrize("busy", ["reader", "client"])
async def test_who_talks_on_is_warned_and_the_booking_waits_for_them(start: Start, busy: str) -> None:
    scene = await booked(await start())
    other = await talk_elsewhere(scene, busy=busy)
    await move_towards_start(scene, seconds=-299)
    for live in (other.client_live, other.reader_live):
        near = await live.next_event("consultation.booking_near")
        assert near["consultation_id"] == other.id
        assert near["user_id"] == (scene.reader.id if busy == "reader" else scene.client.id)
    await move_towards_start(scene, seconds=30)
    assert (await scene.snapshot())["status"] == "scheduled"
    await other.end()
    await scene.pass_time(1)
    assert (await scene.snapshot())["status"] == "in_progress"
    await join(scene, "client")
    assert (await join(scene, "reader"))["started_at"] is not None


@pytest.mark.parametrize(("busy", "reason"), [("reader", "reader_no_show"), ("client", "client_no_show")])
async def test_who_talks_on_for_ten_minutes_did_not_come(start: Start, busy: str, reason: str) -> None:
    scene = await booked(await start(client_no_show_minutes=1))
    other = await talk_elsewhere(scene, busy=busy)
    await move_towards_start(scene, seconds=599)
    assert (await scene.snapshot())["status"] == "scheduled"
    await move_towards_start(scene, seconds=600)
    assert ending(await scene.snapshot()) == ("no_show", reason, 0)
    assert (await other.snapshot(reader=busy == "reader"))["status"] == "in_progress"


async def test_a_wallet_that_is_empty_at_the_time_stops_the_clock_where_it_starts(start: Start) -> None:
    scene = await booked(await start(), balance=399)
    async with scene.server.database.transaction() as tx:
        await tx.execute("UPDATE consultations SET rate_per_minute_minor = 400 WHERE id = $1", UUID(scene.id))
    await move_towards_start(scene)
    await join(scene, "client")
    snapshot = await join(scene, "reader")
    assert (snapshot["pause_reason"], snapshot["total_cost_minor"]) == ("balance", 0)
    await scene.pass_time(120)
    assert ending(await scene.snapshot()) == ("completed", "balance_exhausted", 0)


async def test_a_later_booking_of_the_same_two_is_its_own(start: Start) -> None:
    scene = await prepare(await start())
    first = (await book(scene.client, scene.reader, next_quarter(scene, 60))).body["id"]
    scene.id = (await book(scene.client, scene.reader, next_quarter(scene, 90))).body["id"]
    await move_towards_start(scene, seconds=-1)
    assert ending((await scene.client.get(f"/consultations/{first}")).body)[0] in ("in_progress", "no_show", "cancelled")
    await move_towards_start(scene)
    assert (await scene.snapshot())["status"] == "in_progress"
