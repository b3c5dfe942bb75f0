"""Calendars: windows on the reader's clock, instants for everybody else, right across daylight saving time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.clock import MovableClock
from realtime.calendars import find_next_availability, instant_of, list_spans
from storage.availability import Window
from tests.support.consultations import add_reader
from tests.support.servers import Server, StartServer

BERLIN = ZoneInfo("Europe/Berlin")


def weekly(day: int, start: str, end: str) -> dict[str, Any]:
    return {"day_of_week": day, "specific_date": None, "start_time": start, "end_time": end}


def on(day: str, start: str, end: str) -> dict[str, Any]:
    return {"day_of_week": None, "specific_date": day, "start_time": start, "end_time": end}


async def test_a_calendar_is_replaced_as_a_whole(metered: Server) -> None:
    reader = await add_reader(metered)
    windows = [weekly(1, "09:00", "12:00"), weekly(1, "13:00", "24:00"), on("2026-01-10", "10:30", "11:00")]
    reply = await reader.put("/me/availability", {"windows": windows, "time_zone": "Europe/Berlin"})
    assert reply.status == 200
    assert reply.body["windows"] == windows
    assert reply.body["time_zone"] == "Europe/Berlin"
    # The clock stands at Monday, 2026-01-05, 12:00 UTC; Berlin is an hour ahead.
    assert reply.body["upcoming"] == [
        {"starts_at": "2026-01-05T12:00:00.000Z", "ends_at": "2026-01-05T23:00:00.000Z"},
        {"starts_at": "2026-01-10T09:30:00.000Z", "ends_at": "2026-01-10T10:00:00.000Z"},
        {"starts_at": "2026-01-12T08:00:00.000Z", "ends_at": "2026-01-12T11:00:00.000Z"},
        {"starts_at": "2026-01-12T12:00:00.000Z", "ends_at": "2026-01-12T23:00:00.000Z"},
    ]
    visitor = await metered.visitor()
    assert (await visitor.get(f"/readers/{reader.id}/availability")).body == reply.body
    assert (await visitor.get(f"/readers/{reader.id}")).body["next_available_at"] == "2026-01-05T12:00:00.000Z"
    assert (await reader.put("/me/availability", {"windows": []})).body["windows"] == []
    assert (await visitor.get(f"/readers/{reader.id}")).body["next_available_at"] is None


async def test_each_overlap_is_named(metered: Server) -> None:
    reader = await metered.register("reader")
    windows = [
        weekly(1, "09:00", "12:00"),
        weekly(1, "11:59", "13:00"),
        weekly(1, "12:00", "12:30"),
        weekly(2, "09:00", "12:00"),
        on("2026-02-02", "09:00", "12:00"),
        on("2026-02-02", "08:00", "23:00"),
    ]
    reply = await reader.put("/me/availability", {"windows": windows})
    assert reply.status == 422
    assert reply.body["fields"] == [
        {"path": "windows.1", "message": "overlaps windows.0"},
        {"path": "windows.2", "message": "overlaps windows.1"},
        {"path": "windows.5", "message": "overlaps windows.4"},
    ]
    assert (await reader.put("/me/availability", {"windows": windows[3:5]})).status == 200


@pytest.mark.parametrize(
    ("window", "path"),
    [
        (weekly(7, "09:00", "10:00"), "windows.0.day_of_week"),
        (weekly(1, "9:00", "10:00"), "windows.0.start_time"),
        (weekly(1, "09:00", "24:01"), "windows.0.end_time"),
        (weekly(1, "10:00", "10:00"), "windows.0"),
        (weekly(1, "24:00", "24:00"), "windows.0"),
        ({"start_time": "09:00", "end_time": "10:00"}, "windows.0"),
        (weekly(1, "09:00", "10:00") | {"specific_date": "2026-01-05"}, "windows.0"),
        (on("2026-02-30", "09:00", "10:00"), "windows.0.specific_date"),
        ({"specific_date": 0, "start_time": "09:00", "end_time": "10:00"}, "windows.0.specific_date"),
    ],
)
async def test_a_window_that_cannot_be_is_refused(metered: Server, window: dict[str, Any], path: str) -> None:
    reader = await metered.register("reader")
    reply = await reader.put("/me/availability", {"windows": [window]})
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, path)


async def test_an_unknown_time_zone_is_refused(metered: Server) -> None:
    reader = await metered.register("reader")
    reply = await reader.put("/me/availability", {"windows": [], "time_zone": "Mars/Olympus"})
    assert (reply.status, reply.body["fields"][0]["path"]) == (422, "time_zone")


async def test_a_weekly_window_keeps_its_wall_clock_when_the_clocks_change(start_server: StartServer) -> None:
    # Clocks in Berlin go forward on Sunday, 2026-03-29, at 01:00 UTC.
    server = await start_server(clock=MovableClock(datetime(2026, 3, 28, 6, 0, tzinfo=UTC)))
    reader = await server.register("reader")
    windows = [weekly(6, "09:00", "10:00"), weekly(0, "01:30", "03:30"), weekly(1, "09:00", "10:00")]
    upcoming = (await reader.put("/me/availability", {"windows": windows, "time_zone": "Europe/Berlin"})).body["upcoming"]
    assert upcoming[:3] == [
        {"starts_at": "2026-03-28T08:00:00.000Z", "ends_at": "2026-03-28T09:00:00.000Z"},
        # Half past one to half past three is one hour long in that night.
        {"starts_at": "2026-03-29T00:30:00.000Z", "ends_at": "2026-03-29T01:30:00.000Z"},
        {"starts_at": "2026-03-30T07:00:00.000Z", "ends_at": "2026-03-30T08:00:00.000Z"},
    ]


def test_times_that_the_clocks_skip_mean_the_end_of_the_gap() -> None:
    the_change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    for skipped in ("02:00", "02:01", "02:30", "02:59"):
        assert instant_of(datetime.fromisoformat(f"2026-03-29T{skipped}"), BERLIN) == the_change
    assert instant_of(datetime(2026, 3, 29, 3, 0), BERLIN) == the_change
    assert instant_of(datetime(2026, 3, 29, 1, 59), BERLIN) == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    # Lord Howe Island moves by half an hour.
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert instant_of(datetime(2026, 10, 4, 2, 15), lord_howe) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


def test_times_that_come_twice_mean_the_first() -> None:
    assert instant_of(datetime(2026, 10, 25, 2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    window = Window(0, None, 1 * 60, 4 * 60)
    (span,) = list_spans([window], BERLIN, now=datetime(2026, 10, 24, 22, 30, tzinfo=UTC), days=1)
    assert (span.ends_at - span.starts_at).total_seconds() == 4 * 3600, "that night has an hour more"


def test_a_window_inside_the_skipped_hour_does_not_exist_that_day() -> None:
    now = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert list_spans([Window(0, None, 130, 170)], BERLIN, now=now, days=1) == []


def test_a_day_with_windows_of_its_own_has_only_those() -> None:
    now = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
    windows = [Window(1, None, 540, 600), Window(None, date(2026, 1, 12), 720, 780)]
    starts = [span.starts_at for span in list_spans(windows, ZoneInfo("UTC"), now=now, days=14)]
    assert starts == [datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 12, 12, tzinfo=UTC)]


def test_windows_that_meet_at_midnight_are_one() -> None:
    now = datetime(2026, 1, 5, 23, 0, tzinfo=UTC)
    windows = [Window(1, None, 22 * 60, 1440), Window(2, None, 0, 60)]
    (span,) = list_spans(windows, ZoneInfo("UTC"), now=now, days=3)
    assert (span.starts_at.hour, span.ends_at) == (22, datetime(2026, 1, 6, 1, 0, tzinfo=UTC))
    assert find_next_availability(windows, ZoneInfo("UTC"), now=now, days=3) == now
