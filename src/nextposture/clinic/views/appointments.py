"""Appointments: a person asks for, moves and cancels theirs; a practitioner confirms and keeps a diary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import wraps
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.clinic import booking, calls, referrals, tasks
from nextposture.clinic.access import HANDED_OVER, key_in, member_of, note_access, practitioner_of
from nextposture.clinic.accounts import works_somewhere
from nextposture.clinic.calendar_file import calendar_file
from nextposture.clinic.forms import AvailabilityForm, CancelForm, ExceptionForm, TimeForm
from nextposture.clinic.mail import both_times
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Availability,
    AvailabilityException,
    Membership,
    Referral,
    Seen,
    WaitingPlace,
)
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table
from nextposture.record.models import Person
from nextposture.record.people import person_of
from nextposture.selfcare.standing_alarm import alarm_address

CONFLICT = 409
UNPROCESSABLE = 422
WEEK = timedelta(days=7)


# ---- A person's side


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """The person's appointments, those to come first."""
    person, now = person_of(request), timezone.now()
    rows = Appointment.objects.for_user(request.user).filter(person=person)
    rows = rows.select_related("clinic", "practitioner", "person")
    context = {
        "coming": [
            _shown(request, one) for one in rows if one.ends_at >= now and one.status in booking.STANDING
        ],
        "past": [
            _shown(request, one)
            for one in reversed(rows)
            if one.ends_at < now or one.status not in booking.STANDING
        ],
        "waiting": WaitingPlace.objects.for_user(request.user).filter(ended_at=None).select_related("clinic"),
        "referrals": _open_referrals(person).select_related("clinic"),
    }
    return render(request, "clinic/appointments.html", context)


def emergencies_first(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A decorator: a time is booked only while the person's newest answers tell of no emergency."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        alarm = alarm_address(knowledge.load(), person_of(request))
        return redirect(alarm) if alarm else view(request, *args, **more)

    return guarded


@require_GET
@emergencies_first
def times(request: HttpRequest, clinic: int, problem: str = "", status: int = 200) -> HttpResponse:
    """Free times of a clinic's practitioners, a week at a time, in the person's own zone and the clinic's."""
    referral = _referral(request, clinic)
    now, rules = timezone.now(), clinic_table().appointment
    zone = ZoneInfo(referral.clinic.time_zone)
    today = now.astimezone(zone).date()
    first = min(max(_day(request.GET.get("from"), today), today), today + timedelta(days=rules.ahead_days))
    last = first + timedelta(days=6)
    seen = _way(request, referral)
    team = list(booking.team_of(referral.clinic))
    wanted = key_in(request.GET.get("with"))
    chosen = wanted if any(one.pk == wanted for one in team) else None
    asked = {one.pk: one for one in team if chosen is None or one.pk == chosen}
    free_times = booking.free_times_of(list(asked.values()), first, last, rules.default_min, now, seen)
    found = [(asked[free.practitioner_id], free) for free in free_times]
    found.sort(key=lambda pair: (pair[1].starts_at, pair[0].name))
    # Each time is offered once, by the first of those who are free then.
    found = [next(pairs) for _, pairs in groupby(found, key=lambda pair: pair[1].starts_at)]
    moving = _moving(request)
    context = {
        "clinic": referral.clinic,
        "seen_words": referrals.seen_in_words(referral.clinic, Urgency[referral.urgency]),
        "seen": seen,
        "ways": Seen.choices,
        "team": team,
        "chosen": chosen,
        "minutes": rules.default_min,
        "days": [
            (day, list(pairs))
            for day, pairs in groupby(found, key=lambda pair: timezone.localdate(pair[1].starts_at))
        ],
        "first": first,
        "last": last,
        "earlier": first - WEEK if first > today else None,
        "later": first + WEEK if first + WEEK <= today + timedelta(days=rules.ahead_days) else None,
        "zone": timezone.get_current_timezone_name(),
        "other_zone": timezone.localtime(now).utcoffset() != now.astimezone(zone).utcoffset(),
        "moving": moving,
        "problem": problem,
        "waiting": WaitingPlace.objects.filter(
            person=referral.person, clinic=referral.clinic, ended_at=None
        ).first(),
    }
    return render(request, "clinic/times.html", context, status=status)


@require_POST
@emergencies_first
def ask(request: HttpRequest, clinic: int) -> HttpResponse:
    """Ask for one of the free times, or move an appointment there. 409 if somebody was quicker."""
    referral, form, now = _referral(request, clinic), TimeForm(request.POST), timezone.now()
    if not form.is_valid():
        return times_again(request, clinic, "Choose one of the times shown.", UNPROCESSABLE)
    data = form.cleaned_data
    pk, starts_at = data["time"]
    practitioner = get_object_or_404(booking.team_of(referral.clinic), pk=pk)
    moving = _moving(request)
    try:
        with transaction.atomic():
            if moving is not None and moving.practitioner_id == practitioner.pk:
                made = booking.move(moving, starts_at, now)
            else:
                made = booking.book(
                    referral.person,
                    practitioner,
                    starts_at,
                    data["minutes"],
                    Seen(data["seen"]),
                    now,
                    referral=referral,
                    zone=data["zone"] or timezone.get_current_timezone_name(),
                )
                if moving is not None:
                    booking.cancel(moving, "moved to another time", now)
                    tasks.tell_of_appointment.enqueue(str(moving.uid))
                    tasks.offer_freed_time.enqueue(str(moving.uid))
            tasks.tell_of_appointment.enqueue(str(made.uid))
    except booking.TakenError as taken:
        return times_again(request, clinic, str(taken), CONFLICT)
    except booking.BookingError as problem:
        return times_again(request, clinic, str(problem), UNPROCESSABLE)
    return redirect("clinic:appointment", uid=made.uid)


def times_again(request: HttpRequest, clinic: int, problem: str, status: int) -> HttpResponse:
    """The times as they are now, with what went wrong above them."""
    request.method = "GET"
    return times(request, clinic, problem=problem, status=status)


@require_POST
@emergencies_first
def join_waiting_list(request: HttpRequest, clinic: int) -> HttpResponse:
    """Wait for an earlier time; a second tap leaves the list."""
    referral, now = _referral(request, clinic), timezone.now()
    if request.POST.get("leave"):
        WaitingPlace.objects.filter(person=referral.person, clinic=referral.clinic, ended_at=None).update(
            ended_at=now
        )
    else:
        coming = Appointment.objects.filter(
            person=referral.person, clinic=referral.clinic, status__in=booking.STANDING, starts_at__gt=now
        ).first()
        booking.wait(referral.person, referral, now, before=coming.starts_at if coming else None)
    return redirect("clinic:times", clinic=clinic)


# ---- Both sides


@require_GET
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One appointment: when in both zones, how, and what can be done with it."""
    appointment = _appointment(request, uid)
    context = {
        **_shown(request, appointment),
        "own": appointment.person.user_id == request.user.pk,
        "stands": appointment.status in booking.STANDING,
        "begun": appointment.starts_at <= timezone.now(),
        "call": call_link(request, appointment),
        "form": CancelForm(),
    }
    return render(request, "clinic/appointment.html", context)


@require_GET
def ics(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The appointment for a calendar."""
    appointment = _appointment(request, uid)
    response = HttpResponse(calendar_file(appointment), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


@require_POST
def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Give the time back; the next one on the waiting list is told."""
    appointment, form = _appointment(request, uid), CancelForm(request.POST)
    why = form.cleaned_data["why"] if form.is_valid() else ""
    with transaction.atomic():
        row = booking.cancel(appointment, why, timezone.now())
        tasks.tell_of_appointment.enqueue(str(row.uid))
        tasks.offer_freed_time.enqueue(str(row.uid))
        _note(request, row, "cancelled an appointment")
    return redirect("clinic:appointment", uid=uid)


def call_link(request: HttpRequest, appointment: Appointment) -> dict[str, object] | None:
    """Whether this user may join the appointment's call now, or when; None where there is none for them."""
    now = timezone.now()
    if not calls.is_by_video(appointment) or now >= calls.closes_at(appointment):
        return None
    if calls.seat_of(request.user, appointment.uid) is None:
        return None
    return {"open": calls.is_open(appointment, now), "opens_at": calls.opens_at(appointment)}


# ---- A practitioner's side


@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Confirm an appointment that was asked for."""
    return _decide(request, uid, "confirm")


@require_POST
def close(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Say whether an appointment was held."""
    return _decide(request, uid, "held" if request.POST.get("held") == "yes" else "missed")


@require_GET
def diary(request: HttpRequest) -> HttpResponse:
    """A week of the clinic's appointments, in the clinic's zone."""
    member = practitioner_of(request)
    zone = ZoneInfo(member.clinic.time_zone)
    today = timezone.now().astimezone(zone).date()
    first = _day(request.GET.get("from"), today - timedelta(days=today.weekday()))
    start = datetime.combine(first, datetime.min.time(), tzinfo=zone)
    rows = Appointment.objects.for_user(request.user).filter(
        clinic=member.clinic, starts_at__gte=start, starts_at__lt=start + WEEK, status__in=booking.STANDING
    )
    if request.GET.get("of") != "all":
        rows = rows.filter(practitioner=member)
    rows = rows.select_related("person__user__profile", "practitioner", "referral")
    with timezone.override(zone):
        context = {
            "member": member,
            "first": first,
            "earlier": first - WEEK,
            "later": first + WEEK,
            "of_all": request.GET.get("of") == "all",
            "days": [
                (day, list(group))
                for day, group in groupby(rows, key=lambda row: timezone.localdate(row.starts_at))
            ],
        }
        return render(request, "clinic/diary.html", context)


def availability(request: HttpRequest) -> HttpResponse:
    """The practitioner's usual week and what differs from it."""
    member = practitioner_of(request)
    with timezone.override(ZoneInfo(member.clinic.time_zone)):
        return _availability(request, member)


def _availability(request: HttpRequest, member: Membership) -> HttpResponse:
    adding = request.POST.get("add", "")
    week = AvailabilityForm(request.POST if adding == "week" else None, prefix="week")
    other = ExceptionForm(request.POST if adding == "exception" else None, prefix="exception")
    if request.method == "POST":
        for name, model in (("drop_week", Availability), ("drop_exception", AvailabilityException)):
            if name in request.POST:
                rows = model._default_manager.filter(practitioner=member)
                rows.filter(pk=key_in(request.POST[name])).delete()
                return redirect("clinic:availability")
        form = week if adding == "week" else other
        if form.is_valid():
            row = form.save(commit=False)
            row.practitioner = member
            row.save()
            return redirect("clinic:availability")
    context = {
        "member": member,
        "week_form": week,
        "exception_form": other,
        "usual": Availability.objects.filter(practitioner=member),
        "exceptions": AvailabilityException.objects.filter(practitioner=member, ends_at__gte=timezone.now()),
    }
    wrong = week.errors or other.errors
    return render(request, "clinic/availability.html", context, status=UNPROCESSABLE if wrong else 200)


# ---- What the views share


def _appointment(request: HttpRequest, uid: UUID) -> Appointment:
    rows = Appointment.objects.for_user(request.user).select_related("clinic", "practitioner", "person__user")
    return get_object_or_404(rows, uid=uid)


def _decide(request: HttpRequest, uid: UUID, what: str) -> HttpResponse:
    practitioner_of(request)
    appointment, now = _appointment(request, uid), timezone.now()
    try:
        with transaction.atomic():
            if what == "confirm":
                row = booking.confirm(appointment, now)
                tasks.tell_of_appointment.enqueue(str(row.uid))
            else:
                row = booking.close(appointment, what == "held", now)
            _note(request, row, "confirmed an appointment" if what == "confirm" else "closed an appointment")
    except booking.BookingError as problem:
        return render(
            request, "clinic/cannot.html", {"problem": problem, "back": appointment}, status=UNPROCESSABLE
        )
    return redirect("clinic:appointment", uid=uid)


def _note(request: HttpRequest, appointment: Appointment, what: str) -> None:
    if works_somewhere(request.user):
        note_access(member_of(request), appointment.person, what, AuditEvent.Action.CHANGED)


def _shown(request: HttpRequest, appointment: Appointment) -> dict[str, object]:
    """With when it is: for the person in the zone where they are now, for the clinic in the person's too."""
    own = appointment.person.user_id == request.user.pk
    when = both_times(appointment, timezone.get_current_timezone_name() if own else "")
    return {"appointment": appointment, "when": when}


def _open_referrals(person: Person) -> QuerySet[Referral]:
    return Referral.objects.filter(person=person, status__in=HANDED_OVER)


def _referral(request: HttpRequest, clinic: int) -> Referral:
    """The person's open referral at the clinic, of an urgency that the clinic sees."""
    referral = (
        _open_referrals(person_of(request)).filter(clinic=clinic).select_related("clinic", "person").first()
    )
    if referral is None:
        raise Http404
    if not clinic_table().policy[Urgency[referral.urgency]].clinic:
        raise PermissionDenied
    return referral


def _way(request: HttpRequest, referral: Referral) -> str:
    asked = request.GET.get("seen", "") or request.POST.get("seen", "")
    if asked in Seen.values:
        return asked
    policy = referral.clinic.policy.get(referral.urgency, {})
    return str(policy.get("by") or clinic_table().policy[Urgency[referral.urgency]].by or "")


def _moving(request: HttpRequest) -> Appointment | None:
    """The appointment that is being moved, if the page was opened for that."""
    asked = request.GET.get("move") or request.POST.get("move")
    if not asked:
        return None
    try:
        uid = UUID(asked)
    except ValueError:
        raise Http404 from None
    return get_object_or_404(
        Appointment.objects.for_user(request.user).filter(person=person_of(request)), uid=uid
    )


def _day(text: str | None, default: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return default
