"""Where a person stands, with and without a shortened iliopsoas, and what that loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nextposture.body.assembly import Floats, endplates, model, postural_spread, values
from nextposture.body.compiling import announced
from nextposture.body.disc_loads import Loads, solve_sagittal, summarise
from nextposture.body.person import Person, scales
from nextposture.body.postures import Posture, contact_rows, coordinates, posture, setting
from nextposture.body.standing_equilibrium import GRADIENT_LEFT, MOST_ITERATIONS, find, result_vector


@dataclass(frozen=True)
class Alignment:
    """Sagittal alignment in degrees. Tilt: pelvis against its neutral, positive forwards. Lordosis: L1 to S1.
    `segments`: lordosis L5-S1, L4-5, L3-4, L2-3, L1-2, between upper plates. Pelvic tilt and incidence as
    radiologists measure them, from the hips to the middle of the sacral plate."""

    tilt_forwards: float
    lordosis: float
    sacral_slope: float
    radiographic_pelvic_tilt: float
    pelvic_incidence: float
    segments: tuple[float, ...]


@dataclass(frozen=True)
class Standing:
    """A standing equilibrium: alignment, hip flexion (deg), loads, iterations, and what was left of the
    optimality conditions (gradient in units of the standing effort per rad, constraints in rad and m). The
    gradient need not be small where a segment stands at its neutral angle: there it jumps, and the optimum
    with it."""

    alignment: Alignment
    hip_flexion_deg: float
    loads: Loads
    coordinates: Floats
    iterations: int
    gradient_left: float
    constraint_left: float


def alignment(x: Floats, changes: Mapping[str, float] | None = None) -> Alignment:
    """Sagittal alignment at coordinates x (8) of the half model."""
    plates = endplates(changes)
    s1, upper = plates[0], plates[2::2]
    extension = np.degrees(x[1:6])
    neutral = np.concatenate([[s1], upper])
    segments = neutral[:-1] - neutral[1:] + extension
    frame = model(1, changes).frame
    # half a disc below the joint L5/S1 lies the sacral plate; the joint itself is close enough to 1 degree
    hip_to_sacrum = frame.joint_parent[0, :2] - frame.hip[:2]
    tilt = float(np.degrees(np.arctan2(-hip_to_sacrum[0], hip_to_sacrum[1])))
    turned = float(np.degrees(x[0]))
    return Alignment(
        tilt_forwards=-turned,
        lordosis=float(segments.sum()),
        sacral_slope=float(s1) - turned,
        radiographic_pelvic_tilt=tilt + turned,
        pelvic_incidence=float(s1) + tilt,
        segments=tuple(float(v) for v in segments),
    )


def posture_alignment(shape: Posture) -> Alignment:
    """Sagittal alignment of a stated posture."""
    return alignment(coordinates(shape))


def standing(
    person: Person,
    shortening: float = 0.0,
    power: int = 2,
    changes: Mapping[str, float] | None = None,
    frozen: bool = False,
) -> Standing:
    """The standing equilibrium of `person` whose psoas and iliacus have lost `shortening` of their optimal
    length.

    `frozen` keeps the unshortened person's posture, so that only the direct pull of the muscle is felt.
    `changes` replaces parameters by name. Raises OutOfRangeError.
    """
    value = values(changes)
    scale = scales(person, shortening, changes)
    shape = posture("standing")
    of, contacts = setting(shape, scale[0], changes), contact_rows(shape, changes)
    x = np.zeros(8)
    start = replace_shortening(scale, 0.0) if frozen else scale
    body = model(1, changes)
    with announced():
        iterations, gradient, constraint = find(
            body, x, of, contacts, start, power, postural_spread(changes),
            value["balance_ahead_of_ankle"], GRADIENT_LEFT, MOST_ITERATIONS, result_vector(),
        )  # fmt: skip
    solved = solve_sagittal(x, of, contacts, scale, power, changes)
    return Standing(
        alignment=alignment(x, changes),
        hip_flexion_deg=float(np.degrees(x[7])),
        loads=summarise(solved, shape.name),
        coordinates=x,
        iterations=int(iterations),
        gradient_left=float(gradient),
        constraint_left=float(constraint),
    )


def replace_shortening(scale: Floats, shortening: float) -> Floats:
    """The same body with another shortening."""
    out = scale.copy()
    out[3] = shortening
    return out
