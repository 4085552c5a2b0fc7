"""The drawings of plan items, workspace points and kinds of day; nothing where there is no drawing."""

from __future__ import annotations

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe

from nextposture.knowledge.figures import Figure, figures, figures_of
from nextposture.motion.figure_svg import draw


def picture(item: str, rung: str = "", *, prefix: str = "") -> SafeString:
    """The drawing of an item (`EX_KNEEL`), a workspace point (`WS1`) or a kind of day (`office`), or ''.

    `rung` chooses the step of an exercise that has a ladder; `prefix` keeps the ids of a drawing that is
    on the page twice apart.
    """
    figure = _figure(item, rung)
    return _drawn(figure.id, prefix=prefix) if figure else SafeString("")


def pictures_of_errors(item: str, rung: str = "") -> tuple[tuple[str, SafeString], ...]:
    """How an item goes wrong: the words and the drawing of each common error."""
    figure = _figure(item, rung)
    if figure is None:
        return ()
    return tuple((one.text, _drawn(figure.id, number)) for number, one in enumerate(figure.errors))


def _figure(item: str, rung: str) -> Figure | None:
    drawings = figures_of(item)
    wanted = f"{item}_{rung.upper()}"
    return next((one for one in drawings if one.id == wanted), drawings[0] if drawings else None)


@lru_cache(maxsize=128)
def _drawn(figure_id: str, error: int | None = None, prefix: str = "") -> SafeString:
    # Our own drawing: its only texts are those of our own table, escaped by `draw`.
    return mark_safe(draw(figures()[figure_id], error=error, prefix=prefix))
