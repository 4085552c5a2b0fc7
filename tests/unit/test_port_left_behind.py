"""A killed app leaves its port behind; nobody is sent there."""

from __future__ import annotations

import argparse
import io
import socket
from pathlib import Path

import pytest

from nextposture.companion import folder
from nextposture.site import local

ARGS = argparse.Namespace(no_browser=True)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A data folder with a port at which nobody listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    (tmp_path / folder.APP_PORT).write_text(str(port))
    return tmp_path


@pytest.mark.parametrize("text", [None, "", "rubbish", "99999999", "-1"])
def test_only_a_port_that_answers_counts(left: Path, text: str | None) -> None:
    if text is not None:
        (left / folder.APP_PORT).write_text(text)
    assert folder.app_port(left) is None
    with socket.create_server(("127.0.0.1", 0)) as app:
        port = app.getsockname()[1]
        (left / folder.APP_PORT).write_text(str(port))
        assert folder.app_port(left) == port


def test_a_second_start_waits_for_the_app_that_takes_the_place(
    left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as app:
        port = app.getsockname()[1]
        monkeypatch.setattr(local.time, "sleep", lambda _: (left / folder.APP_PORT).write_text(str(port)))
        local._open_running(left, ARGS, out)
    assert out.getvalue().startswith(f"http://127.0.0.1:{port}/sign-in?token=")


def test_an_app_that_never_answers_is_named(left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.time, "sleep", lambda _: None)
    with pytest.raises(local.CannotStartError, match="does not answer"):
        local._open_running(left, ARGS, io.StringIO())
