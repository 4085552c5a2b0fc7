"""Share one thing as a file: the plan, one claim of the evidence or a whole topic, or the report."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.interop import sharing
from nextposture.record.models import Person
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare.data_forms import ShareClaimForm, SharePlanForm, ShareTopicForm
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.views.your_data import download

UNPROCESSABLE = 422
HTML = "text/html; charset=utf-8"


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Offer what can be shared."""
    return _page(request, person_of(request))


@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """The plan; without what is about the person's health unless they ask for it."""
    person, form = person_of(request), SharePlanForm(request.POST)
    known = known_to(person)
    standing = open_plan(known, person)
    if standing.plan is None or not form.is_valid():
        return _page(request, person, status=UNPROCESSABLE)
    made = sharing.plan_file(
        known, standing.plan, reasons=form.cleaned_data["reasons"], exercises=standing.wait is None
    )
    return download(made, "back-plan.html", HTML)


@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """One claim with its evidence: nothing about the person is in it."""
    person, known = person_of(request), knowledge.load()
    form = ShareClaimForm(request.POST, claims=_claims())
    if not form.is_valid():
        return _page(request, person, claim_form=form, status=UNPROCESSABLE)
    chosen = known.claims[form.cleaned_data["claim"]]
    return download(sharing.claim_file(known, chosen), f"evidence-{chosen.id.lower()}.html", HTML)


@require_POST
def topic(request: HttpRequest) -> HttpResponse:
    """What the evidence says about one topic: nothing about the person is in it."""
    person, known = person_of(request), knowledge.load()
    form = ShareTopicForm(request.POST, topics=sharing.topics(known))
    if not form.is_valid():
        return _page(request, person, topic_form=form, status=UNPROCESSABLE)
    chosen = form.cleaned_data["topic"]
    return download(sharing.topic_file(known, chosen), f"evidence-{chosen}.html", HTML)


def _claims() -> list[tuple[str, str]]:
    return [("", "Choose a claim"), *((one.id, one.claim) for one in knowledge.load().claims.values())]


def _page(
    request: HttpRequest,
    person: Person,
    *,
    claim_form: ShareClaimForm | None = None,
    topic_form: ShareTopicForm | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = open_plan(knowledge.load(), person)
    context = {
        "plan_form": SharePlanForm(),
        "claim_form": claim_form or ShareClaimForm(claims=_claims()),
        "topic_form": topic_form or ShareTopicForm(topics=sharing.topics(knowledge.load())),
        "has_plan": standing.plan is not None,
        "exercises_wait": standing.wait is not None,
    }
    return render(request, "selfcare/share.html", context, status=status)
