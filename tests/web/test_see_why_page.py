"""See why: what the page asks, says and hides. The answer is the model's own, worked out once for all."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture import knowledge
from nextposture.knowledge import Knowledge
from nextposture.record import check_ins, measurements
from nextposture.record.models import BodyBuild, CheckIn, Person
from nextposture.record.people import owner
from nextposture.selfcare import spine_jobs, spine_process
from nextposture.selfcare.spine_jobs import Job
from nextposture.selfcare.spine_process import POINTS, STEPS, Question

PAGE = "/see-why/"
BUILD = {"height": "168", "mass": "62"}


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    question = Question(1.68, 62.0, "female", 34.0, (-3.0, 10.0), None, 9.0, 600.0)
    return json.loads(json.dumps(spine_process.answer(question, io.StringIO())))


@pytest.fixture
def asked(answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """What the page asked the model, which answers at once."""
    questions: list[Question] = []

    def ask(question: Question) -> Job:
        questions.append(question)
        return Job("ready", 34, 34, answer)

    monkeypatch.setattr(spine_jobs, "ask", ask)
    return questions


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan and a build."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def known() -> Knowledge:
    return knowledge.load()


def text(client: Client, **post: str) -> str:
    answer = client.post("/see-why/build/", post, follow=True) if post else client.get(PAGE)
    return " ".join(answer.content.decode().split())


# ---- What it asks for


def test_it_starts_with_the_danger_signs(owner_client: Client) -> None:
    page = text(owner_client)
    assert "Start with the danger signs" in page
    assert 'name="height"' not in page


def test_a_stranger_sees_and_keeps_nothing(db: None, client: Client) -> None:
    check_in_as(owner(), "sitter")
    for address in (PAGE, "/see-why/progress/", "/see-why/scenes/"):
        assert client.get(address).status_code == 403
    assert client.post("/see-why/build/", BUILD).status_code == 403
    assert not BodyBuild.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"height": "144"}, "The model covers 145 to 200 cm."),
        ({"height": "1.68"}, "The model covers 145 to 200 cm."),
        ({"height": "tall"}, "Height is a number of centimetres, such as 168."),
        ({"height": "nan"}, "Height is a number of centimetres, such as 168."),
        ({"height": ""}, "Say how tall you are, in centimetres."),
        ({"mass": "131"}, "The model covers 40 to 130 kg."),
        ({"mass": "inf"}, "Body mass is a number of kilograms, such as 62."),
        ({"height": "195", "mass": "55"}, "At 195 cm the model covers about 61 to 152 kg"),
    ],
)
def test_what_the_model_does_not_cover_is_refused_and_nothing_is_lost(
    owner_client: Client,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any],
    given: dict[str, str],
    says: str,
) -> None:
    BodyBuild.objects.create(person=person, height_cm=170, mass_kg=70)
    for job in (Job("working"), Job("ready", answer=answer)):
        monkeypatch.setattr(spine_jobs, "ask", lambda _, job=job: job)
        page = owner_client.post("/see-why/build/", {**BUILD, **given})
        assert page.status_code == 422
        assert says in page.content.decode()
    assert BodyBuild.objects.get().height_cm == 170


def test_it_asks_the_model_what_the_record_says(
    owner_client: Client, person: Person, asked: list[Question]
) -> None:
    measurements.keep(
        known(),
        person,
        uuid4(),
        measure="hip_extension",
        method="phone",
        at=timezone.now(),
        value=-3.0,
        error=8.0,
        side="right",
        pelvis_held=True,
    )
    text(owner_client, **BUILD)
    row = check_ins.last_finished(person)
    assert row is not None
    (question,) = set(asked)
    assert (question.height, question.mass, question.sex) == (1.68, 62.0, row.answers["sex"])
    assert (question.age, question.sitting_hours) == (row.answers["age_years"], 9.0)
    assert (question.right, question.left) == ((-3.0, 8.0), None)
    assert question.stretch_seconds_per_week > 0


@pytest.mark.parametrize("sex", ["other", "pna", None])
def test_without_one_of_the_two_sexes_it_asks_which_strength_to_take(
    owner_client: Client, person: Person, asked: list[Question], sex: str | None
) -> None:
    CheckIn.objects.update(answers=CheckIn.objects.get().answers | {"sex": sex})
    assert "Muscle strength to reckon with" in text(owner_client)
    assert "Choose one, so that there is a strength" in text(owner_client, **BUILD)
    assert not asked
    text(owner_client, **BUILD, strength="male")
    assert asked[-1].sex == "male"


def test_without_an_age_it_says_so(owner_client: Client, person: Person, asked: list[Question]) -> None:
    CheckIn.objects.update(answers=CheckIn.objects.get().answers | {"age_years": None})
    assert "Your age is not in your last check-in" in text(owner_client, **BUILD)
    assert not asked


# ---- What it says


def test_it_says_what_it_means_how_sure_and_why_the_story_is_weak(
    owner_client: Client, person: Person, asked: list[Question]
) -> None:
    page = text(owner_client, **BUILD)
    assert "it most likely makes no difference that matters to how your pelvis stands" in page
    assert "How sure is that?" in page and "your hips have not been measured" in page
    assert "Not measured; anybody of your build" in page
    for claim in ("E01", "E02", "E03"):
        assert f'href="/evidence/#{claim}"' in page
    assert "What this does not tell you" in page
    assert page.count("hypothesis") >= 3
    assert page.count('<svg class="spine-svg"') == 2


def test_table_and_chart_hold_an_interval_for_every_disc(
    owner_client: Client, person: Person, asked: list[Question], answer: dict[str, Any]
) -> None:
    page = text(owner_client, **BUILD)
    rows = re.findall(r'<th scope="row">(L\d to \w+)</th>(.*?)</tr>', page)
    assert [name for name, _ in rows] == ["L1 to L2", "L2 to L3", "L3 to L4", "L4 to L5", "L5 to sacrum"]
    assert all(
        len(re.findall(r"<td>−?[\d.]+ [N%] \(−?[\d.]+ to −?[\d.]+\)</td>", row)) == 4 for _, row in rows
    )
    assert len(re.findall(r'class="after" data-level', page)) == 5
    load = answer["responses"][0]["levels"][1]["compression_N"]["median"]
    assert f"about the weight of {load / 9.81:.0f} kg" in page


def test_a_reading_is_named_with_its_band(
    owner_client: Client, person: Person, asked: list[Question]
) -> None:
    measurements.keep(
        known(),
        person,
        uuid4(),
        measure="hip_extension",
        method="phone",
        at=timezone.now(),
        value=-3.0,
        side="left",
        pelvis_held=True,
        error=8.0,
    )
    page = text(owner_client, **BUILD)
    assert "your reading (left −3°, give or take 8)" in page
    assert "have not been measured" not in page


def test_what_the_model_refuses_is_said(
    owner_client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spine_jobs, "ask", lambda _: Job("refused", refused="age 17 is outside 18 to 80"))
    page = text(owner_client, **BUILD)
    assert "The model cannot answer for this: age 17 is outside 18 to 80." in page


def test_while_it_works_the_page_is_there_and_says_how_far(
    owner_client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spine_jobs, "ask", lambda _: Job("working", 3, 34))
    page = text(owner_client, **BUILD)
    assert re.search(r'<progress [^>]*max="34" value="3"', page)
    assert owner_client.get("/see-why/progress/").json() == {"state": "working", "done": 3, "of": 34}
    assert owner_client.get("/see-why/scenes/").status_code == 404


def test_without_numpy_it_says_what_to_install_and_all_else_is_there(
    owner_client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spine_jobs, "can_run", lambda: False)
    page = text(owner_client)
    assert "<code>make body</code>" in page
    assert "Why the popular story is weak" in page
    assert owner_client.get("/see-why/progress/").status_code == 404


def test_the_server_loads_nothing_heavy_for_the_page() -> None:
    code = (
        "import sys, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; "
        "import django; django.setup(); "
        "import nextposture.selfcare.urls; sys.exit(any(name in sys.modules for name in ('numpy', 'numba')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# ---- Nerves, and danger signs first


def test_nerves_are_shown_once_the_danger_signs_are_settled(
    owner_client: Client, person: Person, asked: list[Question]
) -> None:
    page = text(owner_client, **BUILD)
    assert "The nerves beside it" in page and "schematic" in page
    told = owner_client.get("/see-why/scenes/").json()
    assert len(told["nerves"]["standing"]) == len(STEPS)


@pytest.mark.parametrize("name", ["unfinished", "today", "two_weeks"])
def test_unsettled_danger_signs_hide_the_nerves(
    owner_client: Client, asked: list[Question], name: str
) -> None:
    check_in_as(owner(), name)
    page = text(owner_client, **BUILD)
    assert 'id="meaning"' in page
    assert "The nerves beside it" not in page and "show-nerves" not in page
    if name != "two_weeks":
        assert page.index("First:") < page.index('id="meaning"')
    assert "nerves" not in owner_client.get("/see-why/scenes/").json()


def test_an_emergency_stands_in_for_the_page(owner_client: Client, asked: list[Question]) -> None:
    check_in_as(owner(), "emergency")
    page = text(owner_client, **BUILD)
    assert "emergency-page" in page
    assert "spine-svg" not in page and "popular story" not in page
    assert owner_client.get("/see-why/scenes/").status_code == 404


def test_a_leg_is_never_put_down_to_the_muscle(
    owner_client: Client, person: Person, asked: list[Question]
) -> None:
    page = text(owner_client, **BUILD).partition("<main")[2].partition("</main>")[0]
    sentences = [one for one in re.split(r"[.<>]", page) if re.search(r"\blegs?\b", one)]
    assert len(sentences) == 2
    for sentence in sentences:
        assert re.search(r"never explained|Anything about pain, numbness or weakness", sentence), sentence


# ---- The steps


def test_every_step_is_the_models_own_answer(
    owner_client: Client, person: Person, asked: list[Question], answer: dict[str, Any]
) -> None:
    text(owner_client, **BUILD)
    told = owner_client.get("/see-why/scenes/").json()
    assert told["steps"] == list(STEPS)
    for name in ("standing", "sitting"):
        assert len(told["scenes"][name]) == len(told["lines"][name]) == len(STEPS)
        assert all(len(one["fascicles"][0]["path"]) == 3 * POINTS for one in told["scenes"][name])
    pull = [sum(one["tension"] for one in scene["fascicles"]) for scene in told["scenes"]["standing"]]
    assert pull == sorted(pull) and pull[-1] > 2 * pull[0]
    seated = [sum(one["tension"] for one in scene["fascicles"]) for scene in told["scenes"]["sitting"]]
    assert seated[-1] < pull[-1] / 4
    assert "8 % shorter, standing" in told["lines"]["standing"][8]


# ---- The process


def test_the_process_refuses_in_words_and_is_told_nothing_on_its_command_line() -> None:
    question = asdict(Question(1.68, 62.0, "female", 17.0))
    told = subprocess.run(
        [sys.executable, "-m", "nextposture.selfcare.spine_process"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0
    assert "age 17 is outside 18 to 80" in json.loads(told.stdout.splitlines()[-1])["refused"]


def refused_by(worker: spine_jobs.Worker, age: float) -> subprocess.Popen[str]:
    """The process that refuses this age, which takes it no time."""
    job = Job()
    worker.answer(Question(1.7, 70.0, "male", age), job)
    assert f"age {age:g} is outside" in job.refused
    assert worker.process is not None
    return worker.process


def test_one_process_answers_question_after_question_until_nothing_is_asked() -> None:
    worker = spine_jobs.Worker()
    process = refused_by(worker, 17)
    worker._idle_s = 0.01
    assert refused_by(worker, 16) is process
    assert process.wait(60) == 0
    worker._idle_s = 60
    again = refused_by(worker, 15)
    assert again is not process
    again.kill()
    again.wait(60)
    last = refused_by(worker, 14)
    assert last is not again, "one that was killed meanwhile is replaced"
    worker._end()
    assert last.returncode == 0


def test_a_process_that_dies_is_a_failure_that_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, job = spine_jobs.Worker(), Job()
    with monkeypatch.context() as broken:
        broken.setattr(spine_jobs.sys, "executable", "/bin/false")
        worker.answer(Question(1.7, 70.0, "male", 40.0), job)
        never = Job()
        broken.setattr(spine_jobs.sys, "executable", "/bin/not there")
        worker.answer(Question(1.7, 70.0, "male", 40.0), never)
    assert job.state == never.state == "failed"
    refused_by(worker, 17)
    worker._end()
