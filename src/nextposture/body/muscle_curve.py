"""The passive fibre curve of `muscle` on arrays, without compiling anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def passive_curve(length: Floats, shape: Floats, strain: Floats) -> Floats:
    """Passive fibre force (share of maximum) at normalised fibre lengths; straight beyond 1 + strain."""
    x = np.maximum(length - 1.0, 0.0)
    top = np.expm1(shape)
    beyond = 1.0 + shape / strain * (top + 1.0) / top * (x - strain)
    return np.asarray(np.where(x > strain, beyond, np.expm1(shape * np.minimum(x, strain) / strain) / top))
