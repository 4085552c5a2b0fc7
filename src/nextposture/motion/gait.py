"""Walking past a camera: hip and knee flexion over time, and averaged over the stride.

Heel strikes are found where the foot is farthest ahead of the hip (Zeni 2008), which needs no force plate.
Hip flexion is thigh against trunk, knee flexion shank against thigh; both 0 when straight, in degrees.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nextposture.knowledge.coaching import WalkTable
from nextposture.motion.angles import READ, Points

CUT_OFF_HZ = 12.0
"""Of each of the two passes of the low-pass; together they halve the amplitude there."""
GAP_S = 0.2


@dataclass(frozen=True)
class Curves:
    """Angles of one leg. `strides` are (start, end), seconds; `mean` and `spread` are over the stride."""

    at_s: tuple[float, ...]
    hip: tuple[float, ...]
    knee: tuple[float, ...]
    strides: tuple[tuple[float, float], ...]
    mean: Mapping[str, tuple[float, ...]]
    spread: Mapping[str, tuple[float, ...]]

    def series(self) -> dict[str, list[float | None]]:
        """Over time, plain."""
        return {
            "at_s": [round(value, 3) for value in self.at_s],
            "hip": [round(value, 2) for value in self.hip],
            "knee": [round(value, 2) for value in self.knee],
        }

    def detail(self) -> dict[str, Any]:
        """Over the stride, plain."""
        found: dict[str, Any] = {
            "strides": [[round(a, 3), round(b, 3)] for a, b in self.strides],
            "mean": {name: [round(value, 1) for value in curve] for name, curve in self.mean.items()},
            "spread": {name: [round(value, 1) for value in curve] for name, curve in self.spread.items()},
        }
        for name, curve in self.mean.items():
            found[f"{name}_most"], found[f"{name}_least"] = round(max(curve), 1), round(min(curve), 1)
        if self.strides:
            found["stride_s"] = round(sum(b - a for a, b in self.strides) / len(self.strides), 2)
        return found


class Walk:
    """Collects frames of somebody walking past; `curves` is worked out at the end."""

    def __init__(self, table: WalkTable) -> None:
        self._table = table
        self._at_s: list[float] = []
        self._hip: list[float] = []
        self._knee: list[float] = []
        self._ahead: list[float] = []

    def take(self, at_s: float, points: Points) -> None:
        """Take one frame that could be used."""
        if self._at_s and at_s <= self._at_s[-1]:
            return
        self._at_s.append(at_s)
        self._hip.append(180.0 - READ["hip"](points, "near"))
        self._knee.append(180.0 - READ["knee"](points, "near"))
        leg = math.dist(points["near_hip"], points["near_knee"]) or math.inf
        self._ahead.append((points["near_ankle"][0] - points["near_hip"][0]) / leg)

    def curves(self) -> Curves:
        """Smoothed angles, the strides found in them, and their mean over the stride."""
        hip, knee = (_smooth(self._at_s, values) for values in (self._hip, self._knee))
        strikes = self._strikes(_smooth(self._at_s, self._ahead))
        low, high = self._table.stride_s
        strides = tuple((a, b) for a, b in pairwise(strikes) if low <= b - a <= high and self._whole(a, b))
        mean, spread = {}, {}
        for name, values in (("hip", hip), ("knee", knee)):
            curves = [self._over(values, a, b) for a, b in strides]
            if curves:
                columns = list(zip(*curves, strict=True))
                mean[name] = tuple(sum(column) / len(column) for column in columns)
                spread[name] = tuple(
                    math.sqrt(sum((one - middle) ** 2 for one in column) / len(column))
                    for column, middle in zip(columns, mean[name], strict=True)
                )
        return Curves(tuple(self._at_s), tuple(hip), tuple(knee), strides, mean, spread)

    def _strikes(self, ahead: Sequence[float]) -> list[float]:
        """Times at which the foot is farthest ahead, half the least stride around."""
        times, reach = self._at_s, self._table.stride_s[0] / 2
        if not ahead:
            return []
        middle = (max(ahead) + min(ahead)) / 2
        found: list[float] = []
        for index in range(1, len(ahead) - 1):
            if ahead[index] <= middle:
                continue
            low, high = (bisect_left(times, times[index] + way * reach) for way in (-1, 1))
            if ahead[index] >= max(ahead[low:high]) and (not found or times[index] - found[-1] > reach):
                found.append(times[index])
        return found

    def _whole(self, start: float, end: float) -> bool:
        """Whether the stride was seen without a gap."""
        low, high = bisect_left(self._at_s, start), bisect_left(self._at_s, end)
        times = self._at_s[low : high + 1]
        return all(b - a <= GAP_S for a, b in pairwise(times))

    def _over(self, values: Sequence[float], start: float, end: float) -> list[float]:
        points = self._table.points
        found = []
        for step in range(points):
            t = start + (end - start) * step / (points - 1)
            high = min(max(bisect_left(self._at_s, t), 1), len(values) - 1)
            a, b = self._at_s[high - 1], self._at_s[high]
            share = min(1.0, max(0.0, (t - a) / (b - a)))
            found.append(values[high - 1] + share * (values[high] - values[high - 1]))
        return found


def _smooth(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """A first-order low-pass run forwards and backwards, so that nothing is delayed, at any time steps."""

    def once(order: Sequence[int], given: Sequence[float]) -> list[float]:
        found = list(given)
        for before, here in pairwise(order):
            dt = abs(times[here] - times[before])
            share = 1.0 / (1.0 + 1.0 / (2.0 * math.pi * CUT_OFF_HZ * dt)) if dt <= GAP_S else 1.0
            found[here] = found[before] + share * (given[here] - found[before])
        return found

    forwards = range(len(values))
    return once(forwards[::-1], once(forwards, values))
