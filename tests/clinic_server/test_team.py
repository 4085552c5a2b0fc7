"""The clinic's own settings: who may change them, what they accept, who comes and goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from nextposture.clinic import referrals
from nextposture.clinic.models import Appointment, Clinic, Membership, Referral
from nextposture.record.models import Person

SignedIn = Callable[[User | None], Client]


@pytest.fixture
def ada(staff: Callable[..., Membership]) -> Membership:
    """Administers the clinic and sees nobody."""
    return staff("ada@harbour.example", treats=False, administers=True)


def settings_form(clinic: Clinic, **changes: str) -> dict[str, str]:
    form = {"name": clinic.name, "email": clinic.email, "time_zone": "Europe/London", "takes_referrals": "on"}
    for urgency in ("WITHIN_2_WEEKS", "ROUTINE_PHYSIO", "SELF_CARE"):
        form |= {f"{urgency}-by": "telehealth", f"{urgency}-within_h": "100"}
    return {**form, **changes}


def test_administrator_sets_hours_and_policy(ada: Membership, clinic: Clinic, signed_in: SignedIn) -> None:
    client = signed_in(ada.user)
    form = settings_form(clinic, **{"hours-0": "09:00-12:30, 13:30-17:00", "ROUTINE_PHYSIO-by": "in_person"})
    assert client.post("/clinic/settings/", form).status_code == 302
    clinic.refresh_from_db()
    assert clinic.opening_hours["0"] == [["09:00", "12:30"], ["13:30", "17:00"]]
    assert clinic.policy["ROUTINE_PHYSIO"] == {"by": "in_person", "within_h": 100}
    assert b"09:00 to 12:30, 13:30 to 17:00" in client.get(f"/clinic/{clinic.pk}/").content
    assert b'value="09:00-12:30, 13:30-17:00"' in client.get("/clinic/settings/").content


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("hours-1", "nine to five", b"Write it as 09:00-12:30"),
        ("hours-1", "17:00-09:00", b"Write it as 09:00-12:30"),
        ("time_zone", "Narnia/Castle", b"Use a name such as Europe/London"),
        ("SELF_CARE-within_h", "0", b"At least 1 hour"),
    ],
)
def test_wrong_settings_are_named_and_not_saved(
    ada: Membership, clinic: Clinic, signed_in: SignedIn, field: str, value: str, told: bytes
) -> None:
    form = settings_form(clinic, **{"name": "Changed", field: value})
    answer = signed_in(ada.user).post("/clinic/settings/", form)
    assert answer.status_code == 422 and told in answer.content
    clinic.refresh_from_db()
    assert clinic.name == "Harbour Street Physiotherapy"


def test_only_administrators_change_the_clinic(
    staff: Callable[..., Membership], clinic: Clinic, signed_in: SignedIn
) -> None:
    client = signed_in(staff("bo@harbour.example").user)
    assert client.get("/clinic/settings/").status_code == 403
    assert client.post("/clinic/team/", {"name": "Eve", "email": "eve@x.example"}).status_code == 403


def test_who_leaves_sees_nothing_from_then_on(
    ada: Membership, staff: Callable[..., Membership], signed_in: SignedIn
) -> None:
    bo = staff("bo@harbour.example")
    client = signed_in(bo.user)
    assert client.get("/clinic/diary/").status_code == 200
    assert signed_in(ada.user).post(f"/clinic/team/{bo.pk}/end/").status_code == 302
    assert client.get("/clinic/diary/").status_code == 403


def test_the_last_administrator_stays(ada: Membership, signed_in: SignedIn) -> None:
    answer = signed_in(ada.user).post(f"/clinic/team/{ada.pk}/end/")
    assert answer.status_code == 422
    ada.refresh_from_db()
    assert ada.left_at is None


def test_inviting_twice_is_refused_with_words(ada: Membership, signed_in: SignedIn) -> None:
    client = signed_in(ada.user)
    form = {"name": "Bo", "email": "Bo@harbour.example", "profession": "physiotherapist", "treats": "on"}
    assert client.post("/clinic/team/", form).status_code == 302
    again = client.post("/clinic/team/", form)
    assert again.status_code == 422 and b"works here already" in again.content
    assert Membership.objects.get(name="Bo").email == "bo@harbour.example"


@pytest.mark.parametrize(
    ("zone", "offered"),
    [
        ("Europe/London", ["physiotherapist", "physical therapist"]),
        ("America/Indiana/Knox", ["physical therapist"]),
        ("America/Toronto", ["physiotherapist", "physical therapist"]),
    ],
)
def test_professions_have_the_names_of_where_the_clinic_is(
    ada: Membership, clinic: Clinic, signed_in: SignedIn, zone: str, offered: list[str]
) -> None:
    clinic.time_zone = zone
    clinic.save()
    client = signed_in(ada.user)
    page = client.get("/clinic/team/").content.decode()
    choices = re.findall(r"<option[^>]*>([^<]+)</option>", page)
    assert choices == [*offered, "chiropractor", "osteopath", "another profession"]
    assert f'<p class="kicker">{offered[0]}' in page
    for number, kind in enumerate(("physical_therapist", "other")):
        form = {"name": f"Di {number}", "email": f"{number}@harbour.example", "treats": "on"}
        if kind == "other" or len(offered) > 1:  # a clinic may choose the other name of the two
            assert client.post("/clinic/team/", {**form, "profession": kind}).status_code == 302
    page = client.get("/clinic/team/").content.decode()
    assert '<p class="kicker">another profession · sees people' in page
    assert ('<p class="kicker">physical therapist · sees people' in page) is (len(offered) > 1)


def test_command_makes_a_clinic_and_invites_its_administrator(
    db: None, account: Callable[[str], User]
) -> None:
    call_command("create_clinic", "Harbour Street", "Ada@harbour.example", "--person", "Ada")
    user = account("ada@harbour.example")
    place = Membership.objects.get()
    assert (place.user, place.administers, place.treats, place.clinic.name) == (
        user,
        True,
        False,
        "Harbour Street",
    )


@pytest.mark.parametrize("arguments", [("", "ada@harbour.example"), ("Harbour Street", "nobody")])
def test_command_refuses_what_cannot_be(db: None, arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_clinic", *arguments)
    assert not Clinic.objects.exists()


def test_the_people_of_who_leaves_are_told(
    ada: Membership, staff: Callable[..., Membership], person: Person, clinic: Clinic, signed_in: SignedIn
) -> None:
    bo, begins = staff("bo@harbour.example"), timezone.now() + timedelta(days=3)
    handed = Referral.objects.create(
        person=person, clinic=clinic, urgency="ROUTINE_PHYSIO", status="accepted", practitioner=bo
    )
    made = Appointment.objects.create(
        person=person,
        clinic=clinic,
        practitioner=bo,
        starts_at=begins,
        ends_at=begins + timedelta(minutes=30),
        seen="telehealth",
        status="confirmed",
    )
    client = signed_in(ada.user)
    assert b"1 appointment to come is cancelled" in client.get("/clinic/team/").content
    left = client.post(f"/clinic/team/{bo.pk}/end/", follow=True)
    assert b"Bo sees nothing of this clinic from now on." in left.content
    made.refresh_from_db()
    handed.refresh_from_db()
    assert (made.status, made.cancelled_why) == ("cancelled", "Bo no longer works here")
    assert (handed.status, handed.practitioner) == ("accepted", None)
    assert mail.outbox[-1].to == [person.user.email] and "cancelled" in mail.outbox[-1].subject
    assert referrals.queue(clinic, timezone.now()).waiting[0].need == "appointment"


def test_who_has_an_account_already_joins_when_invited(
    ada: Membership, staff: Callable[..., Membership], signed_in: SignedIn
) -> None:
    elsewhere = staff("bo@harbour.example", at=Clinic.objects.create(name="Elsewhere"))
    form = {"name": "Bo", "email": "bo@harbour.example", "profession": "physiotherapist", "treats": "on"}
    signed_in(ada.user).post("/clinic/team/", form)
    assert Membership.objects.get(clinic=ada.clinic, name="Bo").user == elsewhere.user
    assert mail.outbox[-1].to == ["bo@harbour.example"]
    bo = signed_in(elsewhere.user)
    assert f"To {ada.clinic.name}".encode() in bo.get("/clinic/").content
    bo.post("/clinic/choose/", {"clinic": ada.clinic.pk})
    assert b"To Elsewhere" in bo.get("/clinic/").content
