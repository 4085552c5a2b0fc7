"""The body map as a figure: front and back in outline, the regions that hurt filled in."""

from __future__ import annotations

from nextposture.interop.report.parts import Figure
from nextposture.knowledge.body_map import View, body_map
from nextposture.record.body_map import Marked

VIEWS: tuple[tuple[View, str], ...] = (("back", "Seen from behind"), ("front", "Seen from the front"))
LEFT, ACROSS = 30, 140
"""The body stands in the middle of its field: from where on it is shown, and how much of it."""


def body_figure(marked: Marked, day: str) -> Figure:
    """Where it hurt on a day, in the colour of the text around it."""
    drawn = body_map()
    parts = []
    for place, (view, title) in enumerate(VIEWS):
        mirror = f"matrix(-1 0 0 1 {drawn.width:g} 0)"
        outline = "".join(f'<path d="{drawn.outline}"{turned}/>' for turned in ("", f' transform="{mirror}"'))
        regions = "".join(
            f'<polygon points="{" ".join(f"{x:g},{y:g}" for x, y in one.points)}" fill="currentColor" '
            'stroke="currentColor" stroke-linejoin="round"/>'
            for one in drawn.seen(view)
            if one.id in marked.regions
        )
        parts.append(
            f'<g transform="translate({place * ACROSS - LEFT} 0)">{outline}{regions}'
            f'<text x="{drawn.width / 2:g}" y="{drawn.height + 14:g}" text-anchor="middle" font-size="13" '
            f'font-family="sans-serif" fill="currentColor" stroke="none">{title}</text></g>'
        )
    width, height = len(VIEWS) * ACROSS, drawn.height + 22
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" fill="none" stroke="currentColor" aria-hidden="true" focusable="false">'
        f"{''.join(parts)}</svg>"
    )
    return Figure(
        svg,
        f"A body in outline, seen from behind and from the front. Filled in: {marked.words}.",
        f"Where it hurt on {day}",
        share=0.5,
    )
