"""The companion's own folder within the data folder, and the words that let others in."""

from __future__ import annotations

import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any

LOCK, STATE, API, TABLES = "companion.lock", "companion.sqlite3", "api.json", "tables.json"
APP_TOKEN = "companion-token"
APP_PORT = "server-port"


def prepare(data: Path) -> Path:
    """The folder, made for this account only. Raises OSError if it cannot be made."""
    folder = data / "companion"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def write(path: Path, text: str) -> None:
    """Write a file that is wholly there or not at all, for this account only."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.touch(mode=0o600)
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read_json(path: Path) -> Any:
    """What a file holds, or None if it is not there or holds no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def app_port(data: Path) -> int | None:
    """The port at which the app answers; None where none runs, also if a killed one left its port behind."""
    try:
        port = int((data / APP_PORT).read_text())
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except (OSError, ValueError, OverflowError):
        return None
    return port


def app_token(data: Path) -> str:
    """The word that companion and app know each other by: whoever can read the data folder is its owner."""
    path = data / APP_TOKEN
    try:
        return path.read_text().strip()
    except OSError:
        pass
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.touch(mode=0o600)
    new.write_text(secrets.token_urlsafe(32))
    try:
        os.link(new, path)  # unlike a rename, this leaves the other's word alone if both start at once
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        new.replace(path)
    new.unlink(missing_ok=True)
    return path.read_text().strip()
