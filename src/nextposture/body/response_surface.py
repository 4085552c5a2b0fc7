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
    row = np.ascontiguousarray(z.T)  # whole rows are gathered four times as fast as columns
    two = row[i] * row[j]
    return np.concatenate([np.ones((1, len(z))), row, two, two[pair] * row[k]]).T


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

    def along(self, x: Floats, column: int, values: Floats) -> Floats:
        """(v, n, m) the outputs at x with each of `values` (v) in turn in one column.

        They are a cubic in it, so four values give all others, but for rounding.
        """
        few = len(np.unique(values)) <= 4
        low, high = values.min(), values.max()
        nodes = values if few else np.linspace(low, high, 4)
        runs = []
        for node in nodes:
            x = x.copy()
            x[:, column] = node
            runs.append(self(x))
        if few:
            return np.asarray(runs)
        shares = np.vander((values - low) / (high - low), 4) @ np.linalg.inv(np.vander(np.linspace(0, 1, 4)))
        return np.asarray(np.einsum("vk,knm->vnm", shares, np.asarray(runs)))


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
