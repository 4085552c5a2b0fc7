"""A person's plan at the clinic: confirmed, changed, locked, left out and added to, with their consent."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture.clinic.access import patient_of, practitioner_of, require, shared_items
from nextposture.clinic.models import Membership
from nextposture.clinic.plan_decisions import (
    PLAN,
    ChangedMeanwhileError,
    DecisionError,
    decide,
    known_at,
    state_of,
)
from nextposture.clinic.plan_forms import DecisionForm
from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item
from nextposture.planning import Dose
from nextposture.planning.decisions import Allowed, start_dose
from nextposture.record import check_ins, decided
from nextposture.record.models import CarePlan, Person, PlanDecision
from nextposture.selfcare.decisions_shown import DecisionShown, decisions_shown
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.plan_page import ItemShown, items_shown

UNPROCESSABLE, CONFLICT = 422, 409


@dataclass(frozen=True)
class Decidable:
    """An item with the form that decides about it, what was decided, and the state that the page shows."""

    shown: ItemShown
    form: DecisionForm
    told: DecisionShown | None
    seen: str


@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The plan, item by item, with what was decided and what the person said to it."""
    member = practitioner_of(request)
    who = patient_of(member, pk)
    if PLAN not in shared_items(who, member.clinic, timezone.now()):
        return render(request, "clinic/plan_unseen.html", {"person": who}, status=403)
    require(member, who, PLAN)
    return _page(request, member, who)


@require_POST
def decide_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep one decision; what was filled in stays in the page where it cannot be taken."""
    member = practitioner_of(request)
    who = patient_of(member, pk)
    require(member, who, PLAN)
    known, plan = known_at(member, who), check_ins.newest_plan(who)
    item = known.items.get(request.POST.get("item", ""))
    if item is None or plan is None:
        return _page(request, member, who, status=UNPROCESSABLE)
    seen = state_of(plan, item.id, decided.newest_of(who).get(item.id))
    form = DecisionForm(request.POST, known, item, _dose(known, plan, item), seen)
    if not form.is_valid():
        return _page(request, member, who, form=form, status=UNPROCESSABLE)
    told = form.cleaned_data
    kind = PlanDecision.Kind(told["kind"])
    try:
        decide(member, who, item.id, kind, form.dose, told["why"], timezone.now(), told["seen"])
    except ChangedMeanwhileError as problem:
        form.add_error(None, str(problem))
        return _page(request, member, who, form=form, status=CONFLICT)
    except DecisionError as problem:
        for name, words in problem.problems.items():
            field = f"dose_{name}" if f"dose_{name}" in form.fields else name
            form.add_error(field if field in ("why", f"dose_{name}") else None, words)
        return _page(request, member, who, form=form, status=UNPROCESSABLE)
    return redirect(f"{reverse('clinic:person_plan', args=[pk])}#{item.id}")


def _dose(known: Knowledge, plan: CarePlan, item: Item) -> Dose:
    """The dose that the item has now, had when it was taken out, or would start with."""
    rows = [*plan.items, *(one for one in (*plan.later, *plan.left_out) if one.get("dose"))]
    here = next((one for one in rows if one["id"] == item.id), None)
    here_too = [one["id"] for one in plan.items]
    return Dose(**here["dose"]) if here is not None else start_dose(known, item, here_too)


def _page(
    request: HttpRequest,
    member: Membership,
    who: Person,
    *,
    form: DecisionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    known, plan = known_at(member, who), check_ins.newest_plan(who)
    context: dict[str, object] = {"member": member, "person": who, "plan": plan}
    if plan is None:
        return render(request, "clinic/plan.html", context, status=status)
    told, allowed = decisions_shown(known, who, plan), decided.allowed_in(known, plan)
    sent = str(form["item"].value()) if form is not None else ""

    newest = decided.newest_of(who)

    def decidable(shown: ItemShown) -> Decidable:
        item, seen = shown.item, state_of(plan, shown.item.id, newest.get(shown.item.id))
        if form is not None and item.id == sent:
            return Decidable(shown, form, told.get(item.id), seen)
        made = DecisionForm(None, known, item, _dose(known, plan, item), seen)
        return Decidable(shown, made, told.get(item.id), seen)

    here = {one["id"] for one in plan.items}
    out = [one for one in plan.left_out if one["id"] not in here]
    waiting = [one for one in plan.later if one["id"] not in here]
    adding = request.GET.get("add") or (
        sent if sent not in {one["id"] for one in (*plan.items, *out, *waiting)} else ""
    )
    offered = [one for one in known.items.values() if one.is_exercise and one.id not in here]
    context |= {
        "standing": open_plan(known, who),
        "items": [decidable(one) for one in items_shown(known, plan.items, decided=told) if one.dose],
        "left_out": [decidable(one) for one in items_shown(known, out, decided=told) if one.item.is_exercise],
        "later": [decidable(one) for one in items_shown(known, waiting, decided=told)],
        "answers": [one for one in told.values() if one.declined],
        "conflicts": [one for one in told.values() if one.conflict],
        "adding": _adding(known, adding, here, decidable, allowed),
        "offered": [one for one in offered if one.id not in known.own],
        "own": [one for one in offered if one.id in known.own],
    }
    return render(request, "clinic/plan.html", context, status=status)


def _adding(
    known: Knowledge, name: str, here: set[str], decidable: object, allowed: Allowed
) -> tuple[Decidable, tuple[str, ...]] | None:
    """The exercise that is to be added, with what the screening has against it."""
    if name not in known.items or name in here:
        return None
    (shown,) = items_shown(known, [{"id": name, "dose": {}, "reasons": []}])
    return decidable(shown), allowed.against(name)  # type: ignore[operator]
