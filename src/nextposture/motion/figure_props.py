"""The things around the person: lines to draw and the surface a body part can rest on.

`x`, `y`, `width` and `height` of a prop mean, in fractions of body height:
- floor: nothing; the ground at y 0. wall: `x` of its face; left of the origin it faces forwards.
- chair, stool, car_seat: `x` back of the seat, `y` its height, `width` its depth, `height` of the backrest.
- desk: `x` edge nearest the person, `y` its top, `width`. bench, bed, step: the same for a solid block.
- screen, laptop: `x` of the face, `y` top edge, `width` height of the desk under it, `height` of the screen.
- keyboard, box, pad, pillow, cushion, book: `x` and `y` lower left corner, `width`, `height`.
- ball: `x`, `y` centre, `width` radius. rail: `x`, `y` top of a post. The rest: `x`, `y` where it is.
- phone: `x` share of the near thigh's length where its middle lies; `width` its length, `height` its depth.
  It moves with the thigh, so `figure_outline.phone` draws it.
"""

from __future__ import annotations

from nextposture.knowledge.figures import Prop
from nextposture.motion.figure_outline import Outline

Line = tuple[Outline, bool]
"""Points, and whether the line is closed."""


def surface(prop: Prop) -> tuple[str, float]:
    """Where a body part rests on it: `("y", height)` for a top, `("x", place)` for the face of a wall."""
    if prop.kind == "wall":
        return "x", prop.x
    if prop.kind == "floor":
        return "y", 0.0
    if prop.kind in ("pad", "pillow", "cushion", "box", "book", "keyboard"):
        return "y", prop.y + prop.height
    if prop.kind == "ball":
        return "y", prop.y + prop.width
    return "y", prop.y


def lines(prop: Prop) -> tuple[Line, ...]:
    """The straight-edged lines of a prop; the floor and walls reach as far as the drawing does."""
    x, y, w, h = prop.x, prop.y, prop.width, prop.height
    match prop.kind:
        case "chair":
            seat = _block(x, y - 0.03, w, 0.03)
            stem = x + w * 0.5
            return (
                seat,
                (
                    (
                        (x - 0.035, y + 0.06),
                        (x - 0.018, y + 0.10),
                        (x - 0.018, y + 0.16),
                        (x - 0.045, y + h),
                        (x - 0.062, y + h),
                        (x - 0.042, y + 0.16),
                        (x - 0.045, y + 0.09),
                    ),
                    True,
                ),
                (((x - 0.042, y + 0.12), (x - 0.05, y - 0.015), (x, y - 0.015)), False),
                (((stem, y - 0.03), (stem, 0.05)), False),
                (
                    (
                        (stem - 0.11, 0.0),
                        (stem - 0.1, 0.03),
                        (stem, 0.05),
                        (stem + 0.1, 0.03),
                        (stem + 0.11, 0.0),
                    ),
                    False,
                ),
            )
        case "stool":
            return (
                _block(x, y - 0.025, w, 0.025),
                (((x + 0.02, y - 0.025), (x + 0.005, 0.0)), False),
                (((x + w - 0.02, y - 0.025), (x + w - 0.005, 0.0)), False),
            )
        case "desk":
            return (
                _block(x, y - 0.018, w, 0.018),
                (((x + w - 0.04, y - 0.018), (x + w - 0.04, 0.0)), False),
                (((x + w - 0.09, 0.0), (x + w, 0.0)), False),
            )
        case "screen":
            return (
                (((x, y), (x + 0.014, y - 0.002), (x + 0.034, y - h - 0.004), (x + 0.02, y - h)), True),
                (((x + 0.024, y - h * 0.6), (x + 0.05, w)), False),
                (((x + 0.02, w), (x + 0.08, w)), False),
            )
        case "laptop":
            return ((((x, y), (x - 0.055, y - h), (x - 0.185, y - h)), False),)
        case "bench" | "step":
            return (_block(x, 0.0, w, y),)
        case "bed":
            return (
                _block(x, y - 0.075, w, 0.075),
                _block(x, y - 0.11, w, 0.035),
                (((x + 0.03, y - 0.11), (x + 0.03, 0.0)), False),
                (((x + w - 0.03, y - 0.11), (x + w - 0.03, 0.0)), False),
            )
        case "box":
            return (
                _block(x, y, w, h),
                (
                    (
                        (x + w * 0.38, y + h),
                        (x + w * 0.38, y + h * 0.72),
                        (x + w * 0.62, y + h * 0.72),
                        (x + w * 0.62, y + h),
                    ),
                    False,
                ),
            )
        case "keyboard" | "pad" | "book":
            return (_block(x, y, w, h),)
        case "page":
            return (
                (
                    (
                        (x, y),
                        (x + 0.012, y - 0.006),
                        (x + 0.012 + w * 0.5, y + w),
                        (x + w * 0.5, y + w + 0.006),
                    ),
                    True,
                ),
            )
        case "car_seat":
            return (
                (
                    (
                        (x + 0.02, y - 0.075),
                        (x + w, y - 0.045),
                        (x + w + 0.012, y + 0.0),
                        (x + w - 0.02, y + 0.018),
                        (x + 0.02, y),
                    ),
                    True,
                ),
                (
                    (
                        (x + 0.02, y - 0.07),
                        (x - 0.03, y + 0.0),
                        (x - 0.03 - h * 0.27, y + h),
                        (x + 0.03 - h * 0.27, y + h + 0.012),
                        (x + 0.025, y + 0.02),
                    ),
                    True,
                ),
                (
                    (
                        (x - 0.02 - h * 0.29, y + h + 0.03),
                        (x - 0.045 - h * 0.29, y + h + 0.125),
                        (x + 0.0 - h * 0.29, y + h + 0.135),
                        (x + 0.02 - h * 0.29, y + h + 0.04),
                    ),
                    True,
                ),
            )
        case "steering_wheel":
            return (
                (((x + 0.045, y + 0.1), (x - 0.045, y - 0.1)), False),
                (((x, y), (x + 0.16, y - 0.07)), False),
            )
        case "pedal":
            return (
                (((x, y), (x + 0.035, y + 0.075)), False),
                (((x + 0.02, y + 0.04), (x + 0.09, y + 0.03)), False),
            )
        case "rail":
            return ((((x, 0.0), (x, y)), False), (((x - 0.045, y), (x + 0.045, y)), False))
        case "shelf":
            return (_block(x, y - 0.02, w, 0.02), (((x + w, y - 0.02), (x + w, 0.0)), False))
        case "cigarette":
            return (
                _block(x, y, w, 0.024),
                (((x + w * 0.3, y), (x + w * 0.3, y + 0.024)), False),
                (((x + 0.02, y - 0.07), (x + w - 0.02, y + 0.1)), False),
            )
        case "bicycle":
            return (
                (((x - 0.02, y - 0.3), (x + 0.07, y - 0.28), (x - 0.005, y), (x - 0.02, y - 0.3)), False),
                (((x - 0.045, y + 0.01), (x + 0.05, y + 0.005)), False),
                (
                    ((x - 0.02, y - 0.3), (x - 0.22, y - 0.3), (x - 0.004, y - 0.02), (x + 0.29, y - 0.035)),
                    False,
                ),
                (
                    (
                        (x + 0.07, y - 0.28),
                        (x + 0.285, y - 0.08),
                        (x + 0.275, y + 0.02),
                        (x + 0.33, y + 0.045),
                    ),
                    False,
                ),
                (((x + 0.285, y - 0.08), (x + 0.35, y - 0.3)), False),
            )
        case "van":
            return (
                (
                    (
                        (x, 0.07),
                        (x, y),
                        (x + w * 0.62, y),
                        (x + w * 0.82, y * 0.58),
                        (x + w * 0.98, y * 0.5),
                        (x + w, 0.07),
                    ),
                    True,
                ),
                (
                    (
                        (x + w * 0.62, y * 0.9),
                        (x + w * 0.77, y * 0.58),
                        (x + w * 0.5, y * 0.58),
                        (x + w * 0.5, y * 0.9),
                    ),
                    True,
                ),
            )
        case _:
            return ()


def circles(prop: Prop) -> tuple[tuple[float, float, float], ...]:
    """Round parts of a prop: x, y, radius."""
    x, y, w = prop.x, prop.y, prop.width
    match prop.kind:
        case "ball":
            return ((x, y, w),)
        case "bicycle":
            return ((x - 0.22, y - 0.3, 0.19), (x + 0.35, y - 0.3, 0.19), (x + 0.07, y - 0.28, 0.03))
        case "van":
            return ((x + w * 0.2, 0.07, 0.07), (x + w * 0.8, 0.07, 0.07))
        case _:
            return ()


def soft(prop: Prop) -> tuple[Outline, ...]:
    """Closed outlines with round corners."""
    x, y, w, h = prop.x, prop.y, prop.width, prop.height
    if prop.kind in ("pillow", "cushion"):
        return (
            (
                (x, y + h * 0.5),
                (x + w * 0.12, y + h * 0.93),
                (x + w * 0.5, y + h),
                (x + w * 0.88, y + h * 0.93),
                (x + w, y + h * 0.5),
                (x + w * 0.88, y + h * 0.06),
                (x + w * 0.5, y),
                (x + w * 0.12, y + h * 0.06),
            ),
        )
    return ()


def outlines(prop: Prop) -> tuple[Outline, ...]:
    """Everything of a prop that is drawn with points; the foot of a wall stands for it."""
    wall = (((prop.x, 0.0),),) if prop.kind == "wall" else ()
    return (*(points for points, _ in lines(prop)), *soft(prop), *wall)


def _block(x: float, y: float, width: float, height: float) -> Line:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height)), True
