"""Waiting in line: who may, in which order, and what everybody is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config import limits
from config.clock import MovableClock
from tests.queue.people import Waiter, Waiting
from tests.support.consultations import add_client, add_reader, go_online
from tests.support.servers import Server, StartServer


@pytest.fixture
async def metered(start_server: StartServer) -> Server:
    return await start_server({"consultations": {"silent_reader_seconds": 0}}, clock=MovableClock())


@pytest.fixture
async def waiting(metered: Server) -> Waiting:
    return await Waiting.start(metered)


async def test_a_place_says_where_it_is_and_the_reader_sees_the_line(waiting: Waiting) -> None:
    first, second = waiting.waiters
    entry = await second.entry()
    assert (entry["position"], entry["waiting_count"], entry["state"], entry["type"]) == (2, 2, "waiting", "chat")
    assert entry["reader"]["id"] == waiting.reader_id
    assert (entry["rate_per_minute_minor"], entry["currency"], entry["reserved_until_at"]) == (399, "USD", None)
    line = await waiting.line()
    assert [(item["client"]["id"], item["position"]) for item in line] == [(first.id, 1), (second.id, 2)]
    told = await waiting.scene.reader_live.next_event("queue.line_changed", lambda event: len(event["items"]) == 2)
    assert told["items"] == line
    # The first is told that the line is longer now; events and snapshot agree.
    assert await first.next_change(waiting_count=2) == await first.entry()
    profile = (await waiting.scene.client.get(f"/readers/{waiting.reader_id}")).body
    assert (profile["status"], profile["waiting_count"]) == ("busy", 2)
    card = next(c for c in (await first.person.get("/readers")).body["items"] if c["id"] == waiting.reader_id)
    assert (card["status"], card["waiting_count"]) == ("busy", 2)


async def test_who_leaves_makes_room_for_those_behind(waiting: Waiting) -> None:
    first, second = waiting.waiters
    assert await first.leave()
    assert (await second.next_change(position=1))["waiting_count"] == 1
    assert (await first.next_end())["end_reason"] == "left"
    assert await first.entry() is None
    assert not await first.leave()
    # Who left knows that; it is not told as a loss.
    assert (await first.queue())["lost"] == []


async def test_the_next_in_line_gets_the_turn_when_the_consultation_ends(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = waiting.waiters
    waiting.without_sweeps(monkeypatch)
    await second.live.command("readers.watch", on=True)
    await waiting.free_the_reader()
    entry = await first.next_change(state="reserved")
    assert entry == await first.entry()
    assert (entry["position"], entry["consultation_id"]) == (1, None)
    assert await waiting.status() == "busy"
    seen = [payload["status"] for name, payload in second.live.events if name == "reader.status_changed"]
    assert "online" not in seen, "nobody was shown a reader who was free for an instant"
    assert await second.request_refused() == "reader.busy"
    asked = await first.request()
    assert asked["status"] == "requested"
    assert (await first.next_change(consultation_id=asked["id"]))["state"] == "reserved"
    await waiting.accept(asked)
    assert (await first.next_end())["end_reason"] == "served"
    assert (await second.next_change(position=1))["waiting_count"] == 1
    assert (await first.queue())["lost"] == []


async def test_a_turn_that_is_not_used_passes_on_after_its_time(waiting: Waiting) -> None:
    first, second = waiting.waiters
    await waiting.free_the_reader()
    reserved = await first.next_change(state="reserved")
    await waiting.pass_time(119)
    assert (await first.entry())["reserved_until_at"] == reserved["reserved_until_at"]
    await waiting.pass_time(1)
    ended = await first.next_end()
    assert (ended["state"], ended["end_reason"], ended["position"]) == ("passed", "time_ran_out", None)
    assert (await second.next_change(state="reserved"))["position"] == 1
    # Whoever was not there when it happened is still told.
    assert [lost["end_reason"] for lost in (await first.queue())["lost"]] == ["time_ran_out"]
    assert await first.request_refused() == "reader.busy"
    assert (await first.join())["position"] == 2
    assert (await first.queue())["lost"] == []


async def test_who_passes_on_the_turn_gives_it_to_the_next_at_once(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = waiting.waiters
    waiting.without_sweeps(monkeypatch)
    await waiting.free_the_reader()
    await first.next_change(state="reserved")
    assert await first.leave()
    assert (await second.next_change(state="reserved"))["waiting_count"] == 1


@pytest.mark.parametrize(("answer", "reason"), [("decline", "declined"), ("silence", "unanswered")])
async def test_a_ring_that_the_reader_does_not_take_passes_the_turn_on(waiting: Waiting, answer: str, reason: str) -> None:
    first, second = waiting.waiters
    await waiting.free_the_reader()
    asked = await first.request()
    if answer == "decline":
        await waiting.decline(asked)
    else:
        await waiting.pass_time(45)
    assert (await first.next_end())["end_reason"] == reason
    assert (await second.next_change(state="reserved"))["position"] == 1


async def test_a_request_taken_back_keeps_what_is_left_of_the_turn(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    await waiting.free_the_reader()
    until = (await first.next_change(state="reserved"))["reserved_until_at"]
    await waiting.pass_time(100)
    asked = await first.request()
    await first.live.command("consultation.cancel", consultation_id=asked["id"])
    entry = await first.entry()
    assert (entry["state"], entry["consultation_id"], entry["reserved_until_at"]) == ("reserved", None, until)
    asked = await first.request()
    await waiting.pass_time(30)
    assert (await first.entry())["state"] == "reserved", "it rings: the turn is not taken away meanwhile"
    await first.live.command("consultation.cancel", consultation_id=asked["id"])
    assert (await first.next_end())["end_reason"] == "time_ran_out"


async def test_the_last_in_line_leaves_a_free_reader_behind(metered: Server) -> None:
    waiting = await Waiting.start(metered, waiters=1)
    (only,) = waiting.waiters
    await waiting.free_the_reader()
    await waiting.pass_time(120)
    assert (await only.next_end())["end_reason"] == "time_ran_out"
    assert await waiting.status() == "online"
    stranger = await waiting.add(joins=False)
    assert (await stranger.request())["status"] == "requested"


async def test_what_stands_in_the_way_of_joining_is_said(waiting: Waiting) -> None:
    poor = await waiting.add(balance=398, joins=False)
    assert await poor.refused() == "wallet.balance_too_low"
    careful = await waiting.add(joins=False)
    limits_set = {"per_consultation_minor": 100, "per_day_minor": None, "per_month_minor": None}
    assert (await careful.person.put("/me/limits", limits_set)).status == 200
    assert await careful.refused() == "wallet.spending_limit_reached"
    rich = await waiting.add(joins=False)
    assert await rich.refused("video") == "reader.type_not_offered"
    other = await add_reader(waiting.server)
    assert await rich.refused(reader_id=other.id) == "reader.offline"
    other_live = await go_online(waiting.server, other)
    assert await rich.refused(reader_id=other.id) == "queue.reader_free"
    await other_live.command("reader.set_status", status="away")
    assert await rich.refused(reader_id=other.id) == "reader.offline"
    unverified = await waiting.server.register("reader")
    assert await rich.refused(reader_id=unverified.id) == "reader.unverified"
    assert await rich.refused(reader_id=rich.id) == "resource.not_found"
    talking = Waiter(waiting, waiting.scene.client, waiting.scene.client_live)
    assert await talking.refused() == "client.busy"
    error = await waiting.scene.reader_live.refused("queue.join", reader_id=waiting.reader_id, type="chat", nonce="n")
    assert (error["code"], error["status"]) == ("auth.forbidden", 403)
    assert [item["client"]["id"] for item in await waiting.line()] == [waiter.id for waiter in waiting.waiters[:2]]


async def test_a_reader_who_hides_while_talking_has_no_line(waiting: Waiting) -> None:
    await waiting.scene.reader_live.command("reader.set_status", status="invisible")
    late = await waiting.add(joins=False)
    assert await late.refused() == "reader.offline"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"reader_id": "x", "type": "chat", "nonce": "n"},
        {"type": "smoke"},
        {"type": None},
        {"nonce": ""},
        {"nonce": "n" * 65},
        {"nonce": "a\x00b"},
        {"extra": 1},
        {"reader_id": ["x"]},
    ],
)
async def test_bad_input_is_refused(server: Server, payload: dict[str, Any]) -> None:
    client = await add_client(server, balance=0)
    live = await server.connect(client)
    sent = payload if not payload else {"reader_id": client.id, "type": "chat", "nonce": "n"} | payload
    answer = await live.send("queue.join", sent)
    assert (answer["ok"], answer["error"]["status"]) == (False, 422)
    assert answer["error"]["fields"]
    answer = await live.send("queue.leave", {"reader_id": sent.get("reader_id"), "more": 1})
    assert (answer["ok"], answer["error"]["status"]) == (False, 422)


async def test_joining_twice_is_one_place(waiting: Waiting) -> None:
    late = await waiting.add(joins=False)
    payload = {"reader_id": waiting.reader_id, "type": "chat", "nonce": "once"}
    first = (await late.live.command("queue.join", **payload))["entry"]
    assert (await late.live.command("queue.join", **payload))["entry"] == first
    assert await late.join() == first
    assert len(await waiting.line()) == 3
    error = await late.live.refused("queue.join", **payload | {"type": "call"})
    assert (error["code"], error["status"]) == ("nonce.reused", 422)
    await late.leave()
    again = (await late.live.command("queue.join", **payload))["entry"]
    assert (again["id"], again["state"], again["position"]) == (first["id"], "left", None)
    assert len(await waiting.line()) == 2


async def test_whoever_waits_may_change_what_for_and_keeps_the_place(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    rates = {"call": {"rate_per_minute_minor": 499}}
    assert (await waiting.scene.reader.patch("/me/reader", {"rates": rates})).status == 200
    entry = await first.join("call")
    assert (entry["position"], entry["type"], entry["rate_per_minute_minor"]) == (1, "call", 499)
    assert [item["type"] for item in await waiting.line()] == ["call", "chat"]


async def test_a_client_waits_in_three_lines_at_most(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    for number in range(limits.QUEUES_PER_CLIENT):
        other = await Waiting.start(waiting.server, waiters=0)
        if number < limits.QUEUES_PER_CLIENT - 1:
            await first.join(reader_id=other.reader_id)
        else:
            assert await first.refused(reader_id=other.reader_id) == "queue.too_many_lines"
    assert len((await first.queue())["items"]) == limits.QUEUES_PER_CLIENT


async def test_a_line_has_an_end(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUE_LENGTH", 2)
    late = await waiting.add(joins=False)
    assert await late.refused() == "queue.full"


async def test_of_many_who_join_at_once_each_has_a_place_of_their_own(metered: Server) -> None:
    waiting = await Waiting.start(metered, waiters=0)
    people = [await waiting.add(joins=False) for _ in range(6)]
    entries = await asyncio.gather(*(person.join() for person in people), people[0].join())
    assert sorted(entry["position"] for entry in entries[:6]) == [1, 2, 3, 4, 5, 6]
    assert entries[6]["id"] == entries[0]["id"]
    assert len(await waiting.line()) == 6


async def test_only_readers_have_a_line_and_only_clients_a_place(waiting: Waiting) -> None:
    assert (await waiting.scene.reader.get("/queue")).code == "auth.forbidden"
    assert (await waiting.scene.client.get("/me/reader/queue")).code == "auth.forbidden"
    stranger = await waiting.server.visitor()
    assert (await stranger.get("/queue")).status == 401
