"""One-time tokens, carried by the link that the command opens, that sign the owner in.

A token is a file in the data folder, named by the token's hash: only who may write there can make one, a
second `nextposture` can make one for a server that runs already, and unlinking the file is what uses the
token up, so two requests can never both use it.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from pathlib import Path


def mint(data: Path) -> str:
    """A new token for the data folder `data`, good until used or until the server starts again."""
    token = secrets.token_urlsafe(32)
    file = _file(data, token)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    return token


def redeem(data: Path, token: str) -> bool:
    """Use `token` up. True the first time, False ever after and for anything never minted."""
    try:
        _file(data, token).unlink()
    except FileNotFoundError:
        return False
    return True


def forget_all(data: Path) -> None:
    """Make every token that was not used yet worthless."""
    shutil.rmtree(data / "links", ignore_errors=True)


def _file(data: Path, token: str) -> Path:
    return data / "links" / hashlib.sha256(token.encode()).hexdigest()
