"""No table, template or script promises, judges, or names a single cause."""

import re
from pathlib import Path

import pytest

import nextposture
from nextposture.knowledge import load

PACKAGE = Path(nextposture.__file__).parent
WORDING = load().wording
DENIALS = re.compile(r"\b(?:not|never|no|nor|cannot|without)\b[^.]*$", re.IGNORECASE)
"""A sentence that denies the thing ("does not diagnose") is not a hit."""
QUOTED = {"evidence.yaml", "sources.yaml", "wording.yaml"}
"""Claims and titles of papers are quoted, and the list of words itself names them."""

TEXTS = sorted(
    path
    for folder, patterns in (
        ("knowledge/tables", ["*.yaml"]),
        ("selfcare", ["**/*.html", "**/*.py"]),
        ("site/templates", ["**/*.html"]),
        ("site/static/nextposture", ["*.js"]),
        ("companion", ["**/*.py"]),
        ("interop", ["*.py", "*.html", "*.typ", "tables/*.yaml"]),
        (".", ["check.py", "cli.py", "data_commands.py"]),
    )
    for pattern in patterns
    for path in (PACKAGE / folder).glob(pattern)
    if path.name not in QUOTED
)


def hits(text: str) -> list[str]:
    found = []
    for phrase in WORDING.avoid:
        # Case counts after the first letter: `preventScroll` in a script is not "prevents".
        first, rest = phrase[0], re.escape(phrase[1:])
        for match in re.finditer(rf"\b[{first.lower()}{first.upper()}]{rest}", text):
            before = text[max(0, match.start() - 80) : match.start()]
            if not DENIALS.search(before):
                found.append(text[max(0, match.start() - 30) : match.end() + 10])
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_words_to_avoid(path: Path) -> None:
    assert hits(path.read_text(encoding="utf-8")) == []


def test_no_exclamation_marks_are_shown() -> None:
    shouting = re.compile(r"[a-z]!(?=[\s\"'<]|$)")
    for path in TEXTS:
        if path.suffix in (".yaml", ".html"):
            assert not shouting.search(path.read_text(encoding="utf-8")), path.name


def test_the_finder_finds_and_lets_denials_pass() -> None:
    assert hits("This treats your back.") and hits("Your psoas is the cause of it")
    assert not hits("It does not diagnose anything.")
