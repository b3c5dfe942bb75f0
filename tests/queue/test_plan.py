"""The rules of turns as a pure function: whatever a line looks like, what becomes of it is sound, and stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from config.settings import QueueSettings
from realtime.queue.turns import Line, in_order, settle_line
from storage.consultations import Person
from storage.queue import AskedConsultation, Place, QueueEntry, QueueReader

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SETTINGS = QueueSettings()
READER = UUID(int=1)
# Mostly the good case, so that turns are given often.
mostly = st.sampled_from([True, True, True, True, False])
deadlines = st.integers(1, 120).map(lambda s: NOW + timedelta(seconds=s)) | st.integers(0, 9).map(
    lambda s: NOW - timedelta(seconds=s)
)
past = st.integers(0, 4000).map(lambda s: NOW - timedelta(seconds=s))


@st.composite
def places(draw: st.DrawFn, number: int, *, may_be_reserved: bool) -> Place:
    is_reserved = may_be_reserved and draw(mostly)
    asked = draw(
        st.none()
        | st.builds(
            AskedConsultation,
            st.sampled_from(["requested", "in_progress", "completed", "cancelled"]),
            st.sampled_from([None, "declined", "expired", "withdrawn"]),
            st.booleans(),
        )
    )
    asked = asked if is_reserved and draw(st.booleans()) else None
    skipped_at = None if is_reserved else draw(st.none() | past)
    client = Person(UUID(int=100 + number), "Client", None, False)
    entry = QueueEntry(
        id=UUID(int=200 + number),
        number=number,
        reader_id=READER,
        client_id=client.id,
        type=draw(st.sampled_from(["chat", "chat", "chat", "video"])),
        nonce=f"n{number}",
        state="reserved" if is_reserved else "waiting",
        joined_at=draw(past),
        reserved_until_at=draw(deadlines) if is_reserved else None,
        consultation_id=None if asked is None else UUID(int=300 + number),
        skipped_at=skipped_at,
        skip_reason=None if skipped_at is None else draw(st.sampled_from(["disconnected", "busy", "balance"])),
        stalled_at=None if draw(mostly) else draw(past),
    )
    facts = {name: draw(mostly) for name in ("is_connected", "can_pay")}
    facts |= {name: not draw(mostly) for name in ("is_in_consultation", "has_turn_elsewhere")}
    return Place(entry=entry, client=client, is_client_active=draw(mostly), has_limits=False, wallet_id=1, asked=asked, **facts)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    count = draw(st.integers(0, 5))
    first_reserved = draw(st.integers(0, count))
    waiting = [draw(places(n, may_be_reserved=n == first_reserved)) for n in range(count)]
    is_free = draw(st.booleans())
    clients = [UUID(int=99), *(place.client.id for place in waiting)]
    live_client_id = None if is_free else draw(st.none() | st.sampled_from(clients))
    reader = QueueReader(
        reader=Person(READER, "Reader", None, False),
        is_active=is_free or draw(mostly),
        is_verified=is_free or draw(mostly),
        chosen_status="online" if is_free else draw(st.sampled_from(["online", "away", "offline"])),
        is_connected=is_free or draw(mostly),
        is_on_air=not is_free and draw(st.booleans()),
        is_away_from_air=draw(st.booleans()),
        live_client_id=live_client_id,
        live_was_accepted=live_client_id is not None and draw(st.booleans()),
        rates={"chat": 399},
    )
    return Line(reader, in_order(waiting))


def is_ready(place: Place) -> bool:
    return place.is_connected and place.can_pay and not place.is_in_consultation and not place.has_turn_elsewhere


@given(lines())
def test_a_settled_line_is_sound(line: Line) -> None:
    settled = settle_line(line, now=NOW, settings=SETTINGS)
    assert {place.entry.id for place in settled} == {place.entry.id for place in line.places}, "nobody is forgotten"
    waiting = [place for place in settled if place.entry.is_open]
    reserved = [place for place in waiting if place.entry.state == "reserved"]
    assert len(reserved) <= 1
    for place in settled:
        entry = place.entry
        assert (entry.state == "reserved") == (entry.reserved_until_at is not None)
        assert entry.is_open == (entry.ended_at is None) == (entry.end_reason is None)
        assert (entry.skipped_at is None) == (entry.skip_reason is None)
        assert entry.skipped_at is None or entry.state == "waiting"
    for place in reserved:
        assert place.entry.reserved_until_at is not None
        if place.entry.consultation_id is None:
            assert not place.is_in_consultation
            assert line.reader.is_free, "nobody has the turn at a reader who cannot take it"
            assert NOW < place.entry.reserved_until_at <= NOW + timedelta(seconds=120)
    if line.reader.is_free and not reserved:
        assert not [place for place in waiting if is_ready(place)], "a free reader waits for nobody who could come"
        assert all(place.entry.skipped_at is not None for place in waiting)


@given(lines())
def test_settling_twice_changes_nothing(line: Line) -> None:
    settled = settle_line(line, now=NOW, settings=SETTINGS)
    # What the database would say of them: a request that is over has been dealt with.
    again = [replace(p, asked=None) if p.entry.consultation_id is None else p for p in settled]
    twice = settle_line(Line(line.reader, in_order(again)), now=NOW, settings=SETTINGS)
    assert [place.entry for place in twice] == [place.entry for place in in_order(settled)]


@given(lines())
def test_a_new_turn_goes_to_the_first_who_is_ready(line: Line) -> None:
    settled = settle_line(line, now=NOW, settings=SETTINGS)
    had = {place.entry.id for place in line.places if place.entry.state == "reserved"}
    for place in settled:
        if place.entry.state == "reserved" and place.entry.id not in had:
            assert is_ready(place)
            assert place.entry.reserved_until_at == NOW + timedelta(seconds=120)
            before = [p for p in settled if p.entry.is_open and p.entry.number < place.entry.number and is_ready(p)]
            assert before == []


@given(lines(), st.integers(1, 5000))
def test_whoever_has_the_turn_and_does_not_ask_has_lost_it_two_minutes_later(line: Line, later: int) -> None:
    settled = settle_line(line, now=NOW, settings=SETTINGS)
    reserved = [p for p in settled if p.entry.state == "reserved" and p.entry.consultation_id is None]
    until = max([p.entry.reserved_until_at for p in reserved if p.entry.reserved_until_at is not None], default=NOW)
    moment = until + timedelta(seconds=later)
    after = settle_line(Line(line.reader, in_order(settled)), now=moment, settings=SETTINGS)
    for place in reserved:
        assert not next(p for p in after if p.entry.id == place.entry.id).entry.is_open
