"""The check-in: danger signs first, then the day, the workspace and measurements. Each tap is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nextposture import knowledge
from nextposture.knowledge import AnswerError, Answers, Knowledge, Value
from nextposture.knowledge.asking import asking
from nextposture.knowledge.questions import Screen
from nextposture.record import check_ins
from nextposture.record.models import CheckIn, Person
from nextposture.record.people import person_of
from nextposture.screening import Outcome
from nextposture.selfcare import breaks_today
from nextposture.selfcare import check_in as asked
from nextposture.selfcare.alarm import emergencies, panels
from nextposture.selfcare.check_in_cards import Typed, card_groups, changed_cards, changed_notices, sent
from nextposture.selfcare.emergency_card import numbers_for
from nextposture.selfcare.standing_alarm import alarm_address

ACTIVITIES_ON = "rest"
"""The page that also asks about activities that matter to the person."""

MOST_ACTIVITIES = 3
MOST_LETTERS = 80
SCALE = tuple(str(value) for value in range(11))

THEN, LIST = "then", "left"
BACK_TO_LIST = f"{THEN}={LIST}"
"""Carried by a screen that was opened from the list of what is open: saving it leads back there."""

NEW = "new"
"""What a form carries in place of its check-in's key before there is one."""


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Start a check-in, or go on with the one that is open."""
    known, person, now = knowledge.load(), person_of(request), timezone.now()
    if request.method == "POST":
        previous = check_ins.last_finished(person)
        answers = asked.start_answers(known, previous.answers) if previous else {}
        check_in = check_ins.open_check_in(person, answers)
        check_in = check_ins.renew(known, check_in, partial(asked.start_answers, known), now)
        return redirect(_next_address(known, check_in.answers))
    open_one = check_ins.find_open(person)
    if open_one is None:
        previous = check_ins.last_finished(person)
        if previous is None:
            return redirect("selfcare:check_in_screen", known.questions.screens[0].id)
        alarm = alarm_address(known, person)
        return render(request, "selfcare/check_in/start.html", {"previous": previous, "alarm": alarm})
    if _is_emergency(known, open_one) and not check_ins.is_outdated(open_one, now):
        return redirect("selfcare:check_in_stop")
    following = asked.next_open(known, open_one.answers)
    return render(
        request,
        "selfcare/check_in/start.html",
        {
            "check_in": open_one,
            "alarm": alarm_address(known, person),
            "outdated": check_ins.is_outdated(open_one, now),
            "previous": check_ins.last_finished(person),
            "screen": following,
            "place": following and asked.place_of(known, following),
            "address": _next_address(known, open_one.answers),
        },
    )


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Change answers of the check-in that was finished last: a new one that starts with all of them.

    Answers to the danger signs that are outdated are not taken over, so that they are asked again.
    """
    known, person = knowledge.load(), person_of(request)
    previous = check_ins.last_finished(person)
    name = request.POST.get("name", "")
    screen = asked.screen_asking(known, name) if name else None
    outdated = previous is not None and check_ins.is_outdated(previous, timezone.now())
    if previous is None or outdated:
        check_ins.open_check_in(person, asked.start_answers(known, previous.answers) if previous else {})
    else:
        check_ins.open_check_in(person, previous.answers, previous.danger_signs_since)
    if screen is None or outdated:
        return redirect("selfcare:check_in")
    return redirect(_card_address(screen, name))


@require_http_methods(["GET", "POST"])
def screen(request: HttpRequest, name: str) -> HttpResponse:
    """Show one screen, or save what its form sends."""
    known, person = knowledge.load(), person_of(request)
    try:
        shown = asked.screen_of(known, name)
    except KeyError:
        raise Http404 from None
    check_in = check_ins.find_open(person)
    if request.method == "POST":
        return _save(request, known, person, shown, check_in)
    if check_in is None and check_ins.last_finished(person) is not None:
        return redirect("selfcare:check_in")
    if check_in is not None and check_ins.is_outdated(check_in, timezone.now()):
        return redirect("selfcare:check_in")
    answers = check_in.answers if check_in else {}
    return _page(request, known, person, shown, check_in, answers, Typed())


@require_GET
def stop(request: HttpRequest) -> HttpResponse:
    """The emergency that an answer has just raised: what to do and say. There is no plan here."""
    known, person = knowledge.load(), person_of(request)
    check_in = check_ins.find_open(person)
    if check_in is None:
        return redirect("selfcare:check_in")
    outcome = check_ins.screened(known, check_in, check_ins.current_outcome(person))
    reasons = emergencies(outcome)
    if not reasons:
        return redirect("selfcare:check_in")
    context = {
        "panels": panels(known, reasons, check_in.answers),
        "level": known.danger_signs.levels[outcome.urgency],
        "numbers": numbers_for(request),
        "urgency": outcome.urgency.name,
        "finished": False,
        "address": _next_address(known, check_in.answers),
    }
    return render(request, "selfcare/check_in/stop.html", context)


@require_GET
def left(request: HttpRequest) -> HttpResponse:
    """What is still open before the result: questions not answered, and answers that do not fit together."""
    known, person = knowledge.load(), person_of(request)
    check_in = check_ins.find_open(person)
    if check_in is None:
        return redirect("selfcare:check_in")
    inputs = asked.all_inputs(known)
    contradictions = check_ins.screened(known, check_in, None).contradictions
    context = {
        "open": [
            (one, [(name, inputs[name].ask) for name in names])
            for one in known.questions.screens
            if (names := asked.unanswered(known, check_in.answers, one))
        ],
        "contradictions": [
            (reason, _card_address(*_last_asked(known, reason.inputs), back=True))
            for reason in contradictions
        ],
        "back": BACK_TO_LIST,
        "check_in": check_in,
    }
    return render(request, "selfcare/check_in/left.html", context)


@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Finish the check-in and show the result; first say what is open, unless told to go on anyway."""
    known, person = knowledge.load(), person_of(request)
    check_in = check_ins.find_open(person)
    if check_in is None:
        return redirect("selfcare:result" if check_ins.last_finished(person) else "selfcare:check_in")
    return _finish(known, check_in, anyway="anyway" in request.POST)


def _finish(known: Knowledge, check_in: CheckIn, *, anyway: bool = False) -> HttpResponse:
    if check_ins.is_outdated(check_in, timezone.now()):
        return redirect("selfcare:check_in")
    outcome = check_ins.screened(known, check_in, None)
    if not anyway and (outcome.status == "incomplete" or outcome.contradictions):
        return redirect("selfcare:check_in_left")
    check_ins.finish(known, check_in)
    breaks_today.say("refresh")  # the companion must not go on with an older plan
    return redirect("selfcare:result")


# ---- Saving


def _save(
    request: HttpRequest, known: Knowledge, person: Person, screen: asked.AnyScreen, check_in: CheckIn | None
) -> HttpResponse:
    if check_in is None and request.POST.get("check_in") == NEW and not check_ins.last_finished(person):
        check_in = check_ins.open_check_in(person)
    if check_in is None or request.POST.get("check_in") not in (NEW, str(check_in.pk)):
        return _elsewhere(request, reverse("selfcare:check_in"))  # a page left open from an earlier check-in
    texts = _texts(request, screen)
    changes, errors = _read(known, screen, texts)
    own = partial(_own, request, texts, changes)
    try:
        answers = check_ins.save_answers(
            known, check_in, lambda before: _changed(request, known, screen, before, own(before))
        )
    except check_ins.ClosedError:
        return _elsewhere(request, reverse("selfcare:check_in"))
    activity_error = _save_activities(request, check_in) if screen.id == ACTIVITIES_ON else ""
    outcome = check_ins.screened(known, check_in, check_ins.current_outcome(person))
    told = set(request.POST.get("told", "").split())
    if {one.id for one in emergencies(outcome)} - told:
        return _elsewhere(request, reverse("selfcare:check_in_stop"))
    typed = Typed(texts, errors)
    if request.htmx:  # type: ignore[attr-defined]
        return _changes(request, known, screen, check_in, outcome, typed, activity_error)
    if errors or activity_error:
        return _page(request, known, person, screen, check_in, answers, typed, activity_error)
    return _onward(request, known, screen, check_in)


def _texts(request: HttpRequest, screen: asked.AnyScreen) -> dict[str, list[str]]:
    texts = {name: request.POST.getlist(name) for name in screen.inputs}
    # A pick or a suggestion is a button that carries "name=value"; it stands in for what the field holds.
    name, _, value = request.POST.get("pick", "").partition("=")
    return {**texts, name: [value]} if name in texts else texts


def _read(
    known: Knowledge, screen: asked.AnyScreen, texts: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Value], dict[str, str]]:
    inputs = asked.all_inputs(known)
    changes: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for name in screen.inputs:
        if not texts[name]:
            continue  # the form did not show it, or nothing is chosen yet
        try:
            changes[name] = asked.read_answer(inputs[name], texts[name])
        except AnswerError as failure:
            errors[name] = failure.message
            changes[name] = None  # what was saved before is no longer what the person says
    return changes, errors


def _own(
    request: HttpRequest, texts: Mapping[str, Sequence[str]], changes: Mapping[str, Value], before: Answers
) -> dict[str, Value]:
    """The changes that were made on this page: not what it only repeats of what it was drawn with.

    Another tab may have saved something since, which a form that is sent as a whole must not take back.
    """
    picked = request.POST.get("pick", "").partition("=")[0]
    none = "none" in request.POST  # it answers what has no answer, and the page may not know what has one
    own = {}
    for name, value in changes.items():
        was = request.POST.get(f"was-{name}")
        if name != picked and was is not None:
            changed_elsewhere = asked.as_text(before.get(name)) != was
            if sent(texts[name]) == was or (none and changed_elsewhere):
                continue
        own[name] = value
    return own


def _changed(
    request: HttpRequest,
    known: Knowledge,
    screen: asked.AnyScreen,
    before: Answers,
    changes: Mapping[str, Value],
) -> dict[str, Value]:
    # An emptied field of a question that is stored as not applicable says nothing new.
    real = {
        name: value
        for name, value in changes.items()
        if value is not None or asked.is_in_view(known, before, name)
    }
    after = {**before, **real}
    mistake = request.POST.get("remove", "")
    if mistake in screen.inputs and asked.is_kept(known, after, mistake):
        after.pop(mistake)
    none = request.POST.get("none", "")
    groups: Sequence[asked.AnyGroup] = screen.groups
    for number, group in enumerate(groups, start=1):
        if none == f"{screen.id}-{number}":
            after |= asked.none_of_these(known, group, after)
    return asked.settle(known, before, after)


def _save_activities(request: HttpRequest, check_in: CheckIn) -> str:
    """Save what was said of the activities; returns what is wrong with it, or nothing."""
    drop = request.POST.get("drop", "")
    for activity in check_ins.activities(check_in.person):
        if drop == str(activity.pk):
            check_ins.drop_activity(check_in.person, activity.pk)
        elif (rated := request.POST.get(f"activity-{activity.pk}", "")) in SCALE:
            check_ins.rate_activity(check_in, activity, float(rated))
    words = " ".join(request.POST.get("activity", "").split())
    if len(words) > MOST_LETTERS:
        return f"Use {MOST_LETTERS} letters at most. Everything else is saved."
    if words and len(check_ins.activities(check_in.person)) < MOST_ACTIVITIES:
        check_ins.add_activity(check_in.person, words)
    return ""


def _activities(screen: asked.AnyScreen, person: Person, check_in: CheckIn | None) -> dict[str, Any] | None:
    """The activities with their ratings, for the one page that asks about them."""
    if screen.id != ACTIVITIES_ON:
        return None
    rated = check_ins.ratings_of(check_in) if check_in else {}
    rows = [
        (activity, [(value, str(rated.get(activity.pk, "")) == f"{value}.0") for value in SCALE])
        for activity in check_ins.activities(person)
    ]
    keys = ",".join(str(activity.pk) for activity, _ in rows)
    return {"rows": rows, "full": len(rows) >= MOST_ACTIVITIES, "drawn": f"activities:{keys}"}


# ---- Answering


def _page(
    request: HttpRequest,
    known: Knowledge,
    person: Person,
    screen: asked.AnyScreen,
    check_in: CheckIn | None,
    answers: Answers,
    typed: Typed,
    activity_error: str = "",
) -> HttpResponse:
    outcome = check_ins.screened(known, check_in, check_ins.current_outcome(person)) if check_in else None
    before, after = asked.neighbours(known, screen)
    groups = card_groups(known, screen, answers, outcome.contradictions if outcome else (), typed)
    context: dict[str, Any] = {
        "screen": screen,
        "danger_signs_first": isinstance(screen, Screen),
        "place": asked.place_of(known, screen),
        "check_in_key": check_in.pk if check_in else NEW,
        "before": before,
        "after": after,
        "groups": groups,
        "alarms": emergencies(outcome) if outcome else (),
        "errors": [card for group in groups for card in group.cards if card.error],
        "numbers": numbers_for(request),
        "heard_do": _heard_do(known),
        "activities": _activities(screen, person, check_in),
        "then": LIST if LIST in (request.GET.get(THEN), request.POST.get(THEN)) else "",
        "activity_error": activity_error,
    }
    return render(request, "selfcare/check_in/screen.html", context, status=422 if typed.errors else 200)


def _changes(
    request: HttpRequest,
    known: Knowledge,
    screen: asked.AnyScreen,
    check_in: CheckIn,
    outcome: Outcome,
    typed: Typed,
    activity_error: str,
) -> HttpResponse:
    groups = card_groups(known, screen, check_in.answers, outcome.contradictions, typed)
    drawn = request.POST.getlist("drawn")
    activities = _activities(screen, check_in.person, check_in)
    cards = changed_cards(groups, drawn, {name: request.POST.getlist(name) for name in screen.inputs})
    was = {name: request.POST.get(f"was-{name}") for name in screen.inputs}
    more = sum(card.shown and any(one.startswith(f"{card.name}:hidden:") for one in drawn) for card in cards)
    context = {
        "cards": cards,
        "saved": [
            card
            for group in groups
            for card in group.cards
            if card not in cards and was[card.name] is not None and was[card.name] != card.saved
        ],
        "notices": changed_notices(groups, drawn),
        "check_in_key": check_in.pk,
        "alarms": emergencies(outcome),
        "activities": activities
        if activities and (activities["drawn"] not in drawn or activity_error)
        else None,
        "activity_error": activity_error,
        "more": more,
        "errors": [card for group in groups for card in group.cards if card.error],
        "heard": any(card.heard for card in cards),
        "numbers": numbers_for(request),
        "heard_do": _heard_do(known),
        "screen": screen,
        "oob": True,
    }
    return render(request, "selfcare/check_in/saved.html", context)


def _onward(
    request: HttpRequest, known: Knowledge, screen: asked.AnyScreen, check_in: CheckIn
) -> HttpResponse:
    if any(button in request.POST for button in ("none", "pick", "remove", "add", "drop")):
        # Without script: stay where the tap was.
        back = f"?{BACK_TO_LIST}" if request.POST.get(THEN) == LIST else ""
        return redirect(f"{_screen_address(screen)}{back}")
    if request.POST.get(THEN) == LIST:
        return redirect("selfcare:check_in_left")
    _, after = asked.neighbours(known, screen)
    if after is None or "finish" in request.POST:
        return _finish(known, check_in)
    return redirect("selfcare:check_in_screen", after.id)


def _heard_do(known: Knowledge) -> tuple[str, ...]:
    return known.danger_signs.actions["mental_health"].do


def _is_emergency(known: Knowledge, check_in: CheckIn) -> bool:
    return bool(emergencies(check_ins.screened(known, check_in, check_ins.current_outcome(check_in.person))))


def _elsewhere(request: HttpRequest, address: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _next_address(known: Knowledge, answers: Answers) -> str:
    following = asked.next_open(known, answers)
    return _screen_address(following or asking().screens[0])


def _screen_address(screen: asked.AnyScreen) -> str:
    return reverse("selfcare:check_in_screen", args=[screen.id])


def _card_address(screen: asked.AnyScreen, name: str, *, back: bool = False) -> str:
    return f"{_screen_address(screen)}{f'?{BACK_TO_LIST}' if back else ''}#q-{name}"


def _last_asked(known: Knowledge, names: frozenset[str]) -> tuple[asked.AnyScreen, str]:
    return [(one, name) for one in asked.all_screens(known) for name in one.inputs if name in names][-1]
