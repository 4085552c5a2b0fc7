"""The result of the check-in that was finished last."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from nextposture.knowledge.result_words import result_words
from nextposture.record import check_ins
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare.alarm import emergencies, panels
from nextposture.selfcare.emergency_card import card_parts, numbers_for
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.plan_page import day_is_unknown, items_shown
from nextposture.selfcare.result_page import (
    factors_shown,
    findings_of,
    only_hip,
    open_questions,
    reasons_shown,
)
from nextposture.selfcare.views.plan_shut import shut_page

MOST_OPEN = 3
"""How many factors the page leads with, each of another domain; each other one is a line that opens."""


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Urgency and why, the danger-sign card, what may be adding to it, and the way to the plan."""
    person = person_of(request)
    known = known_to(person)
    row, standing = check_ins.current_outcome(person), open_plan(known, person)
    if standing.since_the_outcome:
        return shut_page(request, standing, "Result")
    if row is None:
        nothing = {"open_check_in": check_ins.find_open(person)}
        return render(request, "selfcare/result_empty.html", nothing)
    outcome = check_ins.as_outcome(row)
    check_ins.card_shown(row)
    answers = check_ins.assessed_answers(known, row.check_in, timezone.now())
    context = {
        "outcome": row,
        "urgency": row.urgency,
        "status": row.status,
        "level": known.danger_signs.levels[outcome.urgency],
        "words": result_words().urgency[outcome.urgency],
        "reasons": reasons_shown(known, outcome, answers),
        "blocked": outcome.blocked_exercises,
        "card": card_parts(),
        "numbers": numbers_for(request),
        "reviewed_by": known.release.reviewed_by,
        "open_check_in": check_ins.find_open(person),
    }
    alarms = emergencies(outcome)
    if alarms:
        context |= {"panels": panels(known, alarms, row.check_in.answers), "finished": True}
        return render(request, "selfcare/check_in/stop.html", context)
    states = check_ins.states_now(known, row, answers)
    findings = findings_of(known, answers, outcome.ignored, states)
    first, rest = factors_shown(known, findings, row.check_in.answers)
    firsts = {one.domain: one for one in reversed(first)}
    opened = [one for one in first if firsts[one.domain] is one][:MOST_OPEN]
    plan = row.care_plan
    items = sorted(items_shown(known, plan.items), key=lambda one: not one.dose)
    context |= {
        "where": known.plan.urgency_routes[outcome.urgency],
        "routes": [known.plan.routes[route] for route in outcome.routes if route in known.plan.routes],
        "crisis": "crisis" in outcome.routes,
        "open_questions": open_questions(known, answers) if row.status == "incomplete" else (),
        "factors": opened,
        "folded": [one for one in first if one not in opened],
        "rest": rest,
        "only_hip_line": known.factors.only_hip_line if only_hip(findings) else "",
        "plan": plan,
        "items": items,
        "ask_day": day_is_unknown(row.check_in.answers, items),
        "has_plan": any(one.dose for one in items),
        "wait": standing.wait,
    }
    return render(request, "selfcare/result.html", context)
