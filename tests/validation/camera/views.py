"""One man seen by four synchronised, calibrated cameras: each flat angle beside the one in space."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from nextposture.motion.landmarks import POINTS
from nextposture.pose.blazepose import BlazePose
from nextposture.pose.video import pictures
from tests.filmed_people import ONE_LEG

PLACE = {name: number for number, name in enumerate(POINTS)}
JOINTS = {"hip": ("shoulder", "hip", "knee"), "knee": ("hip", "knee", "ankle")}
EVERY = 3
SURE = 0.5
FLIPPED = np.diag([1.0, -1.0, -1.0])
"""Qualisys looks along the other way of the camera's axis, with its picture's y upwards."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """One camera: its place, its projection (3, 4), and what it saw: (pictures, 33, 3) in pixels."""

    place: Floats
    projection: Floats
    seen: Floats


@dataclass(frozen=True)
class Compared:
    """One joint in one picture: degrees flat and in space, and how far the view is from square to it."""

    moment: tuple[int, str]
    joint: str
    flat: float
    spatial: float
    askew: float


def compare() -> list[Compared]:
    """Hip and knee of both legs in every third picture, but of a straight leg, which has no plane to face."""
    cameras = ElementTree.parse(ONE_LEG / "calibration/Calib.qca.txt").getroot().iter("camera")
    views = [_view(camera) for camera in cameras]
    found = []
    for number in range(len(views[0].seen)):
        for side in ("left", "right"):
            for joint, names in JOINTS.items():
                places = [PLACE[f"{side}_{name}"] for name in names]
                space = [_reconstructed(views, number, place) for place in places]
                normal = np.cross(space[0] - space[1], space[2] - space[1])
                for view in views:
                    flat = view.seen[number, places]
                    if flat[:, 2].min() < SURE:
                        continue
                    ray = space[1] - view.place
                    cosine = abs(normal @ ray) / np.linalg.norm(normal) / np.linalg.norm(ray)
                    found.append(
                        Compared(
                            (number, side),
                            joint,
                            _angle(*flat[:, :2]),
                            _angle(*space),
                            float(np.degrees(np.arccos(cosine))),
                        )
                    )
    return [one for one in found if one.spatial < 172]


def _view(camera: ElementTree.Element) -> View:
    told, lens = camera.find("transform"), camera.find("intrinsic")
    assert told is not None and lens is not None
    number = {name: float(value) for name, value in {**told.attrib, **lens.attrib}.items()}
    turn = FLIPPED @ np.array([[number[f"r{row}{column}"] for column in (1, 2, 3)] for row in (1, 2, 3)])
    place = np.array([number[axis] for axis in "xyz"])
    sensor = np.array(
        [
            [number["focalLengthU"] / 64, 0, number["centerPointU"] / 64],
            [0, number["focalLengthV"] / 64, number["centerPointV"] / 64],
            [0, 0, 1],
        ]
    )
    width, height = number["sensorMaxU"] / 64 + 1, number["sensorMaxV"] / 64 + 1
    estimator, seen = BlazePose(), []
    for one in islice(pictures(ONE_LEG / f"videos/{camera.get('serial')}.mp4"), 0, None, EVERY):
        body = estimator.look(one.picture)
        assert body is not None
        shares = body.points / one.picture.shape[1::-1]
        seen.append(np.column_stack([shares * [width, height], body.visibility]))
    return View(place, sensor @ np.column_stack([turn, -turn @ place]), np.array(seen))


def _reconstructed(views: list[View], number: int, place: int) -> Floats:
    """The point in space whose pictures lie nearest, by the direct linear transform."""
    rows = []
    for view in views:
        x, y, _ = view.seen[number, place]
        rows += [x * view.projection[2] - view.projection[0], y * view.projection[2] - view.projection[1]]
    point = np.linalg.svd(np.array(rows))[2][-1]
    return np.asarray(point[:3] / point[3])


def _angle(one: Floats, middle: Floats, other: Floats) -> float:
    u, v = one - middle, other - middle
    return float(np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))))
