"""What a given shortening does to a body of one build, over all the bodies that the studies allow.

Unlike `estimate`, this says nothing about how short somebody's muscle is: the shortening is stated, and what
stays uncertain is the body. NumPy only; nothing random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nextposture.body.estimate import Interval, interval, scatter
from nextposture.body.person import OutOfRangeError, Person, scales
from nextposture.body.posterior import LEVELS, MOST, answers_along, posterior


@dataclass(frozen=True)
class LevelResponse:
    """One disc, standing: compression (N) at this shortening, and its change and the shear's against the
    full length (percent; N, positive when the upper vertebra is pushed forwards)."""

    level: str
    compression_N: Interval  # noqa: N815
    compression_percent: Interval
    shear_N: Interval  # noqa: N815


@dataclass(frozen=True)
class Response:
    """Standing at one shortening (fraction of optimal fibre length): changes of pelvic tilt (deg, positive
    forwards) and lordosis (deg) against the full length, and the discs from L5/S1 up."""

    shortening: float
    tilt_deg: Interval
    lordosis_deg: Interval
    levels: tuple[LevelResponse, ...]


def respond(person: Person, shortenings: Sequence[float]) -> tuple[Response, ...]:
    """The response of a body of this build to each shortening: 16 take about 0.2 s.

    Raises OutOfRangeError for a shortening that the calibration does not cover.
    """
    draws = posterior().draws
    scale, even = np.tile(scales(person)[:3], (len(draws), 1)), np.full(len(draws), 1.0 / len(draws))
    noise = scatter(20)[: len(draws), :19]
    for shortening in shortenings:
        if not 0.0 <= shortening <= MOST:
            raise OutOfRangeError(
                f"shortening {shortening:g} is outside 0 to {MOST:g}: the calibration ends there"
            )
    out = []
    for shortening, found in zip(shortenings, answers_along(draws, scale, shortenings, noise), strict=True):
        compression = found.compression + found.compression_change
        percent = 100.0 * found.compression_change / found.compression
        levels = tuple(
            LevelResponse(
                level,
                interval(compression[:, k], even),
                interval(percent[:, k], even),
                interval(found.shear_change[:, k], even),
            )
            for k, level in enumerate(LEVELS)
        )
        tilt, lordosis = interval(found.tilt_change, even), interval(found.lordosis_change, even)
        out.append(Response(shortening, tilt, lordosis, levels))
    return tuple(out)
