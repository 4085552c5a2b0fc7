"""The person's plan, and how each exercise goes wrong."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item
from nextposture.planning.reviews import review_days
from nextposture.record import check_ins, course
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare.decisions_shown import decisions_shown
from nextposture.selfcare.emergency_card import numbers_for
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.pictures import pictures_of_errors
from nextposture.selfcare.plan_changes import change_context, review_now
from nextposture.selfcare.plan_page import day_is_unknown, items_shown
from nextposture.selfcare.views.plan_shut import shut_page


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Each item with dose, steps, when to stop and why; or why there is no plan yet."""
    person = person_of(request)
    known = known_to(person)
    standing = open_plan(known, person)
    if standing.since_the_outcome and standing.shut == "emergency":
        return shut_page(request, standing, "Plan")
    newest = check_ins.newest_plan(person)
    plan = standing.plan or newest
    if plan is None or standing.since_the_outcome:
        nothing = {
            "shut": standing if standing.since_the_outcome else None,
            "had_plan": newest is not None,
            "open_check_in": check_ins.find_open(person),
            "numbers": numbers_for(request),
        }
        return render(request, "selfcare/plan_empty.html", nothing)
    now = timezone.now()
    look = course.look(known, person, plan, now) if standing.plan is not None else None
    plan.refresh_from_db(fields=["items", "later", "phase"])
    answers = plan.outcome.check_in.answers
    told = decisions_shown(known, person, plan)
    items = items_shown(known, plan.items, answers, told)
    began = timezone.localdate(course.course_start(plan))
    made = timezone.localtime(plan.made_at).date()
    context = {
        "plan": plan,
        "standing": standing,
        "numbers": numbers_for(request),
        "ask_day": day_is_unknown(answers, items),
        "urgency": plan.outcome.urgency,
        "made": made,
        "exercises": [one for one in items if one.item.is_exercise],
        "habits": [one for one in items if not one.item.is_exercise and one.dose],
        "knowing": [one for one in items if not one.item.is_exercise and not one.dose],
        "later": items_shown(known, plan.later, decided=told),
        "left_out": items_shown(known, plan.left_out, decided=told),
        "new_decisions": [one for one in told.values() if one.new],
        "blocked": _blocked(known, plan.outcome.result["blocked"]),
        "reviews": review_days(known.plan.review_weeks, began),
        "review": review_now(known, person, plan, timezone.localdate(now)),
        **change_context(known, plan, look),
        "rules": known.plan,
        "reviewed_by": known.release.reviewed_by,
        "version": plan.outcome.knowledge_version,
        "hash": plan.outcome.knowledge_hash,
    }
    return render(request, "selfcare/plan.html", context)


@require_GET
def mistakes(request: HttpRequest, item: str) -> HttpResponse:
    """The drawings of how an exercise goes wrong, for a page that asks for them when they are opened."""
    known = known_to(person_of(request))
    if item not in known.items:
        raise Http404
    context = {
        "item": known.items[item],
        "drawings": pictures_of_errors(item, request.GET.get("rung", ""), known),
    }
    template = "selfcare/mistakes_part.html" if request.htmx else "selfcare/mistakes.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _blocked(known: Knowledge, rows: list[dict[str, Any]]) -> list[tuple[Item, list[str]]]:
    return [
        (known.items[row["exercise"]], [plain for _, plain in row["because"]])
        for row in rows
        if row["exercise"] in known.items
    ]
