"""The bones of the spine page, as the build hook wrote them: read for the drawing that the server makes."""

from __future__ import annotations

import json
import struct
from array import array
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

FILE = "vendor/myo-sim/bones.bin"


@dataclass(frozen=True)
class Bone:
    """A mesh in the frame of a body of the model: vertices (m) and triangles, as numbers of vertices."""

    name: str
    body: str
    vertices: tuple[tuple[float, float, float], ...]
    triangles: tuple[tuple[int, int, int], ...]


@cache
def bones() -> tuple[Bone, ...]:
    """Every bone. Raises FileNotFoundError if the package was installed without its browser parts."""
    found = finders.find(FILE)
    if not found:
        raise FileNotFoundError(f"{FILE} is missing: install the package again")
    return read(Path(found).read_bytes())


def read(data: bytes) -> tuple[Bone, ...]:
    """The bones in a file laid out as `hatch_build.py` says."""
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    at, whole = 4 + length, sum(row["vertices"] for row in header)
    numbers = array("f", data[at : at + 12 * whole])
    corners = array("H", data[at + 12 * whole :])
    out, first, start = [], 0, 0
    for row in header:
        points, faces = row["vertices"], row["triangles"]
        own = numbers[3 * first : 3 * (first + points)]
        used = corners[3 * start : 3 * (start + faces)]
        out.append(
            Bone(
                row["name"],
                row["body"],
                tuple(zip(own[0::3], own[1::3], own[2::3], strict=True)),
                tuple(zip(used[0::3], used[1::3], used[2::3], strict=True)),
            )
        )
        first, start = first + points, start + faces
    return tuple(out)
