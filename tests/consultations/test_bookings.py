"""Booking a consultation through the doors: what is agreed, every refusal, giving it up, and how it begins."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from config.clock import MovableClock
from config.fields import render_instant
from realtime.consultations.clock import Moment
from realtime.consultations.presence import node_lost
from server.live import NODE
from tests.support.bookings import book, booked, ending, move_towards_start, next_quarter, offer_times, prepare
from tests.support.consultations import Scene, add_client, add_reader, go_online
from tests.support.servers import Server, StartServer


@pytest.fixture
async def metered(start_server: StartServer) -> Server:
    # A lease that outlasts the leaps of the clock.
    return await start_server({"nodes": {"lease_seconds": 1e6}}, clock=MovableClock())


async def test_a_booking_is_confirmed_at_once_and_freezes_what_was_agreed(metered: Server) -> None:
    scene = await prepare(metered)
    at = next_quarter(scene)
    reply = await book(scene.client, scene.reader, at, minutes=45)
    assert (reply.status, reply.body["status"], reply.body["scheduled_at"]) == (201, "scheduled", render_instant(at))
    assert reply.body["waiting_room_opens_at"] == render_instant(at - timedelta(minutes=10))
    assert (reply.body["scheduled_minutes"], reply.body["rate_per_minute_minor"], reply.body["no_show_minutes"]) == (45, 399, 0)
    scene.id = reply.body["id"]
    for live in (scene.client_live, scene.reader_live):
        told = await live.next_event("consultation.scheduled")
        assert (told["consultation_id"], told["consultation"]["version"]) == (scene.id, 1)
    await scene.reader.patch("/me/reader", {"rates": {"chat": {"rate_per_minute_minor": 999}}})
    assert (await scene.snapshot())["rate_per_minute_minor"] == 399
    assert await scene.balance() == 1000


async def test_free_times_are_availability_less_what_is_booked(metered: Server) -> None:
    reader, client = await add_reader(metered), await add_client(metered)
    # The clock stands at noon of Monday, 2026-01-05.
    await offer_times(reader, [{"day_of_week": 1, "start_time": "12:05", "end_time": "14:00"}])
    path = f"/readers/{reader.id}/times?type=chat&minutes=30&days=1"
    visitor = await metered.visitor()
    times = (await visitor.get(path)).body["times"]
    assert [time[11:16] for time in times] == ["12:15", "12:30", "12:45", "13:00", "13:15", "13:30"]
    at = metered.clock.now() + timedelta(minutes=45)
    assert (await book(client, reader, at, minutes=30)).status == 201
    times = (await visitor.get(path)).body["times"]
    assert [time[11:16] for time in times] == ["12:15", "13:15", "13:30"]
    assert (await visitor.get(path.replace("chat", "video"))).body["times"] == []
    other = await add_reader(metered)
    await offer_times(other, [{"day_of_week": 1, "start_time": "12:30", "end_time": "13:15"}])
    path = path.replace(reader.id, other.id)
    assert len((await visitor.get(path)).body["times"]) == 2
    assert (await client.get(path)).body["times"] == []


async def test_a_reader_is_not_flooded_with_letters_by_booking_and_giving_up(
    metered: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.limits.BOOKINGS_MADE_PER_DAY", 3)
    scene = await prepare(metered)
    for _ in range(3):
        reply = await book(scene.client, scene.reader, next_quarter(scene))
        assert (await scene.client.post(f"/consultations/{reply.body['id']}/cancel", {"reason": "Buy here"})).status == 200
    reply = await book(scene.client, scene.reader, next_quarter(scene))
    assert (reply.status, reply.code) == (429, "limit.rate")


async def test_a_day_far_ahead_is_offered_up_to_sixty_days(metered: Server) -> None:
    reader = await add_reader(metered)
    await offer_times(reader)
    visitor, now = await metered.visitor(), metered.clock.now()
    last = now + timedelta(days=60)
    path = f"/readers/{reader.id}/times?minutes=15&days=14&from="
    body = (await visitor.get(path + render_instant(last - timedelta(hours=1)))).body
    assert (len(body["times"]), body["bookable_until_at"], body["until_at"]) == (4, render_instant(last), render_instant(last))
    assert (await visitor.get(path + "9999-12-31T23:59:59Z")).body["times"] == []
    assert len((await visitor.get(path + "0001-01-01T00:00:00Z")).body["times"]) == 14 * 96 - 1


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("days=15", "days"),
        ("days=0", "days"),
        ("minutes=20", "minutes"),
        ("minutes=135", "minutes"),
        ("type=letter", "type"),
        ("from=yesterday", "from"),
        ("from=2026-01-05T12:00:00", "from"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
        ("from_at=2026-01-05T12:00:00Z", "from_at"),
    ],
)
async def test_a_wrong_question_for_times_is_refused(server: Server, query: str, path: str) -> None:
    reader = await add_reader(server)
    reply = await (await server.visitor()).get(f"/readers/{reader.id}/times?{query}")
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, path)


async def test_nobody_else_sees_when_an_unlisted_reader_is_free(metered: Server) -> None:
    reader, other = await metered.register("reader"), await add_client(metered)
    await offer_times(reader)
    assert (await other.get(f"/readers/{reader.id}/times")).status == 404
    own = await reader.get(f"/readers/{reader.id}/times")
    assert (own.status, own.body["times"]) == (200, [])


async def test_every_wrong_time_is_refused(metered: Server) -> None:
    scene = await prepare(metered)
    now = scene.clock.now()
    for at in (
        now - timedelta(days=1),
        now + timedelta(minutes=14, seconds=59),
        now + timedelta(minutes=20),
        now + timedelta(minutes=30, milliseconds=1),
        now + timedelta(days=60, minutes=15),
    ):
        reply = await book(scene.client, scene.reader, at)
        assert (reply.status, reply.body["fields"][0]["path"]) == (422, "scheduled_at"), at
    for fields in (
        {"minutes": 20},
        {"minutes": 0},
        {"minutes": 135},
        {"minutes": "30"},
        {"minutes": True},
        {"scheduled_at": "soon"},
        {"scheduled_at": 1767618000},
        {"scheduled_at": "0001-01-01T00:00:00+14:00"},
        {"scheduled_at": "2026-01-05T13:00:00"},
    ):
        reply = await book(scene.client, scene.reader, next_quarter(scene), **fields)
        assert (reply.status, reply.code) == (422, "request.invalid"), fields
    payload = {"reader_id": scene.reader.id, "type": "chat", "minutes": 30}
    assert (await scene.client.post("/consultations", payload)).status == 422
    assert (await book(scene.client, scene.reader, now + timedelta(minutes=15))).status == 201


async def test_every_refusal_of_a_booking_has_its_code(metered: Server) -> None:
    scene = await prepare(metered)
    at = next_quarter(scene)
    assert (await book(scene.reader, scene.reader, at)).status == 403
    assert (await book(await metered.visitor(), scene.reader, at)).status == 401
    assert (await book(scene.client, scene.client, at)).status == 404
    reply = await book(scene.client, await metered.register("reader"), at)
    assert (reply.status, reply.code) == (409, "reader.unverified")
    reply = await book(scene.client, scene.reader, at, type="call")
    assert (reply.status, reply.code) == (409, "reader.type_not_offered")
    reply = await book(await add_client(metered, balance=398), scene.reader, at)
    assert (reply.status, reply.code) == (402, "wallet.balance_too_low")
    await offer_times(scene.reader, [{"day_of_week": 1, "start_time": "13:00", "end_time": "13:30"}])
    reply = await book(scene.client, scene.reader, at, minutes=45)
    assert (reply.status, reply.code) == (409, "reader.time_not_offered")
    assert (await book(scene.client, scene.reader, at, minutes=30)).status == 201
    reply = await book(await add_client(metered), scene.reader, at + timedelta(minutes=15), minutes=15)
    assert (reply.status, reply.code) == (409, "reader.time_taken")
    other = await add_reader(metered)
    await offer_times(other)
    reply = await book(scene.client, other, at - timedelta(minutes=15), minutes=30)
    assert (reply.status, reply.code) == (409, "client.time_taken")


async def test_a_client_has_a_bounded_number_of_bookings(metered: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.limits.BOOKINGS_PER_CLIENT", 2)
    scene = await booked(metered)
    assert (await book(scene.client, scene.reader, next_quarter(scene, 120))).status == 201
    reply = await book(scene.client, scene.reader, next_quarter(scene, 180))
    assert (reply.status, reply.code) == (409, "client.too_many_bookings")
    assert (await scene.client.post(f"/consultations/{scene.id}/cancel", {})).status == 200
    assert (await book(scene.client, scene.reader, next_quarter(scene, 180))).status == 201


async def test_a_repeated_booking_is_the_same_booking(metered: Server) -> None:
    scene = await prepare(metered)
    at = next_quarter(scene)
    first = await book(scene.client, scene.reader, at, key="once")
    again = await book(scene.client, scene.reader, at, key="once")
    assert (again.status, again.body["id"]) == (201, first.body["id"])
    other = await book(scene.client, scene.reader, at + timedelta(minutes=30), key="once")
    assert (other.status, other.code) == (422, "idempotency.key_reused")
    assert len((await scene.client.get("/me/bookings")).body["items"]) == 1


async def test_coming_bookings_are_listed_for_both_the_next_one_first(metered: Server) -> None:
    scene = await prepare(metered)
    times = [next_quarter(scene, minutes) for minutes in (180, 60, 120)]
    for at in times:
        assert (await book(scene.client, scene.reader, at)).status == 201
    for person in (scene.client, scene.reader):
        first = (await person.get("/me/bookings?limit=2")).body
        rest = (await person.get(f"/me/bookings?limit=2&cursor={first['next_cursor']}")).body
        found = [item["scheduled_at"] for item in first["items"] + rest["items"]]
        assert found == [render_instant(at) for at in sorted(times)]
        assert rest["next_cursor"] is None
    assert (await (await add_client(metered)).get("/me/bookings")).body["items"] == []
    assert (await scene.client.get("/me/bookings?cursor=x")).status == 422


@pytest.mark.parametrize("by_reader", [False, True])
@pytest.mark.parametrize("over_http", [False, True])
async def test_either_of_the_two_cancels_for_nothing_and_the_other_is_told(
    metered: Server, by_reader: bool, over_http: bool
) -> None:
    scene = await booked(metered)
    person, live = (scene.reader, scene.reader_live) if by_reader else (scene.client, scene.client_live)
    other, other_live = (scene.client, scene.client_live) if by_reader else (scene.reader, scene.reader_live)
    for _ in range(2):
        if over_http:
            reply = await person.post(f"/consultations/{scene.id}/cancel", {"reason": "I am ill"})
            assert reply.status == 200, reply.content
            snapshot = reply.body
        else:
            data = await live.command("consultation.cancel", consultation_id=scene.id, reason="I am ill")
            snapshot = data["consultation"]
        assert ending(snapshot) == ("cancelled", "declined" if by_reader else "withdrawn", 0)
    told = await other_live.next_event("consultation.cancelled")
    assert told["consultation"]["status"] == "cancelled"
    letter = await metered.letter_saying(other.email, 'The reason given: "I am ill"')
    assert "Nothing was charged." in letter["text"]
    assert (await other.post(f"/consultations/{scene.id}/cancel", {})).code == "consultation.not_scheduled"
    assert (await book(scene.client, scene.reader, next_quarter(scene))).status == 201, "the time is free again"


async def test_a_booking_is_nobody_elses_to_cancel(metered: Server) -> None:
    scene = await booked(metered)
    stranger = await add_client(metered)
    assert (await stranger.post(f"/consultations/{scene.id}/cancel", {})).status == 404
    assert (await stranger.get(f"/consultations/{scene.id}/calendar")).status == 404
    assert (await scene.client.post(f"/consultations/{scene.id}/cancel", {"reason": " "})).status == 422
    assert (await scene.client.post(f"/consultations/{scene.id}/cancel", {"why": "x"})).status == 422


async def test_the_waiting_room_opens_ten_minutes_before_and_shows_who_is_there(metered: Server) -> None:
    scene = await booked(metered)
    await move_towards_start(scene, seconds=-601)
    error = await scene.client_live.refused("consultation.join", consultation_id=scene.id)
    assert (error["code"], error["status"]) == ("consultation.too_early", 409)
    assert (await scene.snapshot())["waiting_room_opens_at"] in error["message"]
    await move_towards_start(scene, seconds=-600)
    joined = (await scene.client_live.command("consultation.join", consultation_id=scene.id))["consultation"]
    assert (joined["status"], joined["client_present"], joined["reader_present"]) == ("scheduled", True, False)
    seen = await scene.reader_live.next_event("consultation.changed")
    assert seen["consultation"]["client_present"]
    await scene.client_live.close()
    left = await scene.reader_live.next_event("consultation.changed")
    assert not left["consultation"]["client_present"]
    error = await scene.reader_live.refused("consultation.end", consultation_id=scene.id)
    assert error["code"] == "consultation.not_in_progress"


async def test_it_begins_by_itself_at_its_time_and_is_charged_from_when_both_are_there(metered: Server) -> None:
    scene = await booked(metered)
    await move_towards_start(scene, seconds=-300)
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    await move_towards_start(scene, seconds=-1)
    assert (await scene.snapshot())["status"] == "scheduled"
    await move_towards_start(scene)
    begun = await scene.client_live.next_event("consultation.accepted")
    assert begun["consultation"]["status"] == "in_progress"
    await scene.client_live.next_event("consultation.started")
    assert await scene.balance() == 1000 - 399
    await scene.say("Good that it worked", by_reader=True)
    await scene.pass_time(60)
    ended = await scene.end()
    assert ending(ended) == ("completed", "client_ended", 399)
    assert (await scene.client.get("/me/bookings")).body["items"] == []


async def test_who_comes_late_starts_the_clock_then(metered: Server) -> None:
    scene = await booked(metered)
    await move_towards_start(scene)
    snapshot = await scene.snapshot()
    assert (snapshot["status"], snapshot["started_at"]) == ("in_progress", None)
    assert (snapshot["client_present"], snapshot["reader_present"]) == (False, False)
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    await move_towards_start(scene, seconds=599)
    joined = await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    assert joined["consultation"]["started_at"] is not None
    assert await scene.balance() == 1000 - 399


async def test_who_joins_at_its_time_before_anybody_ticked_begins_it(metered: Server) -> None:
    scene = await booked(metered)
    await move_towards_start(scene, seconds=-10)
    scene.clock.advance(10)
    joined = await scene.client_live.command("consultation.join", consultation_id=scene.id)
    assert joined["consultation"]["status"] == "in_progress"
    reply = await scene.client.post(f"/consultations/{scene.id}/cancel", {})
    assert (reply.status, reply.code) == (409, "consultation.not_scheduled")


async def test_who_is_booked_in_five_minutes_is_free_for_nobody_else(metered: Server) -> None:
    scene = await booked(metered)
    other_client, other_reader = await add_client(metered), await add_reader(metered)
    other_live, _ = await metered.connect(other_client), await go_online(metered, other_reader)
    request = {"type": "chat"}
    await move_towards_start(scene, seconds=-299)
    error = await other_live.refused("consultation.request", reader_id=scene.reader.id, nonce="a", **request)
    assert error["code"] == "reader.busy"
    error = await scene.client_live.refused("consultation.request", reader_id=other_reader.id, nonce="b", **request)
    assert error["code"] == "client.busy"
    await scene.client.post(f"/consultations/{scene.id}/cancel", {})
    await other_live.command("consultation.request", reader_id=scene.reader.id, nonce="c", **request)


async def test_an_instant_request_is_taken_until_five_minutes_before(metered: Server) -> None:
    scene = await booked(metered)
    await move_towards_start(scene, seconds=-301)
    other_live = await metered.connect(await add_client(metered))
    await other_live.command("consultation.request", reader_id=scene.reader.id, type="chat", nonce="a")


@pytest.mark.parametrize("shut_out", ["client", "reader"])
async def test_whoever_is_shut_out_loses_what_is_booked_and_the_other_is_told(metered: Server, shut_out: str) -> None:
    scene = await booked(metered)
    admin = await metered.make_admin()
    gone, left = (scene.client, scene.reader) if shut_out == "client" else (scene.reader, scene.client)
    reply = await admin.patch(f"/admin/users/{gone.id}", {"status": "suspended", "reason": "spam"})
    assert reply.status == 200, reply.content
    snapshot = (await left.get(f"/consultations/{scene.id}")).body
    assert ending(snapshot) == ("cancelled", "withdrawn" if shut_out == "client" else "declined", 0)
    letter = await metered.letter_saying(left.email, "was cancelled")
    assert "spam" not in letter["text"]
    async with metered.database.connection() as db:
        assert await db.fetch_value("SELECT count(*) FROM booked_slots WHERE consultation_id = $1", UUID(scene.id)) == 0


async def test_a_reader_who_is_not_vouched_for_any_more_loses_what_is_booked(metered: Server) -> None:
    scene = await booked(metered)
    admin = await metered.make_admin()
    await admin.post(f"/admin/readers/{scene.reader.id}/reject", {"reason": "papers"})
    assert ending(await scene.snapshot()) == ("cancelled", "declined", 0)


async def test_an_admin_calls_a_booking_off_and_both_are_told(metered: Server) -> None:
    scene = await booked(metered)
    admin = await metered.make_admin()
    listed = (await admin.get("/admin/consultations?status=scheduled")).body["items"]
    assert [item["id"] for item in listed] == [scene.id]
    reply = await admin.post(f"/admin/consultations/{scene.id}/end", {"reason": "asked to"})
    assert reply.status == 200, reply.content
    assert ending(await scene.snapshot())[:2] == ("cancelled", "withdrawn")
    for person in (scene.client, scene.reader):
        await metered.letter_saying(person.email, "was cancelled")


async def test_the_calendar_file_holds_the_booking(metered: Server) -> None:
    scene = await booked(metered)
    reply = await scene.client.get(f"/consultations/{scene.id}/calendar")
    assert reply.headers["Content-Type"].startswith("text/calendar")
    lines = reply.content.decode().split("\r\n")
    assert {"METHOD:PUBLISH", "DTSTART:20260105T130000Z", "DTEND:20260105T133000Z", "STATUS:CONFIRMED"} <= set(lines)
    assert all(len(line.encode()) <= 75 for line in lines)
    await scene.client.post(f"/consultations/{scene.id}/cancel", {})
    reply = await scene.reader.get(f"/consultations/{scene.id}/calendar")
    assert b"METHOD:CANCEL" in reply.content
    rung = await Scene.prepare(metered)
    asked = await rung.request()
    assert (await rung.client.get(f"/consultations/{asked['id']}/calendar")).status == 404


async def test_a_booked_call_waits_for_the_media_of_both_and_passes_signals_to_who_came_early(metered: Server) -> None:
    scene = await prepare(metered)
    await scene.reader.patch("/me/reader", {"rates": {"call": {"rate_per_minute_minor": 499}}})
    reply = await book(scene.client, scene.reader, next_quarter(scene), type="call")
    assert (reply.status, reply.body["rates"]["chat"]) == (201, {"rate_per_minute_minor": 399}), "all rates are frozen"
    scene.id = reply.body["id"]
    await move_towards_start(scene, seconds=-60)
    for live in (scene.client_live, scene.reader_live):
        await live.command("consultation.join", consultation_id=scene.id)
    error = await scene.client_live.refused("signal.send", consultation_id=scene.id, candidate=None)
    assert error["code"] == "consultation.not_in_progress"
    await move_towards_start(scene)
    assert (await scene.snapshot())["started_at"] is None
    await scene.client_live.command("signal.send", consultation_id=scene.id, candidate=None)
    heard = await scene.reader_live.next_event("signal.received")
    assert heard["sender_id"] == scene.client.id
    for live in (scene.client_live, scene.reader_live):
        await live.command("media.report", consultation_id=scene.id, state="connected")
    snapshot = await scene.snapshot()
    assert (snapshot["started_at"] is not None, snapshot["total_cost_minor"]) == (True, 499)


async def test_who_was_in_the_waiting_room_through_a_node_that_died_is_not_there_any_more(start_server: StartServer) -> None:
    clock = MovableClock()
    metered = await start_server(clock=clock)
    scene = await booked(metered, minutes_ahead=15)
    for _ in range(40):  # in steps that the lease outlasts
        await scene.pass_time(9)
    await scene.client.refresh()
    await scene.client_live.command("consultation.join", consultation_id=scene.id)
    assert (await scene.snapshot())["client_present"]
    node_id = metered.app[NODE].id
    moment = Moment(clock.now(), metered.settings)
    await metered.database.transact(lambda tx: node_lost(tx, node_id, renewed_at=clock.now(), moment=moment))
    snapshot = await scene.snapshot()
    assert (snapshot["status"], snapshot["client_present"]) == ("scheduled", False)
