"""`nextposture spine`: the JSON contract, the table, the picture, and what it refuses."""

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nextposture.body import command, posture_names


def spine(*words: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser(prog="nextposture")
    command.add_parser(parser.add_subparsers())
    args, out = parser.parse_args(["spine", *words]), io.StringIO()
    return command.run(args, out), out.getvalue()


def test_json_has_the_levels_the_angles_and_the_same_for_no_shortening_with_differences() -> None:
    code, text = spine(
        "--height", "1.62", "--mass", "60", "--sex", "female", "--age", "30", "--shortening", "0.1", "--json"
    )
    answer = json.loads(text)
    assert code == 0
    keys = {"levels", "pelvic_tilt_deg", "lordosis_deg", "hip_extension_deg", "reserve_Nm"}
    for part in (answer, answer["unshortened"], answer["difference"]):
        assert keys <= set(part)
        assert [level["level"] for level in part["levels"]] == ["L5/S1", "L4/5", "L3/4", "L2/3", "L1/2"]
        for level in part["levels"]:
            assert {"compression_N", "shear_N", "moment_Nm"} <= set(level)
    for now, before, change in zip(
        *(answer_part["levels"] for answer_part in (answer, answer["unshortened"], answer["difference"])),
        strict=True,
    ):
        assert now["compression_N"] - before["compression_N"] == pytest.approx(
            change["compression_N"], abs=0.01
        )
    assert answer["difference"]["hip_extension_deg"] < 0.0 < answer["difference"]["pelvic_tilt_deg"]


def test_without_shortening_nothing_differs() -> None:
    answer = json.loads(spine("--json")[1])
    assert all(level["compression_N"] == 0.0 for level in answer["difference"]["levels"])


def test_every_posture_is_listed_with_its_ratio() -> None:
    code, text = spine("postures", "--json")
    rows = json.loads(text)["postures"]
    assert code == 0
    assert [row["name"] for row in rows] == list(posture_names())
    by_name = {row["name"]: row for row in rows}
    assert by_name["standing"]["ratio_to_standing"] == 1.0
    reference = by_name["standing"]["levels"][1]["compression_N"]
    for row in rows:
        assert row["levels"][1]["level"] == "L4/5"
        assert row["ratio_to_standing"] == pytest.approx(
            row["levels"][1]["compression_N"] / reference, abs=1e-3
        )


def test_a_shortening_presses_in_every_listed_posture_of_stretched_hips() -> None:
    before, after = (
        {row["name"]: row["levels"][1]["compression_N"] for row in json.loads(spine(*words)[1])["postures"]}
        for words in (["postures", "--json"], ["postures", "--json", "--shortening", "0.1"])
    )
    assert all(after[name] > before[name] for name in ("standing", "half_kneeling_stretch", "plank"))


def test_a_posture_that_muscles_cannot_hold_is_said_in_the_tables_too(tmp_path: Path) -> None:
    frail = ["--height", "1.5", "--mass", "45", "--sex", "female", "--age", "80"]
    words = "muscles of this strength cannot hold"
    picture = ["--picture", str(tmp_path / "a.svg")]
    assert words in spine("postures", *frail)[1]
    assert words in spine("--posture", "lifting_20kg_bent_knees", *picture, *frail)[1]
    assert words not in spine("postures")[1]
    assert words not in spine(*picture, *frail)[1]


def test_compiling_is_announced_once_and_only_when_something_compiles(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import numba as nb

    from nextposture.body import compiling

    monkeypatch.setattr(compiling._ANNOUNCER, "said", False)

    def twice(x):  # type: ignore[no-untyped-def]
        return 2 * x

    compiled = nb.njit(twice)
    for value in (1, 1, 1.0):  # the last one compiles again, for floats
        with compiling.announced():
            compiled(value)
    assert capsys.readouterr().err.count("Compiling the body model") == 1
    monkeypatch.setattr(compiling._ANNOUNCER, "said", False)
    with compiling.announced():
        compiled(2)
    assert capsys.readouterr().err == ""


def test_the_table_and_the_picture(tmp_path: Path) -> None:
    picture = tmp_path / "me.svg"
    code, text = spine("--posture", "sitting_slouched", "--picture", str(picture))
    assert code == 0
    assert "L4/5" in text
    assert str(picture) in text
    root = ElementTree.parse(picture).getroot()
    assert root.tag.endswith("svg")
    assert any("L5/S1" in (element.text or "") for element in root.iter())


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (["--height", "2.5"], "height 2.5 is outside 1.45 to 2 m"),
        (["--mass", "30"], "mass 30 is outside"),
        (["--age", "10"], "age 10 is outside"),
        (["--sex", "x"], "sex 'x'"),
        (["--shortening", "0.5"], "shortening 0.5 is outside 0 to 0.2"),
        (["--shortening", "nan"], "shortening nan"),
        (["--posture", "lounging"], "posture 'lounging'"),
        (["--height", "1.5", "--mass", "120"], "body mass index"),
        (["postures", "--shortening", "0.5"], "shortening 0.5 is outside 0 to 0.2"),
    ],
)
def test_what_is_out_of_range_ends_with_two_and_one_line(
    words: list[str], limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = spine(*words, "--json")
    said = capsys.readouterr().err
    assert code == 2
    assert text == ""
    assert limit in said
    assert said.count("\n") == 1


def test_naming_the_command_loads_nothing_heavy() -> None:
    script = (
        "import sys, nextposture.body, nextposture.body.command\n"
        "print([name for name in ('numba', 'numpy', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_picture_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = spine("--posture", "lying_prone", "--picture", str(tmp_path / "nowhere" / "me.svg"))
    assert code == 1
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if not line.startswith("Compiling")] == [said[-1]]
    assert "the picture was not written" in said[-1]


def test_without_numba_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [
        name for name in sys.modules if name.startswith("nextposture.body.") and "command" not in name
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numpy", None)
    code, _ = spine("--json")
    assert code == 1
    assert "nextposture[body]" in capsys.readouterr().err
