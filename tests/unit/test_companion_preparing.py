"""What is made ready for the companion: plain files, pictures that need no page, the site's own colours."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from importlib.resources import files
from pathlib import Path

from nextposture.companion import folder, page
from nextposture.companion.preparing import prepare
from nextposture.sitting.rules import BreakPlan, Rules
from nextposture.sitting.saved import restored
from nextposture.sitting.table import companion_table
from nextposture.sitting.words import Words

TOKENS = (files("nextposture.site") / "static/nextposture/tokens.css").read_text(encoding="utf-8")
PAIRS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", TOKENS)
}


def test_tables_come_back_as_rules_words_and_a_plan_that_asks_nothing(tmp_path: Path) -> None:
    told = folder.read_json(prepare(tmp_path) / folder.TABLES)
    assert restored(Rules, told["rules"]) == companion_table().rules()
    assert restored(Words, told["words"]) == companion_table().words()
    assert restored(BreakPlan, told["plan"]).why_off == companion_table().no_plan


def test_every_kind_of_break_has_a_picture_that_stands_alone(tmp_path: Path) -> None:
    pictures = folder.read_json(prepare(tmp_path) / folder.TABLES)["pictures"]
    assert set(pictures) == {
        "walk", "stand", "postural_shift", "stretchLeft", "stretchRight", "raise_desk", "lower_desk",
    }  # fmt: skip
    for path in pictures.values():
        text = Path(path).read_text(encoding="utf-8")
        ET.fromstring(text)
        light, _, dark = text.partition("@media (prefers-color-scheme: dark)")
        assert "var(" not in text and "calc(" not in text and "canvas" not in text
        assert PAIRS["muscle"][0] in light and PAIRS["muscle"][1] in dark
        assert PAIRS["paper"][0] in light and PAIRS["paper"][1] in dark


def test_the_page_has_the_sites_colours() -> None:
    light, dark = page.STYLE.split("@media (prefers-color-scheme: dark)")
    for name, token in (("paper", "paper"), ("ink", "ink"), ("quiet", "grey-2"), ("move", "move")):
        assert f"--{name}: {PAIRS[token][0]}" in light and f"--{name}: {PAIRS[token][1]}" in dark
