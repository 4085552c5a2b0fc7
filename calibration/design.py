"""Runs of the model itself: what a sample of parameters gives, for the reference man and for other people."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from calibration.literature import literature
from nextposture.body.assembly import Model, model
from nextposture.body.batch import batch_hip_extension, batch_standing
from nextposture.body.hip import hip_moments
from nextposture.body.knee import knee_pose
from nextposture.body.person import Person, scales
from nextposture.body.posterior import SHORTER
from nextposture.body.standing_posture import alignment, replace_shortening
from nextposture.body.uncertain import changes_of

Floats = NDArray[np.float64]
REFERENCE = Person(1.75, 75.0, "male", 30.0)


class Runs(NamedTuple):
    """What n samples of parameters give for the reference man."""

    moments: Floats  # (n, knees, angles) passive hip moment, Nm
    extension: Floats  # (n, 5) modified Thomas position, deg
    tilt: Floats  # (n, 5) change of tilt against the first shortening, deg
    lordosis: Floats  # (n, 5) change of lordosis, deg
    compression: Floats  # (n, 5) L4/5, N


def passive_moments(body: Model, scale: Floats, extension_deg: Floats, knee: Floats) -> Floats:
    """(n) passive hip moment, Nm, at hip extensions (n, deg)."""
    out = np.empty(len(extension_deg))
    hip_moments(body, knee, scale, -np.radians(extension_deg), out)
    return out


def reference_runs(theta: Floats, quiet: bool = True) -> Runs:
    """The reference man under every row of parameters theta (n, d)."""
    data = literature()["riener1999"]
    angles, knees = np.array(data["extension_deg"]), [knee_pose(k) for k in data["knee_deg"]]
    n, k = len(theta), len(SHORTER)
    moments = np.empty((n, len(knees), len(angles)))
    extension, tilt, lordosis, compression = (np.empty((n, k)) for _ in range(4))
    for i, row in enumerate(tqdm(theta, disable=quiet, unit="runs")):
        changes = changes_of(row)
        body, scale = model(1, changes), scales(REFERENCE, 0.0, changes)
        people = np.array([replace_shortening(scale, float(s)) for s in SHORTER])
        for j, knee in enumerate(knees):
            moments[i, j] = passive_moments(body, scale, angles, knee)
        extension[i] = batch_hip_extension(people, threads=1, changes=changes)
        stood = batch_standing(people, threads=1, changes=changes)
        compression[i] = stood.compression[:, 1]
        stands = [alignment(x, changes) for x in stood.coordinates]
        tilt[i] = [stand.tilt_forwards - stands[0].tilt_forwards for stand in stands]
        lordosis[i] = [stand.lordosis - stands[0].lordosis for stand in stands]
    return Runs(moments, extension, tilt, lordosis, compression)


def draw_people(count: int, random: np.random.Generator) -> list[Person]:
    """People spread over the limits of the model, those of 20 to 70 with a body mass index of 17 to 39."""
    out = []
    while len(out) < count:
        height, index = random.uniform(1.46, 1.99), random.uniform(17.0, 39.0)
        if 41.0 <= index * height**2 <= 129.0:
            sex = "female" if random.random() < 0.5 else "male"
            out.append(Person(height, index * height**2, sex, random.uniform(18.0, 80.0)))  # type: ignore[arg-type]
    return out


def personal_runs(theta: Floats, people: list[Person], shortening: Floats, quiet: bool = True) -> Floats:
    """(n, 19) hip extension unshortened and shortened (deg), L5/S1 to L1/2 compression unshortened (N), its
    change (N) ... for every row, person and shortening together; see FOUND of `nextposture.body.posterior`.
    """
    rows = []
    for row, person, shorter in zip(tqdm(theta, disable=quiet, unit="runs"), people, shortening, strict=True):
        changes = changes_of(row)
        scale = scales(person, 0.0, changes)
        pair = np.array([scale, replace_shortening(scale, float(shorter))])
        stood = batch_standing(pair, threads=1, changes=changes)
        before, after = (alignment(x, changes) for x in stood.coordinates)
        extension = batch_hip_extension(pair, threads=1, changes=changes)
        rows.append(
            np.concatenate(
                [
                    [extension[0]],
                    stood.compression[0],
                    [extension[1] - extension[0]],
                    stood.compression[1] - stood.compression[0],
                    stood.shear[1] - stood.shear[0],
                    [after.tilt_forwards - before.tilt_forwards, after.lordosis - before.lordosis],
                ]
            )
        )
    return np.array(rows)
