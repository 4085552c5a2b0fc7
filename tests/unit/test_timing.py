"""Clocks, counters and the voice by themselves."""

import math

import pytest

from nextposture.knowledge.coaching import camera_table
from nextposture.motion.smoothing import OneEuro
from nextposture.motion.timing import HoldClock, RepCounter, Swings
from nextposture.motion.voice import Say, Voice

TABLE = camera_table()


def clock() -> HoldClock:
    return HoldClock(TABLE.hold, TABLE.sight.bridge_s, TABLE.sight.lost_s)


@pytest.mark.parametrize("fps", [5, 7, 12, 30, 60])
def test_a_hold_between_two_frames_is_taken_to_begin_and_end_half_way(fps: int) -> None:
    for shift in range(5):
        one = clock()
        for n in range(12 * fps):
            at_s = n / fps + shift / (5 * fps)
            one.step(at_s, 2.0 <= at_s < 9.0)
        assert one.held_s == pytest.approx(7.0, abs=1 / fps + 1e-6)
        assert not one.on


def test_a_blip_neither_starts_nor_ends_a_hold() -> None:
    one = clock()
    for n in range(100):
        one.step(n / 20, n in (20, 21))
    assert one.held_s == 0 and not one.on
    for n in range(100, 300):
        one.step(n / 20, n not in (200, 201, 202))
    assert one.on
    assert one.held_s == pytest.approx(10.0, abs=0.1)


def test_out_of_sight_for_long_stops_the_clock_where_sight_was_lost() -> None:
    one = clock()
    events = [one.step(n / 10, True if n < 50 else None) for n in range(100)]
    assert "lost" in events
    assert one.held_s == pytest.approx(4.9, abs=0.01)


def test_the_share_of_the_way_makes_repetitions() -> None:
    counter = RepCounter(TABLE.reps)
    kinds = []
    for n in range(900):
        share = 0.5 - 0.5 * math.cos(2 * math.pi * n / 30 / 3)  # one in three seconds
        rep = counter.step(n / 30, share if n < 600 else 0.6 * share)
        if rep:
            kinds.append(rep.kind)
    assert kinds.count("full") == 7  # the seventh was past its end when the way got shorter
    assert kinds.count("short") == 3
    assert counter.count == 7


def test_stuck_half_way_is_told_once() -> None:
    counter = RepCounter(TABLE.reps)
    kinds = [rep.kind for n in range(300) if (rep := counter.step(n / 30, min(0.5, n / 60))) is not None]
    assert kinds == ["stalled"]


def test_swings_need_three_turns_in_time() -> None:
    fast, slow, small = (Swings(6, 2.5) for _ in range(3))
    for n in range(300):
        t = n / 30
        swung = fast.step(t, 5 * math.sin(2 * math.pi * t))
        assert not slow.step(t, 5 * math.sin(2 * math.pi * t / 6))
        assert not small.step(t, 2 * math.sin(2 * math.pi * t))
    assert swung


@pytest.mark.parametrize("fps", [5, 15, 60])
def test_smoothing_follows_steps_and_quiets_noise_at_any_frame_rate(fps: int) -> None:
    smooth = OneEuro(TABLE.smoothing)
    for n in range(2 * fps):
        smooth(n / fps, 10.0)
    after = [smooth(2 + n / fps, 50.0) for n in range(fps)]
    assert after[-1] == pytest.approx(50, abs=1.5)
    assert max(after) <= 50.0
    rough = [smooth(3 + n / fps, 50 + (3 if n % 2 else -3)) for n in range(4 * fps)]
    assert max(rough[-fps:]) - min(rough[-fps:]) < (4.6 if fps == 5 else 3.0)


def test_smoothing_knows_that_angles_go_round_and_starts_anew_after_a_gap() -> None:
    smooth = OneEuro(TABLE.smoothing)
    smooth(0.0, 179.0)
    assert 178.0 < smooth(0.1, -179.0) < 182.0
    assert smooth(5.0, 10.0) == 10.0


def test_a_less_important_fault_waits_for_a_more_important_one() -> None:
    voice = Voice(TABLE.voice)
    worse, lesser = Say("worse", "cue", "Worse.", 1), Say("lesser", "cue", "Lesser.", 2)
    said = []
    for n in range(100):
        at_s = n / 10
        faults = [lesser] if at_s < 0.3 else [worse, lesser]
        said += [(at_s, one.id) for one in [voice.cue(at_s, faults)] if one]
    assert [name for _, name in said] == ["worse", "lesser"]
    assert said[0][0] == pytest.approx(0.3 + TABLE.voice.fault_s)
    assert said[1][0] - said[0][0] >= TABLE.voice.cue_every_s
