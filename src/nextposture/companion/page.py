"""The page behind a prompt: what to do, why now, a picture, and the answers. It works with no app running."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

# The colours are those of tokens.css; a test holds the two together.
STYLE = """
:root { color-scheme: light dark; --paper: #faf6ee; --ink: #211c17; --quiet: #676057; --move: #1d6664; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #1d1915; --ink: #f1e9dc; --quiet: #aea394; --move: #77bfb8; }
}
body { margin: 0 auto; max-width: 34rem; padding: 2rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 1.125rem/1.5 "Source Sans 3", system-ui, sans-serif; }
h1 { font: 600 1.75rem/1.2 "Source Serif 4", Georgia, serif; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; } .quiet { color: var(--quiet); }
svg { display: block; width: 100%; max-height: 40vh; margin: 1rem 0; }
form { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
button { min-height: 44px; padding: .5rem 1.5rem; font: inherit; color: var(--ink); background: none;
  border: 1px solid var(--quiet); border-radius: 4px; cursor: pointer; }
button[value=done] { background: var(--move); border-color: var(--move); color: var(--paper); }
"""


def page(
    title: str,
    lines: Iterable[str],
    *,
    picture: str = "",
    buttons: Mapping[str, str] | None = None,
    hidden: Mapping[str, str] | None = None,
) -> bytes:
    """A whole page. `picture` is our own SVG; everything else is escaped."""
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in (hidden or {}).items()
    )
    choices = "".join(
        f'<button name="answer" value="{escape(answer)}">{escape(text)}</button>'
        for answer, text in (buttons or {}).items()
    )
    form = f'<form method="post" action="/prompt">{fields}{choices}</form>' if choices else ""
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Next Posture</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{told}{picture}{form}</main></body></html>"
    ).encode()
