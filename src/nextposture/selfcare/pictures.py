"""The drawings of plan items, workspace points and kinds of day; nothing where there is no drawing."""

from __future__ import annotations

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe

from nextposture.knowledge import Knowledge
from nextposture.knowledge.figures import Figure, Side, figures, figures_of
from nextposture.motion.figure_svg import draw


def picture(
    item: str,
    rung: str = "",
    *,
    known: Knowledge | None = None,
    side: Side = "right",
    moving: bool = False,
    prefix: str = "",
) -> SafeString:
    """The drawing of an item (`EX_KNEEL`), a workspace point (`WS1`) or a kind of day (`office`), or ''.

    `rung` chooses the step of an exercise that has a ladder, `side` the side a one-sided exercise is shown
    for, and `moving` lets figures.js move it; `prefix` keeps apart the ids of a drawing shown twice. `known`
    is asked for an exercise of a clinic's own.
    """
    return picture_of(figure_of(item, rung, known), side=side, moving=moving, prefix=prefix)


def picture_of(
    figure: Figure | None, *, side: Side = "right", moving: bool = False, prefix: str = ""
) -> SafeString:
    """The drawing of a figure; '' for none."""
    return _drawn(figure, side=side, moving=moving, prefix=prefix) if figure else SafeString("")


def picture_of_test(figure: str, *, moving: bool = False) -> SafeString:
    """The drawing of a test that is measured, by the id of its figure."""
    return _drawn(figures()[figure], moving=moving)


def pictures_of_point(point: str) -> tuple[SafeString, SafeString]:
    """A workspace point (`WS1`) met, with a tick, and not met, with a cross."""
    figure = figures()[point]
    return _drawn(figure, prefix="met", mark=True), _drawn(figure, 0, prefix="unmet")


def moves(figure: Figure | None) -> bool:
    """Whether a drawing has a movement to show."""
    return figure is not None and figure.start is not None and figure.tempo is not None


def pictures_of_errors(
    item: str, rung: str = "", known: Knowledge | None = None
) -> tuple[tuple[str, SafeString], ...]:
    """How an item goes wrong: the words and the drawing of each common error."""
    figure = figure_of(item, rung, known)
    if figure is None:
        return ()
    return tuple((one.text, _drawn(figure, number)) for number, one in enumerate(figure.errors))


def figure_of(item: str, rung: str = "", known: Knowledge | None = None) -> Figure | None:
    """The drawing of an item as data, or None."""
    if known is not None and item in known.own:
        return known.own[item].figure
    drawings = figures_of(item)
    wanted = f"{item}_{rung.upper()}"
    return next((one for one in drawings if one.id == wanted), drawings[0] if drawings else None)


@lru_cache(maxsize=256)
def _drawn(
    figure: Figure,
    error: int | None = None,
    *,
    side: Side = "right",
    moving: bool = False,
    prefix: str = "",
    mark: bool | None = None,
) -> SafeString:
    # Our own drawing of a checked figure: its only texts are those of the figure, escaped by `draw`.
    return mark_safe(draw(figure, error=error, side=side, animate=moving, prefix=prefix, mark=mark))
