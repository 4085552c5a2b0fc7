"""`nextposture check` as someone meets it in a terminal."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.clinical.cases import answers_of, base_clear, vignettes

from nextposture.cli import main
from nextposture.knowledge import load


def check(*args: str) -> tuple[int, str]:
    out = io.StringIO()
    return main(["check", *args], out), out.getvalue()


def written(folder: Path, name: str, value: object) -> str:
    path = folder / name
    path.write_text(json.dumps(value) if name.endswith("json") else yaml.safe_dump(value), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", ["case.json", "case.yaml"])
def test_one_case_gives_one_outcome(tmp_path: Path, name: str) -> None:
    case = next(case for case in vignettes() if case.id == "P01")
    code, out = check(written(tmp_path, name, answers_of(case)))
    outcome = json.loads(out)
    assert code == 0
    assert outcome["urgency"] == "SELF_CARE" and outcome["status"] == "complete"
    assert outcome["factors"]["F_SIT_TOTAL"] == "present"
    assert {"id", "dose", "reasons"} <= set(outcome["plan"][0])
    assert outcome["knowledge"] == {
        "version": load().release.version,
        "hash": load().hash,
        "reviewed_by": None,
    }


def test_a_list_gives_a_list_in_the_same_order(tmp_path: Path) -> None:
    cases = [answers_of(case) for case in vignettes()]
    code, out = check(written(tmp_path, "cases.json", cases))
    assert code == 0
    assert [one["urgency"] for one in json.loads(out)] == [case.expected.urgency for case in vignettes()]


def test_reasons_carry_why_and_sources(tmp_path: Path) -> None:
    _, out = check(written(tmp_path, "a.json", {**base_clear(), "chest_breath": True}))
    outcome = json.loads(out)
    (reason,) = outcome["reasons"]
    assert reason["id"] == "E08" and reason["why"] and reason["sources"] == ["NHS_BACK"]
    assert outcome["plan"] == []


def test_routes_and_blocks(tmp_path: Path) -> None:
    _, out = check(written(tmp_path, "a.json", {**base_clear(), "pregnant": True, "preg_warning": True}))
    outcome = json.loads(out)
    assert outcome["routes"] == ["maternity", "pelvic_health"]
    assert "EX_PLANK" in outcome["blocked"]


def test_text_is_for_a_person_to_read(tmp_path: Path) -> None:
    case = next(case for case in vignettes() if case.id == "P01")
    code, out = check("--text", written(tmp_path, "a.json", answers_of(case)))
    assert code == 0
    for words in ("SELF CARE", "Half-kneeling hip-flexor stretch", "cauda equina", "not yet reviewed"):
        assert words in out


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("offcie", "job_type: 'offcie' is not in the list and counts as other. Did you mean office?"),
        ("Truck", "job_type: 'Truck' is not in the list and counts as other. Did you mean truck?"),
        ("beekeeper", "job_type: 'beekeeper' is not in the list and counts as other."),
    ],
)
def test_a_job_outside_the_list_counts_as_other_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], job: str, said: str
) -> None:
    case = written(tmp_path, "a.json", {**base_clear(), "job_type": job})
    code, out = check(case)
    assert (code, json.loads(out)["notes"]) == (0, [said])
    assert capsys.readouterr().err.splitlines() == [said]
    cases = written(tmp_path, "b.json", [{**base_clear(), "job_type": "dk"}, {"job_type": job}])
    assert [one["notes"] for one in json.loads(check(cases)[1])] == [[], [said]]
    assert check("--text", cases)[0] == 0
    assert capsys.readouterr().err.splitlines() == [f"case 2: {said}"] * 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"feever": true}', "feever: there is no input of this name"),
        ('{"fever": "yes"}', "fever: must be true or false, not 'yes'"),
        ('[{"fever": true}, {"age_years": 200}]', "case 2: age_years: must be from 0 to 120 years"),
        ('{"fever": true, "fever": false}', "fever: the key appears twice"),
        ("fever: true\nfever: false\n", "case.txt:2: the key 'fever' appears twice"),
        ("just words", "a case is a mapping"),
        ("", "a case is a mapping"),
        ("[1, 2]", "a case is a mapping"),
        ("{unclosed: [", "case.txt:"),
        ("[" * 3000, "nested too deeply"),
        ('{"sitting_hours_day": NaN}', "sitting_hours_day: must be from 0 to 24"),
        ("1: true", "1: there is no input of this name"),
        ('{"age_years": ' + "9" * 5000 + "}", "holds a number that cannot be used"),
        ("age_years: " + "9" * 5000, "case.txt:1: not a number that can be used"),
        ("age_years: 999999999999999999999", "age_years: must be from 0 to 120 years"),
        ("fever: 2026-13-45", "fever: must be true or false, not '2026-13-45'"),
        ("fever: !!int abc", "case.txt:1: tags are not taken"),
        ("a: &x [1]\nb: *x", "case.txt:1: anchors are not taken"),
        ("{[1, 2]: 3}", "case.txt:1: a key must be one word"),
        ("{{a: 1}: 3}", "case.txt:1: a key must be one word"),
        ("- " * 50_000, "nested too deeply"),
        ("fever: " + "[" * 3000, "nested too deeply"),
        ("fever: [1, [2, {a: b}]]", "fever: must be true or false, not a list"),
        ('{"' + "k" * 100_000 + '": true}', "k" * 200),
        (r'{"a\u001b[31m": true}', "a?[31m: there is no input of this name"),
    ],
)
def test_input_that_cannot_be_used_is_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    path = tmp_path / "case.txt"
    path.write_text(text, encoding="utf-8")
    code, out = check(str(path))
    error = capsys.readouterr().err
    assert code == 2 and out == ""
    assert says in error
    assert error.count("\n") == 1


def test_numbers_are_decimal_whatever_they_start_with(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("age_years: 012\n", encoding="utf-8")
    code, out = check(str(path))
    assert code == 0
    assert {"W01", "R15"} & {reason["id"] for reason in json.loads(out)["reasons"]} == {"W01"}


@pytest.mark.parametrize(
    ("told", "plans_for_drivers"), [("warehouse", False), ("truck", True), ("dk", False)]
)
def test_kind_of_day_is_an_open_list(tmp_path: Path, told: str, plans_for_drivers: bool) -> None:
    code, out = check(written(tmp_path, "case.json", {**base_clear(), "job_type": told}))
    assert code == 0
    assert ("P_DRIVE_BREAK" in {one["id"] for one in json.loads(out)["plan"]}) is plans_for_drivers


@pytest.mark.parametrize("told", [5, "", ["office"]])
def test_kind_of_day_is_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str], told: object) -> None:
    assert check(written(tmp_path, "case.json", {"job_type": told}))[0] == 2
    assert "job_type: must be one of office" in capsys.readouterr().err


def test_reader_that_closes_early_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m nextposture check --inputs | true; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_text_that_is_not_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes("trend: schlechter für".encode("latin-1"))
    assert check(str(path))[0] == 2
    assert "case.yaml: is not UTF-8 text" in capsys.readouterr().err
    done = subprocess.run(
        [sys.executable, "-m", "nextposture", "check", "-"],
        input=path.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1


def test_text_of_an_emergency_is_what_to_do_and_nothing_else(tmp_path: Path) -> None:
    _, out = check("--text", written(tmp_path, "a.json", {**base_clear(), "chest_breath": True}))
    assert "Call the emergency number now. Sit down" in out and "Say: I have chest pain" in out
    assert "What may add to it" not in out and "Plan" not in out


def test_text_names_every_exercise_that_is_ruled_out(tmp_path: Path) -> None:
    case = written(tmp_path, "a.json", {**base_clear(), "pregnant": True, "anticoagulant": True})
    _, out = check("--text", case)
    ruled_out = json.loads(check(case)[1])["blocked"]
    names = [load().items[one].name for one in ruled_out]
    assert len(names) > 3 and all(out.count(f"  {name}: ") == 1 for name in names)


def test_the_inputs_are_listed_with_what_each_may_be() -> None:
    code, out = check("--inputs")
    assert code == 0
    assert "leg_pain: none | one | both (must be asked before a plan)" in out
    assert "age_years: 0 to 120 years" in out and "fever: true or false" in out
    assert all(f"{name}: " in out for name in load().inputs)


def test_no_file_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert check()[0] == 2
    assert "name a FILE" in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = check("nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml: No such file" in capsys.readouterr().err


def test_standard_input_through_the_real_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nextposture", "check", "-"],
        input=json.dumps({"ces_saddle": True}),
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (outcome["urgency"], outcome["status"]) == ("EMERGENCY_NOW", "incomplete")


def test_it_starts_without_the_web_framework() -> None:
    code = (
        "import sys; from nextposture.cli import main; main(['check', '-']); print('django' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input="{}", capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"
