"""The modified Thomas test read from a phone or a goniometer: from goes to one result.

An angle is how far the thigh hangs below level, in degrees; above level is negative. The same rules as with
the camera: only goes in which the lower back was flat count, and their mean is the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nextposture.knowledge import load
from nextposture.knowledge.coaching import camera_table
from nextposture.motion.results import Quality, Remark, Result, worst
from nextposture.motion.sight import Side


@dataclass(frozen=True)
class Go:
    """One go: degrees below level, and whether the lower back was flat (None: could not tell)."""

    thigh: float
    flat: bool | None


def thomas_by_hand(side: Side, goes: Sequence[Go], wanted: int = 1) -> Result:
    """The result of the goes of one side; its error band is that of who takes it, so none is stated here.

    `wanted` is how many goes make a good reading. Without a flat back in any go the value stays unknown and
    `refusals` says so. Raises ValueError without a go.
    """
    if not goes:
        raise ValueError("a measurement needs at least one go")
    table = camera_table().thomas
    held = [go for go in goes if go.flat is True]
    notes: list[Remark] = []
    refusals: list[Remark] = []
    quality: Quality = "good"
    if held:
        angles = [go.thigh for go in held]
        apart = max(angles) - min(angles)
        if len(held) < wanted:
            quality = "fair" if len(held) > 1 else "poor"
            notes.append(Remark("few_trials", f"{len(held)} of {wanted} goes."))
        if apart > table.spread_fair:
            quality = worst(quality, "fair" if apart <= table.spread_poor else "poor")
            notes.append(Remark("apart", f"The goes lie {apart:.0f} degrees apart."))
    else:
        quality = "none"
        text = "Without the lower back flat the angle says nothing, so the result stays unknown."
        refusals.append(Remark("pelvis_not_held", text))
    unsure = any(go.flat is None for go in goes)
    used = held or list(goes)
    mean = round(sum(go.thigh for go in used) / len(used), 1)
    return Result(
        test="thomas",
        measure="hip_extension",
        side=side,
        value=mean if held else None,
        unit=load().measures["hip_extension"].unit,
        error=None,
        quality=quality,
        notes=tuple(notes),
        refusals=tuple(refusals),
        pelvis_held=True if held else (None if unsure else False),
        trials=tuple({"thigh": round(go.thigh, 1), "pelvis_flat": go.flat} for go in goes),
        detail={"thigh_mean": mean},
    )
