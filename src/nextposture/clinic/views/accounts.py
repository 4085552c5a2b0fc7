"""One page for everything about the account."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from nextposture.clinic import erasing
from nextposture.clinic.accounts import works_somewhere
from nextposture.clinic.forms import ProfileForm
from nextposture.clinic.models import Profile
from nextposture.record.people import person_of
from nextposture.selfcare.emergency_card import numbers_for

UNPROCESSABLE = 422


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Addresses, password, second factor, where one is signed in, signing out."""
    return render(request, "account/overview.html", {"staff": works_somewhere(request.user)})


@require_http_methods(["GET", "POST"])
def about(request: HttpRequest) -> HttpResponse:
    """How they are called and reached, and in which time zone their days are."""
    profile, _ = Profile.objects.get_or_create(user_id=request.user.pk or 0)
    form = ProfileForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    return render(request, "account/about.html", {"form": form}, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def erase(request: HttpRequest) -> HttpResponse:
    """Erase the account and all that is kept, unless a clinic has treated the person: then, whom to ask."""
    person = person_of(request)
    treated, sure = erasing.treated_at(person), request.POST.get("sure") == "yes"
    if request.method == "POST" and sure and not treated:
        erasing.erase(person)
        numbers = numbers_for(request)
        logout(request)
        answer = render(request, "account/erased.html", {"numbers": numbers})
        answer.headers["Clear-Site-Data"] = '"cache", "storage", "cookies"'
        return answer
    wrong = request.method == "POST"
    context = {"treated": treated, "wrong": wrong and not treated}
    return render(request, "account/erase.html", context, status=UNPROCESSABLE if wrong else 200)
