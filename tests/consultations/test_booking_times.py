"""The times that are offered, against looking at the reader's clock in every single minute: around every kind of change of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.calendars import list_spans
from realtime.consultations.booking_times import STEP, is_offered, is_on_grid, list_free_times, list_slots
from server.mail.booking_letters import describe_instant
from storage.availability import Window

# A zone, and the days around a change of its clocks.
CHANGES = [
    ("UTC", "2026-03-29"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),  # half an hour
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Australia/Adelaide", "2026-10-04"),  # half hours from UTC
    ("Asia/Kolkata", "2026-06-01"),
    ("Asia/Kathmandu", "2026-06-01"),  # three quarters of an hour from UTC
    ("Pacific/Chatham", "2026-04-05"),
    ("Pacific/Apia", "2011-12-30"),  # a day that did not exist
    ("Pacific/Kiritimati", "2026-06-01"),  # fourteen hours from UTC
    ("Pacific/Pago_Pago", "2026-06-01"),
    ("Asia/Beirut", "2026-03-29"),  # at midnight
    ("Asia/Beirut", "2026-10-25"),  # at midnight back into the day before
    ("America/Havana", "2026-11-01"),
]


@st.composite
def calendars(draw: st.DrawFn, day: date) -> list[Window]:
    """Windows that do not overlap, of some weekdays and some single days, with ends at any minute."""
    found = []
    for weekday in range(7):
        found += draw(_windows_of_day(weekday, None))
    for offset in (-1, 0, 1):
        if draw(st.booleans()):
            found += draw(_windows_of_day(None, day + timedelta(days=offset)))
    return found


def _windows_of_day(weekday: int | None, single: date | None) -> st.SearchStrategy[list[Window]]:
    ends = st.lists(st.one_of(st.integers(0, 1440), st.sampled_from([0, 60, 120, 150, 180, 1440])), max_size=6, unique=True)

    def pair(minutes: list[int]) -> list[Window]:
        ordered = sorted(minutes)
        return [Window(weekday, single, start, end) for start, end in zip(ordered[::2], ordered[1::2], strict=False)]

    return ends.map(pair)


def shows_a_window(windows: list[Window], zone: ZoneInfo, instant: datetime) -> bool:
    """Whether the clock there shows a time within a window of the day that it shows."""
    wall = instant.astimezone(zone)
    own = [window for window in windows if window.specific_date == wall.date()]
    weekly = [window for window in windows if window.specific_date is None and window.day_of_week == wall.isoweekday() % 7]
    return any(window.start_minute <= wall.hour * 60 + wall.minute < window.end_minute for window in own or weekly)


@pytest.mark.parametrize(("zone_name", "day"), CHANGES)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_a_time_is_offered_exactly_where_the_readers_clock_shows_a_window_all_along(
    zone_name: str, day: str, data: st.DataObject
) -> None:
    zone, middle = ZoneInfo(zone_name), datetime.fromisoformat(day).replace(tzinfo=UTC)
    windows = data.draw(calendars(middle.date()))
    minutes = data.draw(st.sampled_from([15, 30, 45, 120]))
    from_at = middle + timedelta(minutes=data.draw(st.integers(-48 * 60, 12 * 60)))
    until_at = from_at + timedelta(days=2)
    grid = _every_quarter(from_at, until_at)
    taken = set(data.draw(st.lists(st.sampled_from(grid), max_size=5)))

    first = grid[0]
    shown = [shows_a_window(windows, zone, first + timedelta(minutes=number)) for number in range(2 * 1440 + 120)]
    expected = []
    for at in grid:
        begin = int((at - first).total_seconds()) // 60
        if all(shown[begin : begin + minutes]) and not taken.intersection(list_slots(at, minutes)):
            expected.append(at)

    found = list_free_times(windows, zone, minutes=minutes, from_at=from_at, until_at=until_at, taken=taken)
    assert found == expected
    assert all(is_on_grid(at) for at in found)
    assert len({describe_instant(at, zone) for at in found}) == len(found), "a letter says each of them unmistakably"
    for at in grid[:: max(1, len(grid) // 20)]:
        begin = int((at - first).total_seconds()) // 60
        assert is_offered(windows, zone, starts_at=at, minutes=minutes) == all(shown[begin : begin + minutes])


def _every_quarter(from_at: datetime, until_at: datetime) -> list[datetime]:
    at = from_at + (datetime(1970, 1, 1, tzinfo=UTC) - from_at) % STEP
    found = []
    while at < until_at:
        found.append(at)
        at += STEP
    return found


@pytest.mark.parametrize(("zone_name", "day"), CHANGES)
def test_a_time_that_is_shown_there_comes_back_as_the_same_instant(zone_name: str, day: str) -> None:
    zone, middle = ZoneInfo(zone_name), datetime.fromisoformat(day).replace(tzinfo=UTC)
    always = [Window(weekday, None, 0, 1440) for weekday in range(7)]
    begin = middle - timedelta(days=1)
    times = list_free_times(always, zone, minutes=15, from_at=begin, until_at=middle + timedelta(days=2), taken=())
    assert times == _every_quarter(begin, middle + timedelta(days=2)), "whoever is always there has no gap and no double hour"
    assert [at.astimezone(zone).astimezone(UTC) for at in times] == times
    assert all(at.astimezone(zone).minute % 15 == 0 for at in times)


def test_a_window_within_the_hour_that_comes_twice_is_offered_on_both_passes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    window = [Window(0, None, 2 * 60 + 15, 2 * 60 + 45)]
    spans = list_spans(window, berlin, now=datetime(2026, 10, 24, 22, 0, tzinfo=UTC), days=1)
    assert [(span.starts_at.hour, span.starts_at.minute) for span in spans] == [(0, 15), (1, 15)]
    assert {(span.ends_at - span.starts_at).total_seconds() for span in spans} == {1800}


def test_a_booking_may_go_past_midnight_where_the_windows_meet() -> None:
    samoa = ZoneInfo("Pacific/Apia")
    windows = [Window(day, None, 0, 1440) for day in range(7)]
    # Half past eleven on Thursday, 29 December 2011; the day after it there was Saturday.
    at = datetime(2011, 12, 30, 9, 30, tzinfo=UTC)
    assert is_offered(windows, samoa, starts_at=at, minutes=60)
    assert not is_offered([Window(4, None, 0, 1440)], samoa, starts_at=at, minutes=60)
    assert is_offered([Window(4, None, 0, 1440)], samoa, starts_at=at, minutes=30)
    assert not is_offered([Window(5, None, 0, 1440)], samoa, starts_at=at + timedelta(minutes=30), minutes=15)
