"""Force of a muscle fibre against its length. The tendon is taken as rigid.

passive   f(l) = (exp(kPE (l - 1) / e0) - 1) / (exp(kPE) - 1) for l > 1, linear beyond l = 1 + e0   (De Groote
2016) active    f(l) = exp(-(l - 1)^2 / width)
(Thelen 2003)

with l the fibre length over its optimal length. Forces are shares of the maximum isometric force.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel


@kernel(inline="always")
def passive_force(length, shape, strain):  # type: ignore[no-untyped-def]
    """Passive fibre force (share of maximum) and its slope, at a normalised fibre length."""
    x = length - 1.0
    if x <= 0.0:
        return 0.0, 0.0
    top = np.exp(shape) - 1.0
    if x > strain:
        slope = shape / strain * (top + 1.0) / top
        return 1.0 + slope * (x - strain), slope
    e = np.exp(shape * x / strain)
    return (e - 1.0) / top, shape / strain * e / top


@kernel(inline="always")
def active_factor(length, width):  # type: ignore[no-untyped-def]
    """Active force at full activation (share of maximum) and its slope, at a normalised fibre length."""
    x = length - 1.0
    f = np.exp(-x * x / width)
    return f, -2.0 * x / width * f
