"""The 1 euro filter (Casiez 2012): steady when an angle rests, quick when it moves, at any frame rate."""

from __future__ import annotations

import math

from nextposture.knowledge.coaching import Smoothing


class OneEuro:
    """One value over time. Angles in degrees; a jump of a whole turn is not a movement.

    State: the last time, value and speed. A gap longer than the table's `restart_s` starts anew.
    """

    __slots__ = ("_at_s", "_settings", "_speed", "_value")

    def __init__(self, settings: Smoothing) -> None:
        self._settings = settings
        self._at_s = -math.inf
        self._value = 0.0
        self._speed = 0.0

    def __call__(self, at_s: float, value: float) -> float:
        """The smoothed value at `at_s`, which must not go back."""
        dt = at_s - self._at_s
        if dt > self._settings.restart_s:
            self._at_s, self._value, self._speed = at_s, value, 0.0
            return value
        if dt <= 0:
            return self._value
        step = math.remainder(value - self._value, 360.0)
        self._speed += _share(self._settings.speed_cutoff_hz, dt) * (step / dt - self._speed)
        cutoff = self._settings.min_cutoff_hz + self._settings.beta * abs(self._speed)
        self._value += _share(cutoff, dt) * step
        self._at_s = at_s
        return self._value


def _share(cutoff_hz: float, dt: float) -> float:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff_hz * dt))
