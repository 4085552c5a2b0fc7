"""A clinic that a person keeps in step with from their own installation.

Every act is kept here first and sent afterwards; a page never waits for the clinic to show what is kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.interop.joined import in_step, line, links
from nextposture.interop.joined.line import TroubleError
from nextposture.interop.joined.table import joined_table
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table
from nextposture.record import check_ins
from nextposture.record.models import ClinicLink, FromClinic
from nextposture.record.people import person_of
from nextposture.selfcare import your_clinic_page
from nextposture.selfcare.emergency_card import numbers_for
from nextposture.selfcare.referral_form import WAYS, JoinForm, MessageForm, OwnReferralForm
from nextposture.selfcare.standing_alarm import alarm_address

UNPROCESSABLE = 422


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The clinic: what was handed over, answered, agreed and seen; or how to join one."""
    person, now = person_of(request), timezone.now()
    link = links.link_of(person)
    if link is None:
        return _join_page(request, JoinForm())
    context = {
        **your_clinic_page.overview(link, now),
        "numbers": numbers_for(request),
        "alarm": alarm_address(knowledge.load(), person),
        "look_now": True,
    }
    return render(request, "selfcare/your_clinic.html", context)


# ---- Joining and leaving


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Show who the clinic is. It is told the code and nothing else."""
    person_of(request)
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _join_page(request, form, UNPROCESSABLE)
    try:
        address, code = line.address_in(form.cleaned_data["address"])
        code = form.cleaned_data["code"] or code
        if not code:
            raise TroubleError("code_wrong")
        clinic = links.look(address, code, line.ask)
        shown = your_clinic_page.about(clinic)
    except TroubleError as trouble:
        form.add_error("code" if trouble.id.startswith("code") else "address", str(trouble))
        return _join_page(request, form, UNPROCESSABLE)
    except (KeyError, TypeError, ValueError, AttributeError):
        form.add_error("address", joined_table().trouble["newer"])
        return _join_page(request, form, UNPROCESSABLE)
    context = {**shown, "address": address, "code": code, "numbers": numbers_for(request)}
    return render(request, "selfcare/your_clinic_look.html", context)


@require_POST
def join(request: HttpRequest) -> HttpResponse:
    """Join the clinic that was shown."""
    person, form = person_of(request), JoinForm(request.POST)
    if not form.is_valid():
        return _join_page(request, form, UNPROCESSABLE)
    try:
        address, _ = line.address_in(form.cleaned_data["address"])
        links.join(person, address, form.cleaned_data["code"], timezone.now(), line.ask)
    except TroubleError as trouble:
        form.add_error(None, str(trouble))
        return _join_page(request, form, UNPROCESSABLE)
    return redirect("selfcare:your_clinic")


def leave(request: HttpRequest) -> HttpResponse:
    """Leave: everything is taken back there. Where the clinic cannot be told, leave at once on this side."""
    link, now = _link(request), timezone.now()
    if request.method == "POST":
        if request.POST.get("at_once"):
            links.end(link, ClinicLink.EndedBy.PERSON, now)
        else:
            links.leave(link, now)
        return redirect("selfcare:your_clinic")
    context = {"clinic": link.clinic, **your_clinic_page.state_of(link)}
    return render(request, "selfcare/your_clinic_leave.html", context)


# ---- Keeping in step


@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Send what waits and fetch what is new; for a script the state alone."""
    person, link = person_of(request), _link(request)
    before = _marks(link)
    in_step.keep_in_step(person, line.ask)
    found = links.link_of(person)
    if not request.htmx or found is None:  # type: ignore[attr-defined]
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(headers={"HX-Refresh": "true"})
        return redirect("selfcare:your_clinic")
    after = _marks(found)
    context = {**your_clinic_page.state_of(found), "new": after[1] != before[1]}
    answer = render(request, "selfcare/your_clinic_state.html", context)
    if after[0] != before[0]:  # what was written just before is on the page as waiting
        answer["HX-Refresh"] = "true"
    return answer


def _marks(link: ClinicLink) -> tuple[int, Any]:
    """How much waits, and what was heard last, the trail of who looked apart."""
    heard = FromClinic.objects.filter(link=link).exclude(kind="looked").order_by("-heard_at")
    waits = [row for row in links.waiting(link) if row.kind in your_clinic_page.ACTS]
    return len(waits), heard.values_list("heard_at", flat=True).first()


# ---- The referral, and what may be seen


def refer(request: HttpRequest) -> HttpResponse:
    """Hand a referral over: what they may see is chosen one by one. An emergency goes to no clinic."""
    person, link, known = person_of(request), _link(request), knowledge.load()
    if alarm := alarm_address(known, person):
        return redirect(alarm)
    outcome = check_ins.current_outcome(person)
    if outcome is None:
        return render(request, "selfcare/your_clinic_check_in_first.html", {"clinic": link.clinic})
    now, policy = timezone.now(), clinic_table().policy[Urgency[outcome.urgency]]
    seen = links.allowed(link, now) or {"result"}
    first = {"name": link.name, "phone": link.phone, "email": link.email, "items": sorted(seen)}
    form = OwnReferralForm(request.POST or None, initial=first)
    if request.method == "POST" and policy.clinic and form.is_valid():
        data = form.cleaned_data
        with transaction.atomic():
            link.name, link.phone, link.email = data["name"], data["phone"], data["email"]
            link.save(update_fields=["name", "phone", "email"])
            links.refer(link, data["items"], data["days"], now, wish=data["wish"], prefers=data["prefers"])
        return redirect("selfcare:your_clinic")
    context = {
        "clinic": link.clinic,
        "policy": policy,
        "level": known.danger_signs.levels[Urgency[outcome.urgency]],
        "reasons": check_ins.plain_reasons(outcome),
        "form": form,
        "numbers": numbers_for(request),
    }
    wrong = bool(form.errors) or (request.method == "POST" and not policy.clinic)
    return render(request, "selfcare/your_clinic_refer.html", context, status=UNPROCESSABLE if wrong else 200)


@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Withdraw one consent."""
    link = _link(request)
    item, purpose = request.POST.get("item", "")[:30], request.POST.get("purpose", "")[:30]
    links.withdraw(link, item, timezone.now(), purpose)
    return redirect("selfcare:your_clinic")


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take the referral back, and with it everything that the clinic may see."""
    links.take_back(_link(request), timezone.now())
    return redirect("selfcare:your_clinic")


# ---- Messages


def messages(request: HttpRequest) -> HttpResponse:
    """Messages with the clinic; a new one waits here until it can go."""
    link, now = _link(request), timezone.now()
    if alarm := alarm_address(knowledge.load(), link.person):
        return redirect(alarm)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = {"message": str(uuid4()), "text": form.cleaned_data["text"]}
        links.tell(link, "message", told, now)
        return redirect("selfcare:your_clinic_messages")
    if keys := your_clinic_page.unread(link):
        links.tell(link, "read", {"messages": keys}, now)
    context = {
        "clinic": link.clinic,
        "lines": your_clinic_page.lines(link),
        "form": form,
        "may_write": bool(links.open_referral(link) or links.waiting(link).filter(kind="refer")),
        "look_now": True,
        **your_clinic_page.state_of(link),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "selfcare/your_clinic_messages.html", context, status=status)


# ---- Appointments


def times(request: HttpRequest) -> HttpResponse:
    """Free times, which only the clinic knows; the one that is chosen is asked for."""
    link, now = _link(request), timezone.now()
    if alarm := alarm_address(knowledge.load(), link.person):
        return redirect(alarm)
    if request.method == "POST":
        return _ask_time(request, link, now)
    seen = request.GET.get("seen", "")
    trouble, told = "", dict[str, Any]()
    try:
        asked = {"from": request.GET.get("from", "")[:10], "seen": seen}
        told = line.ask(link.address, "times", asked, links.token_of(link))
        days = _by_day(told, str(told["zone"]))
        first = datetime.fromisoformat(str(told["from"])).date()
    except TroubleError as error:
        trouble, days, first = str(error), [], timezone.localdate(now)
    except (KeyError, TypeError, ValueError):
        trouble, days, first = joined_table().trouble["newer"], [], timezone.localdate(now)
    context = {
        "clinic": link.clinic,
        "days": days,
        "trouble": trouble,
        "open": told.get("open", True),
        "ways": (("", "either way"), *WAYS),
        "seen": seen,
        "zone": timezone.get_current_timezone_name(),
        "first": first,
        "last": first + timedelta(days=6),
        "earlier": first - timedelta(days=7) if first > timezone.localdate(now) else None,
        "later": first + timedelta(days=7),
    }
    return render(request, "selfcare/your_clinic_times.html", context)


def _ask_time(request: HttpRequest, link: ClinicLink, now: datetime) -> HttpResponse:
    try:
        starts, ends = (
            datetime.fromisoformat(request.POST.get(name, "")) for name in ("starts_at", "ends_at")
        )
        practitioner = int(request.POST.get("practitioner", ""))
    except ValueError:
        return redirect("selfcare:your_clinic_times")
    seen = request.POST.get("seen", "")
    if timezone.is_naive(starts) or timezone.is_naive(ends) or seen not in dict(WAYS):
        return redirect("selfcare:your_clinic_times")
    content = {
        "appointment": str(uuid4()),
        "practitioner": practitioner,
        "with": request.POST.get("with", "")[:120],
        "starts_at": starts.isoformat(),
        "ends_at": ends.isoformat(),
        "seen": seen,
        "zone": timezone.get_current_timezone_name(),
    }
    links.tell(link, "ask_time", content, now)
    return redirect("selfcare:your_clinic")


def _by_day(told: dict[str, Any], zone: str) -> list[tuple[Any, list[dict[str, Any]]]]:
    days: dict[Any, list[dict[str, Any]]] = {}
    for one in told["times"]:
        at = datetime.fromisoformat(one["starts_at"])
        there, clock = (your_clinic_page.there(at, zone, clock=only) for only in (False, True))
        row = {**one, "at": at, "there": there, "there_clock": clock, "ways": _ways(one["seen"])}
        days.setdefault(timezone.localdate(at), []).append(row)
    return list(days.items())


def _ways(seen: str) -> list[tuple[str, str]]:
    return [(value, label) for value, label in WAYS if seen in ("", value)]


@require_POST
def cancel(request: HttpRequest, appointment: UUID) -> HttpResponse:
    """Give an appointment back."""
    links.cancel_time(_link(request), str(appointment), request.POST.get("why", "")[:200], timezone.now())
    return redirect("selfcare:your_clinic")


@require_POST
def call(request: HttpRequest, appointment: UUID) -> HttpResponse:
    """Fetch a link into the call, which is held on the clinic's server, and show where it leads."""
    link = _link(request)
    trouble, address = "", ""
    try:
        told = line.ask(link.address, "call", {"appointment": str(appointment)}, links.token_of(link))
        address = str(told.get("link", ""))
    except TroubleError as error:
        trouble = str(error)
    if not address.startswith(f"{link.address}/"):
        address = ""
    context = {"clinic": link.clinic, "address": address, "trouble": trouble}
    return render(request, "selfcare/your_clinic_call.html", context)


# ---- What the views share


def _link(request: HttpRequest) -> ClinicLink:
    link = links.link_of(person_of(request))
    if link is None:
        raise Http404
    return link


def _join_page(request: HttpRequest, form: JoinForm, status: int = 200) -> HttpResponse:
    person = person_of(request)
    last = links.last_link(person)
    context: dict[str, Any] = {"form": form, "last": last, "alarm": alarm_address(knowledge.load(), person)}
    if last is not None:
        context |= {
            "waits": [row for row in links.waiting(last) if row.kind in your_clinic_page.ACTS],
            "lines": your_clinic_page.lines(last),
        }
        if not form.is_bound and last.ended_by == ClinicLink.EndedBy.CLINIC:
            form.initial["address"] = last.address
    return render(request, "selfcare/your_clinic_join.html", context, status=status)
