"""The folder that holds everything kept about the person: database, secret key, static files made ready.

Whoever can write in this folder is its owner, so it is made for that one account only.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from platformdirs import user_data_path


def default() -> Path:
    """The platform's own place for a program's data."""
    return user_data_path("nextposture", appauthor=False)


def prepare(folder: Path) -> None:
    """Make `folder`, closed to other accounts, unless it is there already.

    Raises OSError if it cannot be made.
    """
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)


def secret_key(folder: Path) -> str:
    """The key that signs this folder's sessions; made on first use.

    Raises OSError if it can be neither read nor written.
    """
    path = folder / "secret-key"
    if not path.exists():
        prepare(folder)
        # Written aside first: a key file that a crash left empty would keep the app from ever starting.
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(50))
        new.replace(path)
    return path.read_text()
