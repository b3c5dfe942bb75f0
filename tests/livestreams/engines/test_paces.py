"""When a viewer is taken for slow: by what they say, over so many seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realtime.media.broadcast.paces import Pace, Verdict

FULL, KEYFRAMES = 1_000_000.0, 100_000.0
Say = Callable[[Pace, float], None]


def run(pace: Pace, seconds: float, say: Say, *, begin: float = 0.0, full: float = FULL) -> list[tuple[float, Verdict]]:
    """Each change of the verdict, and when; asked twice a second, told something each second."""
    changes: list[tuple[float, Verdict]] = []
    for half in range(int(seconds * 2)):
        now = begin + half / 2
        if half % 2 == 0:
            say(pace, now)
        before = pace.verdict
        if pace.decide(now, full_bits=full, keyframe_bits=KEYFRAMES) != before:
            changes.append((now, pace.verdict))
    return changes


def loses(share: float) -> Say:
    return lambda pace, now: pace.note_loss(share, now)


def takes(bits: int, *, loses: float = 0.0, times: float = 1.0) -> Say:
    """`times`: what they take changes by so much each second."""

    def say(pace: Pace, now: float) -> None:
        pace.note_loss(loses, now)
        pace.note_bandwidth(round(bits * times**now), now)

    return say


def blocked(pace: Pace, now: float) -> None:
    pace.note_blocked(now)


def silent(pace: Pace, now: float) -> None:
    """Nothing is said at all."""


@pytest.mark.parametrize(
    "say",
    [
        loses(0.0),
        loses(0.1),
        takes(5_000_000),
        takes(700_000, loses=0.05),
        takes(500_000, times=0.98),
        takes(50_000, loses=0.05, times=1.02),
    ],
)
def test_who_keeps_up_gets_everything(say: Say) -> None:
    assert run(Pace(0.0), 120, say) == []


@pytest.mark.parametrize("say", [loses(0.3), takes(50_000, loses=0.05, times=0.95), blocked, silent])
def test_who_falls_behind_gets_keyframes_and_who_does_not_even_keep_up_with_them_is_let_go(say: Say) -> None:
    changes = run(Pace(0.0), 60, say)
    assert [verdict for _at, verdict in changes] == ["keyframes", "gone"]
    assert 3.5 <= changes[0][0] <= 11
    assert 5.5 <= changes[1][0] - changes[0][0] <= 20


def test_a_moment_of_loss_changes_nothing() -> None:
    pace = Pace(0.0)
    assert run(pace, 3, loses(0.5)) == []
    assert run(pace, 60, loses(0.0), begin=3.0) == []


def test_who_keeps_up_again_gets_everything_again() -> None:
    pace = Pace(0.0)
    assert [verdict for _at, verdict in run(pace, 6, loses(0.5))] == ["keyframes"]
    ((at, verdict),) = run(pace, 30, loses(0.0), begin=6.0)
    assert verdict == "full"
    assert 3 <= at - 6.0 <= 10


def test_who_gets_only_some_of_the_keyframes_is_let_go() -> None:
    """One report is of one packet then: it came, or it did not."""

    def say(pace: Pace, now: float) -> None:
        pace.note_loss(1.0 if int(now) % 5 < 3 else 0.0, now)

    pace = Pace(0.0)
    run(pace, 5, loses(0.5))
    assert [verdict for _at, verdict in run(pace, 60, say, begin=5.0)] == ["gone"]


def test_enough_for_keyframes_is_not_taken_for_too_little() -> None:
    pace = Pace(0.0)
    say = takes(150_000, loses=0.05, times=0.95)
    run(pace, 6, say)
    assert pace.verdict == "keyframes"
    assert run(pace, 7, say, begin=6.0) == [(10.0, "full")]


def test_who_falls_behind_again_and_again_is_let_go() -> None:
    """Everything is too much for them, keyframes are not."""

    def say(pace: Pace, now: float) -> None:
        pace.note_loss(0.4 if pace.verdict == "full" else 0.0, now)

    verdicts = [verdict for _at, verdict in run(Pace(0.0), 600, say)]
    assert verdicts[-1] == "gone"
    assert verdicts.count("keyframes") == 4


def test_nobody_is_slow_while_nothing_is_published() -> None:
    assert run(Pace(0.0), 120, silent, full=0.0) == []
