"""The coach in Python: milliseconds a frame, and how many coached sessions one process holds at once.

CPU time of one thread over frames of a simulated person, least of several repeats. Fifty sessions are fed in
turn, each a frame of its own film, as a server would: what counts is the time for one frame of all of them
against the time between two frames.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.coached_films import CASES, Case, film
from tests.synthetic_person import Camera, Film, Script, thomas

from nextposture.motion.coaching import Coach, SetDose, coached
from nextposture.motion.landmarks import NUMBERS, Frame, frame_from_numbers
from nextposture.motion.level import level_from_gravity
from nextposture.motion.measuring import start_measurement

REPEATS = 5
SESSIONS = 50
FPS = 15.0
BAR_MS = 1.0


def frames_of(case: Case, side: str, seed: int) -> list[Frame]:
    """Ten seconds of an exercise."""
    script = Script(case.before, settle_s=1).then(case.right, 1, 8)
    return list(film(case, script, side, Camera(fps=FPS), seed).frames())


def numbers(frame: Frame) -> list[float]:
    """A frame as it comes over the socket."""
    return [value for mark in frame.landmarks for value in (mark.x, mark.y, mark.visibility)]


def new_coach(case: Case, side: str) -> Coach:
    dose = SetDose(reps=50, hold_s=600)
    sides = (side,) if case.sided else (None,)
    return Coach(coached()[case.exercise], dose, sides, level_from_gravity(1.0))  # type: ignore[arg-type]


def ms_a_frame(case: Case) -> float:
    """From the numbers of a message to the text of the reply."""
    raw = [(frame, numbers(frame)) for frame in frames_of(case, "right", 0)]
    best = float("inf")
    for _ in range(REPEATS):
        coach = new_coach(case, "right")
        began = time.process_time()
        for frame, values in raw:
            taken = frame_from_numbers(frame.at_s, frame.width_px, frame.height_px, values)
            json.dumps(coach.step(taken).as_plain())
        best = min(best, (time.process_time() - began) / len(raw))
    return 1000 * best


def thomas_ms() -> float:
    """The same for the Thomas test."""
    made = Film(Script(thomas(5, 80), settle_s=1.9), Camera(fps=FPS), "left", "left", hips_m=0.85)
    frames = list(made.frames())
    best = float("inf")
    for _ in range(REPEATS):
        one = start_measurement("thomas", "left")
        began = time.process_time()
        for frame in frames:
            json.dumps(one.step(frame).as_plain())
        best = min(best, (time.process_time() - began) / len(frames))
    return 1000 * best


def fifty_sessions() -> tuple[float, float]:
    """Milliseconds of CPU for one frame of all sessions: the mean over ten seconds, and the worst frame."""
    sides = ("left", "right")
    films = [
        (CASES[n % len(CASES)], sides[n % 2], frames_of(CASES[n % len(CASES)], sides[n % 2], n))
        for n in range(SESSIONS)
    ]
    length = min(len(frames) for _, _, frames in films)
    best, worst = float("inf"), float("inf")
    for _ in range(REPEATS):
        coaches = [new_coach(case, side) for case, side, _ in films]
        took = []
        for index in range(length):
            began = time.process_time()
            for coach, (_, _, frames) in zip(coaches, films, strict=True):
                json.dumps(coach.step(replace(frames[index])).as_plain())
            took.append(time.process_time() - began)
        best, worst = min(best, sum(took) / len(took)), min(worst, max(took))
    return 1000 * best, 1000 * worst


def main() -> int:
    print(f"Coach, from {NUMBERS} numbers to a reply in JSON, CPU milliseconds a frame (bar {BAR_MS:g}):")
    slowest = 0.0
    for case in CASES:
        took = ms_a_frame(case)
        slowest = max(slowest, took)
        print(f"  {case.exercise:22} {took:6.3f}")
    took = thomas_ms()
    slowest = max(slowest, took)
    print(f"  {'thomas':22} {took:6.3f}")
    mean, worst = fifty_sessions()
    between = 1000 / FPS
    print(
        f"{SESSIONS} sessions in one process at {FPS:g} frames a second: {mean:.1f} ms of CPU for a frame of "
        f"all, worst {worst:.1f}, of {between:.1f} ms between frames; {between / mean:.1f} times fast enough"
    )
    return int(slowest > BAR_MS or mean > between)


if __name__ == "__main__":
    sys.exit(main())
