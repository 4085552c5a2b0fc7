"""See why: the person's own spine, what a shorter psoas would do to it, and how sure that is."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeGuard

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.knowledge import Knowledge, Urgency
from nextposture.record import body_build, check_ins, measurements
from nextposture.record.models import BodyBuild, CarePlan, CheckIn, Measurement, Person
from nextposture.record.people import person_of
from nextposture.selfcare import spine_jobs, spine_page
from nextposture.selfcare.charts import Svg, number
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.spine_bones import bones
from nextposture.selfcare.spine_forms import BuildForm
from nextposture.selfcare.spine_nerves import plexus
from nextposture.selfcare.spine_picture import Face, faces, sagittal
from nextposture.selfcare.spine_process import Question, Sex
from nextposture.selfcare.standing_alarm import alarm_address
from nextposture.selfcare.views.plan_shut import shut_page

UNPROCESSABLE = 422
POPULAR = ("E01", "E02", "E04", "E03", "E05b", "E06b")
"""The claims that make up the popular story, in its order."""
NERVES = "E09"
SEXES: tuple[Sex, ...] = ("female", "male")
LEAST_BAND, MOST_BAND, USUAL_BAND = 0.5, 30.0, 10.0
"""Half-widths of a reading's band (deg) that the model takes, and the one taken where none is kept."""
FIRST = {
    "check_in_again": "Answer the danger signs again before you go on.",
    "unfinished": "Some safety questions have no answer yet.",
}
"""What comes before this page while the plan is shut."""
HOURS = (0.0, 20.0)
STRETCH = "STRETCH"


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The page, as far as it can be shown now."""
    return _page(request, person_of(request))


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep height and mass."""
    person = person_of(request)
    row = check_ins.last_finished(person)
    form = BuildForm(request.POST, ask_strength=row is not None and _asks_strength(row))
    if not form.is_valid():
        return _page(request, person, form)
    told = form.cleaned_data
    body_build.keep_build(person, told["height"], told["mass"], told.get("strength", ""), timezone.now())
    return redirect("selfcare:see_why")


@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """How far the answer is, for a page that waits."""
    question = _question(knowledge.load(), person_of(request))
    if question is None or not spine_jobs.can_run():
        raise Http404
    job = spine_jobs.ask(question)
    return JsonResponse({"state": job.state, "done": job.done, "of": job.of})


@require_GET
def scenes(request: HttpRequest) -> HttpResponse:
    """Every step of the slider, once: dragging then asks for nothing."""
    known, person = knowledge.load(), person_of(request)
    question = _question(known, person)
    if question is None or not spine_jobs.can_run() or open_plan(known, person).shut == "emergency":
        raise Http404
    job = spine_jobs.ask(question)
    if job.state != "ready":
        raise Http404
    settled = _settled(known, person)
    text = job.once(f"scenes {settled}", lambda answer: _scenes_text(answer, settled))
    return HttpResponse(text, content_type="application/json")


def _scenes_text(answer: dict[str, Any], settled: bool) -> str:
    told = spine_page.scenes(answer)
    if settled:
        told["nerves"] = {name: [plexus(one) for one in row] for name, row in told["scenes"].items()}
    return json.dumps(told, separators=(",", ":"))


def _page(request: HttpRequest, person: Person, form: BuildForm | None = None) -> HttpResponse:
    known = knowledge.load()
    standing = open_plan(known, person)
    if standing.shut == "emergency":
        return shut_page(request, standing, "See why")
    row, build = check_ins.last_finished(person), body_build.build_of(person)
    question = _question(known, person)
    context: dict[str, Any] = {
        "alarm": alarm_address(known, person),
        "first": standing.level or FIRST.get(standing.shut or "", ""),
        "popular": [known.claims[id_] for id_ in POPULAR],
        "nerves": NERVES if _settled(known, person) else "",
        "check_in": row,
        "build": build,
        "age_known": row is not None and _is_number(row.answers.get("age_years")),
        "state": "ask",
    }
    if row is None:
        context["state"] = "no_check_in"
    elif not spine_jobs.can_run():
        context["state"] = "missing"
    elif question is not None:
        context |= _answered(question, person)
    if row is not None:
        context["form"] = form or BuildForm(ask_strength=_asks_strength(row), initial=_told(build))
    bad = form is not None and bool(form.errors)
    return render(request, "selfcare/see_why.html", context, status=UNPROCESSABLE if bad else 200)


def _answered(question: Question, person: Person) -> dict[str, Any]:
    job = spine_jobs.ask(question)
    if job.state == "failed":
        spine_jobs.forget(question)
    if job.state != "ready":
        return {"state": job.state, "job": job}
    answer, hips = job.answer, measurements.hip_extension(person)
    step = spine_page.nearest_step(answer)
    readings = [_words(side, one) for side, one in hips.items()]
    return {
        "state": "ready",
        "estimate": answer["estimate"],
        "meaning": spine_page.meaning(answer["estimate"]),
        "sure": spine_page.how_sure(answer["estimate"], readings),
        "measured": bool(hips),
        "step": step,
        "last_step": len(answer["steps"]) - 1,
        "most": round(100 * answer["steps"][-1]),
        "line": spine_page.standing_line(answer["responses"][step]),
        "shorter": spine_page.percent_shorter(answer["estimate"]["shortening"]),
        "slider_scale": spine_page.slider_scale(answer),
        "drawn": job.once("drawn", _drawn),
        "chart": spine_page.load_chart(answer, step),
        "rows": spine_page.table(answer, step),
        "kilograms": spine_page.in_kilograms(answer),
        "smaller": spine_page.smaller(answer["estimate"]),
        "courses": spine_page.courses(answer),
        "hours": question.sitting_hours,
        "stretch_minutes": round(question.stretch_seconds_per_week / 60),
    }


@cache
def _faces() -> dict[str, Face]:
    return faces(bones())


def _drawn(answer: dict[str, Any]) -> dict[str, Svg]:
    step = spine_page.nearest_step(answer)
    return {
        name: sagittal(
            _faces(), name, rows[0], rows[step], f"Spine, pelvis and thigh bone from the right, {name}"
        )
        for name, rows in answer["scenes"].items()
    }


def _question(known: Knowledge, person: Person) -> Question | None:
    """What the record lets the model be asked; None while height, mass, sex or age is missing."""
    row, build = check_ins.last_finished(person), body_build.build_of(person)
    if row is None or build is None:
        return None
    age, sex, hours = (row.answers.get(name) for name in ("age_years", "sex", "sitting_hours_day"))
    named = build.strength if _asks_strength(row) else sex
    strength = next((one for one in SEXES if one == named), None)
    if not _is_number(age) or strength is None:
        return None
    hips = measurements.hip_extension(person)
    return Question(
        height=build.height_cm / 100.0,
        mass=build.mass_kg,
        sex=strength,
        age=float(age),
        right=_hip(hips.get("right")),
        left=_hip(hips.get("left")),
        sitting_hours=min(float(hours), HOURS[1]) if _is_number(hours) else None,
        stretch_seconds_per_week=_stretching(known, check_ins.newest_plan(person)),
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _asks_strength(row: CheckIn) -> bool:
    return row.answers.get("sex") not in SEXES


def _hip(one: Measurement | None) -> tuple[float, float] | None:
    if one is None or one.value is None:
        return None
    band = USUAL_BAND if one.error is None else min(MOST_BAND, max(LEAST_BAND, one.error))
    return one.value, band


def _words(side: str, one: Measurement) -> str:
    value, band = _hip(one) or (0.0, 0.0)
    return f"{side} {number(value)}°, give or take {number(band)}"


def _stretching(known: Knowledge, plan: CarePlan | None) -> float:
    """Seconds a week under stretch by the plan, one side; 0 without a plan or a stretch in it."""
    whole = 0.0
    for one in plan.items if plan is not None else []:
        dose, item = one["dose"], known.items.get(one["id"])
        if item is not None and item.family == STRETCH and dose:
            whole += dose.get("sets", 1) * dose.get("hold_s", 0) * dose.get("days_per_week", 0)
    return whole


def _settled(known: Knowledge, person: Person) -> bool:
    """Whether the danger signs are answered, and none asks for somebody to be seen: no nerves before that."""
    outcome = check_ins.current_outcome(person)
    if outcome is None or outcome.status != "complete" or open_plan(known, person).shut is not None:
        return False
    return Urgency[outcome.urgency] < Urgency.WITHIN_2_WEEKS


def _told(build: BodyBuild | None) -> dict[str, Any]:
    if build is None:
        return {}
    return {"height": f"{build.height_cm:g}", "mass": f"{build.mass_kg:g}", "strength": build.strength}
