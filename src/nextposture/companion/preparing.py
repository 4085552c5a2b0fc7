"""Makes ready what the companion reads: rules, words and figures as plain files in its folder.

Run by the command before the companion starts, so that the libraries that read tables and draw figures are
never in the memory of a process that stays all day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Literal

from nextposture.companion import folder
from nextposture.knowledge.figures import figures
from nextposture.motion.figure_svg import draw
from nextposture.sitting.breaks import break_rules
from nextposture.sitting.saved import plain
from nextposture.sitting.table import break_plan, companion_table

SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def prepare(data: Path) -> Path:
    """Write the tables and pictures of this edition into the companion's folder, and return it.

    Raises OSError if the folder cannot be written.
    """
    own = folder.prepare(data)
    table = companion_table()
    no_plan = break_plan(interval_min=30, break_min=2, may_stretch=False, why_off=table.no_plan)
    tables = {
        "rules": plain(table.rules()),
        "words": plain(table.words()),
        "plan": plain(replace(no_plan, quiet=table.quiet())),
        "pictures": _pictures(own),
    }
    folder.write(own / folder.TABLES, json.dumps(tables))
    return own


def _pictures(own: Path) -> dict[str, str]:
    """Kind of break and side ("stretchLeft", "walk") -> file."""
    shelf = own / "pictures"
    shelf.mkdir(mode=0o700, exist_ok=True)
    style = _style()
    made = {}
    for kind, figure in companion_table().pictures.items():
        sided = kind in break_rules().kinds and "{side}" in break_rules().kinds[kind].idea
        for side in SIDES if sided else SIDES[1:]:
            # The idea names the leg that stays behind, the figure the side that is stretched: the same one.
            path = shelf / (f"{kind}-{side}.svg" if sided else f"{kind}.svg")
            folder.write(path, _alone(draw(figures()[figure], side=side), style))
            made[f"{kind}{side.title()}" if sided else kind] = str(path)
    return made


def _style() -> str:
    """The figures' style sheet with its variables filled in, as not every viewer of SVG knows variables.

    Those that know whether the desktop is dark get the dark paper's colours; the others see light paper.
    """
    folder_ = files("nextposture.site") / "static/nextposture"
    sheet = _without_comments((folder_ / "figures.css").read_text(encoding="utf-8"))
    css = sheet.partition("@media")[0]
    tokens = _without_comments((folder_ / "tokens.css").read_text(encoding="utf-8"))
    pairs = re.findall(r"--([\w-]+):\s*light-dark\((#\w+),\s*(#\w+)\)", tokens)
    light = _filled(css, {name: first for name, first, _ in pairs})
    dark = _filled(css, {name: second for name, _, second in pairs})
    return f"{light} @media (prefers-color-scheme: dark) {{ {dark} }}"


def _filled(css: str, colours: Mapping[str, str]) -> str:
    values = {
        name: re.sub(r"var\(--([\w-]+), ([^)]+)\)", lambda used: colours.get(used[1], used[2]), value)
        for name, value in re.findall(r"(--fig-[\w-]+):\s*([^;]+);", css)
    }
    css = re.sub(r"--fig-[\w-]+:[^;]+;", "", css) + ".fig-paper { fill: var(--fig-ground); }"
    css = re.sub(r"var\((--fig-[\w-]+)\)", lambda used: values[used[1]], css)
    css = re.sub(r"var\(--sans, sans-serif\)", "sans-serif", css)
    css = re.sub(r"calc\(([\d.]+) \* ([\d.]+)px\)", lambda sum_: f"{float(sum_[1]) * float(sum_[2])}px", css)
    return " ".join(css.split())


def _without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def _alone(svg: str, style: str) -> str:
    """A figure that needs no page around it, on its own paper."""
    head, _, rest = svg.partition(">")
    return f'{head}><style>{style}</style><rect class="fig-paper" width="100%" height="100%"/>{rest}'
