"""A cubic polynomial in many inputs that stands in for the model where thousands of answers are wanted at
once.

Fitted by `calibration/` to the model itself; the error it was found to have on runs it had not seen is kept
with it. NumPy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@cache
def _pairs(inputs: int) -> tuple[NDArray[np.intp], ...]:
    """Indices of every product of two, and of every product of three, each once."""
    two = np.array([(i, j) for i in range(inputs) for j in range(i, inputs)])
    three = np.array([(n, k) for n, (_, j) in enumerate(two) for k in range(j, inputs)])
    return two[:, 0], two[:, 1], three[:, 0], three[:, 1]


def features(z: Floats) -> Floats:
    """(n, f) the monomials up to the third degree of standardised inputs z (n, d)."""
    i, j, pair, k = _pairs(z.shape[1])
    two = z[:, i] * z[:, j]
    return np.concatenate([np.ones((len(z), 1)), z, two, two[:, pair] * z[:, k]], axis=1)


@dataclass(frozen=True)
class Surface:
    """Inputs x (n, d) in their own units to outputs (n, m); `error` (m) is the root mean square on unseen
    runs."""

    centre: Floats
    scale: Floats
    coefficients: Floats
    error: Floats

    def __call__(self, x: Floats) -> Floats:
        return np.asarray(features((x - self.centre) / self.scale) @ self.coefficients)


def fit(x: Floats, y: Floats, unseen: int, ridge: float = 1e-6) -> Surface:
    """Least squares on all rows but the last `unseen`, on which the error is taken."""
    centre, scale = x.mean(axis=0), x.std(axis=0)
    known = features((x[:-unseen] - centre) / scale)
    gram = known.T @ known
    gram[np.diag_indices_from(gram)] += ridge * len(known)
    coefficients = np.linalg.solve(gram, known.T @ y[:-unseen])
    left = features((x[-unseen:] - centre) / scale) @ coefficients - y[-unseen:]
    error = np.sqrt((left**2).mean(axis=0)).astype(np.float64)
    return Surface(centre, scale, np.asarray(coefficients, dtype=np.float64), error)
