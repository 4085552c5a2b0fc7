"""Camera and microphone in use, as a made-up /proc tells; what can be seen is said."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nextposture.companion.surroundings import Surroundings
from nextposture.sitting.events import Around


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "self/fd").mkdir(parents=True)
    (tmp_path / "42/fd").mkdir(parents=True)
    (tmp_path / "42/fd/0").symlink_to("/dev/null")
    (tmp_path / "asound/card0/pcm0c/sub0").mkdir(parents=True)
    (tmp_path / "asound/card0/pcm0c/sub0/status").write_text("closed\n")
    (tmp_path / "asound/card0/pcm0p/sub0").mkdir(parents=True)
    (tmp_path / "asound/card0/pcm0p/sub0/status").write_text("state: RUNNING\n")  # plays, records nothing
    return tmp_path


def around(proc: Path) -> Around:
    return asyncio.run(Surroundings(None, None, None, proc).read())


def test_a_quiet_room(proc: Path) -> None:
    assert around(proc) == Around()


def test_a_microphone_that_records_is_a_call_and_a_sign_of_presence(proc: Path) -> None:
    (proc / "asound/card0/pcm0c/sub0/status").write_text("state: RUNNING\nowner_pid   : 7\n")
    assert around(proc) == Around(frozenset({"call"}), present=True)


def test_an_open_camera_is_a_call(proc: Path) -> None:
    (proc / "42/fd/9").symlink_to("/dev/video0")
    assert around(proc) == Around(frozenset({"call"}), present=True)


def test_processes_that_cannot_be_read_or_end_meanwhile_do_no_harm(proc: Path) -> None:
    (proc / "43").mkdir()
    (proc / "43/fd").write_text("not a folder")
    assert around(proc) == Around()


def test_without_alsa_it_says_so(tmp_path: Path) -> None:
    signs = {one.name: one for one in asyncio.run(Surroundings(None, None, None, tmp_path).signs())}
    assert not signs["microphone in use"].can_see and "pause by hand" in signs["microphone in use"].how
    assert not signs["shared screen"].can_see
