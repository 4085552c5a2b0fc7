"""Studies as a user runs them: a file in, numbers and a report out, whoever works them out, however often."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nextposture.cli import main
from nextposture.knowledge.reading import KnowledgeError
from nextposture.studies import report, running
from nextposture.studies.chunks import Chunk, chunks, sobol_names, sobol_shares, work_out
from nextposture.studies.study_file import read_study

TEXT = """
title: A small study
question: Does it run?
seed: 5
people: 24
chunk: 6
bodies: 2
population:
  female: 0.5
  age: {kind: uniform, low: 20, high: 65}
  height_female_m: {kind: normal, mean: 1.63, sd: 0.07, low: 1.46, high: 1.9}
  height_male_m: {kind: normal, mean: 1.76, sd: 0.075, low: 1.5, high: 1.99}
  body_mass_index: {kind: lognormal, mean: 25.5, sd: 0.16, low: 17.5, high: 39}
  sitting_hours: {kind: normal, mean: 8, sd: 2.5, low: 1, high: 15}
  own_shortening: {kind: half_normal, sd: 0.03, high: 0.1}
scenarios:
  - {name: full length, shortening: 0.0}
  - {name: as they are, sitting: association}
  - {name: stretched, sitting: association, stretch_seconds_per_week: 900}
  - {name: breaks, sitting: hypothesis, break_min: 3, weeks: 26}
  - {name: sitting, sitting: hypothesis, weeks: 26}
  - {name: stated, shortening: 0.1, stated: true}
outcomes: [tilt_deg, compression_L4_5_N, reserve_Nm]
sensitivity: {outcome: compression_L4_5_N, scenario: as they are, against: full length, samples: 2}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def run(*arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    return main(["study", *map(str, arguments)], out), out.getvalue().strip()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study worked out by one worker."""
    folder = tmp_path_factory.mktemp("study")
    path = folder / "study.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert run(path, "--workers", 1)[0] == 0
    return folder / "study"


def column(folder: Path, name: str) -> np.ndarray:
    return pq.read_table(folder / "people.parquet")[name].to_numpy()


def test_it_writes_a_row_a_person_and_a_report_with_figures(done: Path) -> None:
    table = pq.read_table(done / "people.parquet")
    assert table["person"].to_pylist() == list(range(24))
    assert len(set(table["height_m"].to_pylist())) == 24
    assert len(set(table["body"].to_pylist())) == 8
    assert {"height_m", "sitting_hours", "breaks: tilt_deg", "stated: shortening"} <= set(table.column_names)
    page = (done / "report.md").read_text(encoding="utf-8")
    for said in ("A small study", "smaller than what matters", "changes.svg", "sobol.svg", "fingerprint"):
        assert said in page
    assert (done / "changes.svg").read_text().startswith("<?xml")
    assert not list((done / "parts").iterdir())


def test_scenarios_differ_as_they_should(done: Path) -> None:
    own, stretched = column(done, "as they are: shortening"), column(done, "stretched: shortening")
    assert (own >= 0.0).all()
    assert (own > 0.0).any()
    assert (stretched <= own + 1e-6).all()
    assert (stretched < own - 1e-4).any()
    assert (column(done, "breaks: shortening") <= column(done, "sitting: shortening") + 1e-6).all()
    assert (column(done, "stated: tilt_deg") == column(done, "stated: tilt_deg")[0]).all()
    rise = column(done, "stated: compression_L4_5_N") - column(done, "full length: compression_L4_5_N")
    assert np.median(rise) > 0.0


def test_the_same_seed_gives_the_same_bytes_on_more_workers(done: Path, write: Write, tmp_path: Path) -> None:
    assert run(write(TEXT), "--workers", 3, "--out", tmp_path / "again")[0] == 0
    for name in ("people.parquet", "sobol.parquet", "report.md", "changes.svg", "sobol.svg"):
        assert (tmp_path / "again" / name).read_bytes() == (done / name).read_bytes(), name


def test_sobol_indices_find_what_an_outcome_hangs_on(write: Write, tmp_path: Path) -> None:
    study = read_study(write(TEXT.replace("samples: 2", "samples: 256")))
    shares, names = sobol_shares(study), sobol_names(study)
    difference = 3.0 * shares[:, names.index("age")] + shares[:, names.index("tone")]
    rows = pa.table({"row": np.arange(len(shares)), "difference": difference})
    pq.write_table(rows, tmp_path / "sobol.parquet")
    (first, _, _, total, _), (second, alone, *_) = report.sobol_indices(study, tmp_path)[:2]
    assert (first, second) == ("age", "tone")
    assert total == pytest.approx(0.9, abs=0.05)
    assert alone == pytest.approx(0.1, abs=0.05)


def test_another_seed_gives_other_people(done: Path, write: Write) -> None:
    study = read_study(write(TEXT.replace("seed: 5", "seed: 6")))
    other = work_out(study, Chunk("people", 0))["height_m"]
    assert not np.allclose(other, column(done, "height_m")[:6])


def test_killed_and_started_again_it_goes_on_where_it_was(done: Path, write: Write, tmp_path: Path) -> None:
    path, folder = write(TEXT), tmp_path / "killed"
    code = "import sys; from nextposture.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "study", str(path), "--out", str(folder), "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = folder / "parts"
    for _ in range(1200):
        if parts.exists() and len(list(parts.glob("people-*.parquet"))) >= 2:
            break
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    kept = {part: part.stat().st_mtime_ns for part in parts.glob("*.parquet")}
    assert 2 <= len(kept) < len(chunks(read_study(path)))
    worked = []
    real = running.work_out

    def counted(study: object, chunk: Chunk) -> object:
        worked.append(chunk.name)
        return real(study, chunk)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "work_out", counted)
        assert run(path, "--out", folder)[0] == 0
    assert not {part.stem for part in kept} & set(worked)
    assert (folder / "people.parquet").read_bytes() == (done / "people.parquet").read_bytes()


def test_a_finished_study_is_not_worked_out_again(
    done: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "work_out", lambda *_: pytest.fail("worked again"))
    code, said = run(write(TEXT), "--out", done)
    assert (code, said) == (0, str(done / "report.md"))


def test_another_study_in_the_folder_is_refused_and_left_alone(
    done: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (done / "people.parquet").read_bytes()
    assert run(write(TEXT.replace("people: 24", "people: 25")), "--out", done)[0] == 2
    assert "choose another --out" in capsys.readouterr().err
    assert (done / "people.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("people: 24", "people: many", 5, "people"),
        ("people: 24", "people: 0", 5, "outside 1 to"),
        ("seed: 5\n", "", 2, "seed"),
        ("kind: uniform, low: 20", "kind: triangle, low: 20", 10, "kind"),
        ("low: 20, high: 65", "low: 2, high: 65", 10, "outside 18 to 80"),
        ("sd: 0.07", "sd: 0.0", 11, "sd must be more than 0"),
        ("{name: stretched, sitting", "{name: as they are, sitting", 19, "appears twice"),
        ("shortening: 0.1, stated", "shortening: 0.5, stated", 22, "0.5"),
        ("name: stated,", "posture: floating, name: stated,", 22, "floating"),
        ("name: stated,", "posture: half_kneeling_stretch, name: stated,", 22, "side to side"),
        ("tilt_deg, compression", "tilt, compression", 23, "unknown outcome"),
        ("samples: 2}", "samples: 3}", 24, "power of two"),
        ("against: full length", "against: nobody", 24, "unknown scenario"),
        ("title: A small study", "title: [A small study", 3, ""),
        ("title: A small study", "title: &x A small study", 2, "anchors"),
    ],
)
def test_a_wrong_file_ends_with_2_and_one_line_that_names_file_and_line(
    old: str, new: str, line: int, said: str, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in TEXT
    path = write(TEXT.replace(old, new))
    assert run(path)[0] == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"{path}:{line}: " in error
    assert said in error


def test_a_file_that_is_not_there_ends_with_2_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nowhere.yaml")[0] == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_scheduler_that_does_not_answer_ends_with_1(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PATIENCE", "1s")
    assert run(write(TEXT), "--scheduler", "tcp://127.0.0.1:9")[0] == 1
    assert "nextposture study: " in capsys.readouterr().err.splitlines()[-1]


def test_what_is_written_names_the_study(done: Path, write: Write) -> None:
    held = json.loads((done / "study.json").read_text())
    assert held["fingerprint"] == read_study(write(TEXT)).fingerprint()
    with pytest.raises(KnowledgeError):
        read_study(write("people: 1"))
