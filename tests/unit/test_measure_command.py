"""`nextposture measure`: what it refuses, with exit code 2 and one line that says what to change."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.filmed_people import ONE_LEG, SEVERAL, WALK, write_video

from nextposture.cli import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    """The one line that the command writes when it refuses."""
    out = io.StringIO()
    assert main(["measure", *arguments], out) == code
    assert out.getvalue() == ""
    told = capsys.readouterr().err
    assert told.startswith("nextposture measure: ")
    assert told.count("\n") == 1
    return told


def test_no_video(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a film")
    assert "not a video" in refused(capsys, str(file), "--test", "plank")
    assert "not there" in refused(capsys, str(tmp_path / "gone.mp4"), "--test", "plank")


def test_no_person(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    empty = write_video(tmp_path / "empty.mp4", [np.full((240, 320, 3), 120, np.uint8)] * 12)
    assert "No person" in refused(capsys, str(empty), "--test", "plank")


def test_several_persons(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Several people" in refused(capsys, str(SEVERAL), "--test", "walk", "--to", "0.6")


def test_the_wrong_view(capsys: pytest.CaptureFixture[str]) -> None:
    video = str(ONE_LEG / "videos/cam04.mp4")
    assert "side-on" in refused(capsys, video, "--test", "sit-to-stand", "--to", "0.5")


def test_too_little_to_measure_is_refused_with_the_reason_also_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = io.StringIO()
    wanted = ["--test", "walk", "--from", "3", "--to", "3.4", "--json"]
    assert main(["measure", str(WALK), *wanted], out) == 2
    told = json.loads(out.getvalue())
    assert told["refused"] in capsys.readouterr().err
    assert told["value"] is None
    assert told["refusals"]
    assert 0 < len(told["series"]["at_s"]) <= told["pictures"]


def test_no_picture_in_the_time_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no picture in that time" in refused(capsys, str(WALK), "--test", "walk", "--from", "900")


@pytest.mark.parametrize("test", ["thomas", "bridge"])
def test_a_test_of_one_side_needs_the_side(capsys: pytest.CaptureFixture[str], test: str) -> None:
    assert "--side" in refused(capsys, str(WALK), "--test", test)


def test_an_overlay_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = str(tmp_path / "no such folder" / "seen.mp4")
    told = refused(capsys, str(WALK), "--test", "walk", "--from", "3", "--to", "3.1", "--overlay", place)
    assert "cannot be written" in told


def test_an_overlay_never_writes_over_the_video_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    video, link = tmp_path / "me.mp4", tmp_path / "link.mp4"
    write_video(video, [np.full((48, 64, 3), 120, np.uint8)] * 3)
    link.symlink_to(video)
    before = video.read_bytes()
    for place in (video, link):
        told = refused(capsys, str(video), "--test", "plank", "--overlay", str(place))
        assert "write over" in told
    assert video.read_bytes() == before


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("nextposture.pose.")]:
        if name not in ("nextposture.pose.command", "nextposture.pose.parts"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "av", None)
    assert "make video" in refused(capsys, str(WALK), "--test", "walk", code=1)
