"""The numbers measured in people: `studies.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nextposture.knowledge.reading import read_text

PLACE = Path(__file__).with_name("studies.yaml")


@cache
def literature() -> dict[str, Any]:
    """The studies by name."""
    value: dict[str, Any] = read_text(PLACE.name, PLACE.read_text(encoding="utf-8")).value
    return value


def riener(extension_deg: NDArray[np.float64], knee_flexion_deg: float) -> NDArray[np.float64]:
    """Passive hip moment (Nm, towards flexion) of Riener and Edrich 1999, eq. for the hip."""
    flexion = -np.asarray(extension_deg)
    return np.asarray(
        np.exp(1.4655 - 0.0034 * knee_flexion_deg - 0.0750 * flexion)
        - np.exp(1.3403 - 0.0226 * knee_flexion_deg + 0.0305 * flexion)
        + 8.072
    )
