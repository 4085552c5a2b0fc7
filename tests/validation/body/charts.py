"""Two small SVG charts: lines with points, and pairs of bars. Text beside them says the same in tables."""

# ruff: noqa: E501  (the lines of a page and of an SVG)

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK, GRID = "#1f2a30", "#d5dadd"
COLOURS = ("#b0413e", "#2f6690", "#6a7b4f", "#8a6a3b")


def _ticks(low: float, high: float) -> list[float]:
    span = high - low
    step = 10.0 ** len(str(int(span))) / 100.0 if span >= 1 else 0.1
    for factor in (1, 2, 5, 10, 20, 50, 100):
        if span / (step * factor) <= 6:
            step *= factor
            break
    first = -(-low // step) * step
    return [first + k * step for k in range(int((high - first) / step + 1e-9) + 1)]


def lines(
    title: str, across: str, up: str, series: Sequence[tuple[str, Sequence[float], Sequence[float]]]
) -> str:
    """Lines through points, one colour each, named at the right."""
    xs = [x for _, points, _ in series for x in points]
    ys = [y for _, _, points in series for y in points]
    x0, x1, y0, y1 = min(xs), max(xs), min([*ys, 0.0]), max(ys) * 1.05
    wide, tall, left, top = 460.0, 260.0, 70.0, 50.0

    def px(x: float) -> float:
        return left + (x - x0) / (x1 - x0) * wide

    def py(y: float) -> float:
        return top + (y1 - y) / (y1 - y0) * tall

    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 370" role="img" font-family="system-ui, sans-serif" font-size="13">',
        f'<title>{escape(title)}</title><rect width="760" height="370" fill="#fff"/>',
        f'<text x="{left}" y="26" font-size="16" fill="{INK}">{escape(title)}</text>',
    ]
    for tick in _ticks(y0, y1):
        out.append(
            f'<line x1="{left}" x2="{left + wide}" y1="{py(tick):.1f}" y2="{py(tick):.1f}" stroke="{GRID}"/>'
        )
        out.append(
            f'<text x="{left - 8}" y="{py(tick) + 4:.1f}" text-anchor="end" fill="{INK}">{tick:g}</text>'
        )
    for tick in _ticks(x0, x1):
        out.append(
            f'<text x="{px(tick):.1f}" y="{top + tall + 20}" text-anchor="middle" fill="{INK}">{tick:g}</text>'
        )
    out.append(
        f'<text x="{left + wide / 2}" y="{top + tall + 42}" text-anchor="middle" fill="{INK}">{escape(across)}</text>'
    )
    out.append(f'<text x="{left - 55}" y="{top - 8}" fill="{INK}">{escape(up)}</text>')
    for k, (name, points, values) in enumerate(series):
        colour = COLOURS[k % len(COLOURS)]
        dash = "" if k == 0 else ' stroke-dasharray="6 4"' if k == 1 else ' stroke-dasharray="2 3"'
        path = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in zip(points, values, strict=True))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.2"{dash}/>')
        out.append(
            f'<text x="{left + wide + 12}" y="{top + 16 + 20 * k}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"


def bars(
    title: str,
    up: str,
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    band: float = 0.0,
) -> str:
    """Pairs of bars, lying. `band` draws a whisker of that share either way on the last series."""
    row, left = 24.0 * len(series) + 12, 210.0
    tall = row * len(names) + 80
    most = max(v for _, values in series for v in values) * (1.0 + band) * 1.08
    wide = 430.0
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {tall:.0f}" role="img" font-family="system-ui, sans-serif" font-size="13">',
        f'<title>{escape(title)}</title><rect width="760" height="{tall:.0f}" fill="#fff"/>',
        f'<text x="16" y="26" font-size="16" fill="{INK}">{escape(title)}</text>',
        f'<text x="16" y="{tall - 12:.0f}" fill="{INK}">{escape(up)}</text>',
    ]
    for i, name in enumerate(names):
        y = 44 + i * row
        out.append(
            f'<text x="{left - 8}" y="{y + row / 2:.0f}" text-anchor="end" fill="{INK}">{escape(name)}</text>'
        )
        for k, (_label, values) in enumerate(series):
            v = values[i]
            yk = y + 4 + k * 24
            out.append(
                f'<rect x="{left}" y="{yk:.0f}" width="{v / most * wide:.1f}" height="20" fill="{COLOURS[k]}"/>'
            )
            out.append(
                f'<text x="{left + v * (1 + band * (k == len(series) - 1)) / most * wide + 6:.1f}" y="{yk + 15:.0f}" fill="{INK}">{v:.2f}</text>'
            )
            if band and k == len(series) - 1:
                lo, hi = left + v * (1 - band) / most * wide, left + v * (1 + band) / most * wide
                out.append(
                    f'<line x1="{lo:.1f}" x2="{hi:.1f}" y1="{yk + 10:.0f}" y2="{yk + 10:.0f}" stroke="{INK}" stroke-width="2"/>'
                )
    for k, (label, _values) in enumerate(series):
        out.append(
            f'<text x="{left + wide + 40}" y="{60 + 20 * k}" fill="{COLOURS[k]}">{escape(label)}</text>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"
