"""The clinic's own settings: who may change them, what they accept, who comes and goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from nextposture.clinic.models import Clinic, Membership

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
