"""Parts that are installed apart, loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class MissingPartError(Exception):
    """A part is not installed; the message says how to get it."""


def part(module: str, extra: str, what: str) -> Any:
    """The module of an extra. Raises MissingPartError."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
            raise
        raise MissingPartError(
            f"{what} needs a part that is not installed. Install it: pip install 'nextposture[{extra}]'"
        ) from None
