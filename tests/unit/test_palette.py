"""Every pair of colours that may meet on a page, measured by WCAG 2.2's contrast ratio."""

import re
from importlib.resources import files

import pytest

TOKENS = (files("nextposture.site") / "static" / "nextposture" / "tokens.css").read_text(encoding="utf-8")
PALETTE = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(
        r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS
    )
}
GROUNDS = ("paper", "paper-raised", "paper-sunk", "move-tint")
TEXT = ("ink", "grey-1", "grey-2", "muscle", "move")
GRAPHICS = ("grey-3", "focus")
FILLED = (
    ("on-muscle", "muscle"),
    ("on-move", "move"),
    ("on-alarm", "alarm"),
    ("on-stage", "stage"),
    ("paper", "ink"),
)
DECORATION = ("rule",)
BONE = ("bone-0", "bone-1", "bone-2")
FIGURE = ("bone-edge", "muscle-pulling", "muscle-slack")


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, as WCAG 2.2 defines it."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_every_colour_has_a_place() -> None:
    named = {*GROUNDS, *TEXT, *GRAPHICS, *DECORATION, *BONE, *FIGURE}
    placed = named | {name for pair in FILLED for name in pair}
    assert set(PALETTE) == placed


def test_colours_are_set_nowhere_else() -> None:
    """A stylesheet may name a colour only as the fallback of a token: `var(--ink, #211c17)`."""
    colour = re.compile(r"(?<!, )#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
    folder = files("nextposture.site") / "static" / "nextposture"
    for sheet in folder.iterdir():
        if sheet.name.endswith(".css") and sheet.name != "tokens.css":
            assert not colour.findall(sheet.read_text("utf-8")), sheet.name


def test_older_browsers_get_every_light_value() -> None:
    older = TOKENS.partition("@supports not (color: light-dark(")[2]
    values = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", older))
    assert values == {name: colours["light"] for name, colours in PALETTE.items()}


def test_browser_bars_match_the_paper() -> None:
    base = (files("nextposture.site") / "templates" / "base.html").read_text("utf-8")
    bars = re.findall(r'prefers-color-scheme: (light|dark)\)" content="(#[0-9a-f]{6})"', base)
    assert dict(bars) == PALETTE["paper"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize(("name", "least"), [(n, 4.5) for n in TEXT] + [(n, 3.0) for n in GRAPHICS])
def test_ink_on_a_ground(theme: str, ground: str, name: str, least: float) -> None:
    assert contrast(PALETTE[name][theme], PALETTE[ground][theme]) >= least


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "fill"), FILLED)
def test_text_on_a_filled_shape(theme: str, text: str, fill: str) -> None:
    assert contrast(PALETTE[text][theme], PALETTE[fill][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_muscle_and_outlines_stand_out_from_bone(theme: str) -> None:
    for name, ground in (
        ("bone-edge", "bone-2"),
        ("muscle-pulling", "bone-2"),
        ("muscle-pulling", "paper-sunk"),
    ):
        assert contrast(PALETTE[name][theme], PALETTE[ground][theme]) >= 3.0, (name, ground)
