"""A person's own installation and the clinic's server: joining, keeping in step, and what each sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone

from nextposture.clinic import access, booking, referrals
from nextposture.clinic.joined import codes
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Availability,
    Clinic,
    Installation,
    JoiningCode,
    Membership,
    Message,
    Note,
    Referral,
)
from nextposture.interop.joined import links
from nextposture.interop.joined.line import TroubleError
from nextposture.interop.joined.table import joined_table
from nextposture.knowledge import load
from nextposture.record import decided
from nextposture.record.models import (
    CarePlan,
    ClinicKey,
    ClinicLink,
    FromClinic,
    Measurement,
    Outcome,
    Person,
    PlanChange,
    PlanDecision,
    Rating,
    ToClinic,
)
from tests.clinic_server.records import check_in
from tests.clinic_server.two_sides import ADDRESS, TwoSides, two_sides
from tests.history import live_through


@pytest.fixture
def both(db: None, tmp_path: Path) -> Iterator[TwoSides]:
    """A clinic with a practitioner, and a home where a check-in was done."""
    cache.clear()  # which counts tries of codes
    with two_sides(tmp_path) as made:
        with made.clinic:
            row = Clinic.objects.create(name="Harbour Street", phone="0123", email="desk@harbour.example")
            user = User.objects.create_user(username="bo@harbour.example", email="bo@harbour.example")
            bo = Membership.objects.create(clinic=row, user=user, email=user.email, name="Bo", treats=True)
            for weekday in range(7):
                Availability.objects.create(practitioner=bo, weekday=weekday, starts=time(9), ends=time(12))
        with made.home:
            check_in(made.person())
        yield made


def a_code(both: TwoSides) -> str:
    with both.clinic:
        return codes.make_code(Membership.objects.get(name="Bo"), "Ann", timezone.now())


def join(both: TwoSides, *, name: str = "Ann", email: str = "") -> None:
    code = a_code(both)
    with both.home:
        link = links.join(both.person(), ADDRESS, code, timezone.now(), both.ask)
        ClinicLink.objects.filter(pk=link.pk).update(name=name, email=email)


def hand_over(both: TwoSides, *items: str, wish: str = "Can I run again?") -> None:
    with both.home:
        links.refer(both.link(), items or ("result", "plan"), 90, timezone.now(), wish=wish)


def heard(both: TwoSides, kind: str) -> list[Any]:
    with both.home:
        return [row.content for row in FromClinic.objects.filter(kind=kind)]


def write(both: TwoSides, text: str) -> None:
    with both.home:
        links.tell(both.link(), "message", {"message": str(uuid4()), "text": text}, timezone.now())


# ---- Joining


def test_a_code_tells_who_the_clinic_is_joins_once_and_is_kept_as_a_hash(both: TwoSides) -> None:
    code = a_code(both)
    assert links.look(ADDRESS, code, both.ask)["name"] == "Harbour Street"
    with both.clinic:
        row = JoiningCode.objects.get()
        assert row.used_at is None and code not in str(vars(row))
    with both.home:
        links.join(both.person(), ADDRESS, code.lower().replace("-", " "), timezone.now(), both.ask)
        token = links.token_of(both.link())
    with both.clinic:
        one = Installation.objects.get()
        assert token not in str(vars(one)) and one.person.user.email == ""
        assert not one.person.user.has_usable_password()
        with pytest.raises(codes.CodeError, match="code_used"):
            codes.join(code, uuid4(), "t" * 40, timezone.now())
        with pytest.raises(codes.CodeError, match="code_wrong"):
            codes.join("AAAA-AAAA-AAAA", uuid4(), "t" * 40, timezone.now())
        JoiningCode.objects.update(used_at=None, used_by=None)
        with pytest.raises(codes.CodeError, match="code_expired"):
            codes.join(code, uuid4(), "t" * 40, timezone.now() + timedelta(days=8))


@pytest.mark.parametrize("cut", ["request", "answer", "kill"])
def test_joining_that_is_cut_off_is_done_again_with_the_same_code(both: TwoSides, cut: str) -> None:
    code, both.cut = a_code(both), cut
    with both.home:
        with pytest.raises(BaseException, match=r"reached|^$"):
            links.join(both.person(), ADDRESS, code, timezone.now(), both.ask)
        assert links.link_of(both.person()) is None
        with pytest.raises(TroubleError, match="letter by letter"):
            links.join(both.person(), ADDRESS, code[:-1], timezone.now(), both.ask)
        links.join(both.person(), ADDRESS, code, timezone.now(), both.ask)
    assert both.keep_in_step() == ""
    with both.clinic:
        assert Installation.objects.count() == 1


def test_a_wrong_code_leaves_nothing_behind(both: TwoSides) -> None:
    with both.home:
        with pytest.raises(TroubleError, match="letter by letter"):
            links.join(both.person(), ADDRESS, "AAAA-AAAA-AAAA", timezone.now(), both.ask)
        assert not ClinicLink.objects.exists() and not ClinicKey.objects.exists()


def test_guessing_codes_comes_to_an_end(both: TwoSides, settings: Any) -> None:
    tried = [
        both.client.post(
            "/step/1/look", {"code": "A"}, content_type="application/json", REMOTE_ADDR="10.9.8.7"
        )
        for _ in range(21)
    ]
    assert [one.status_code for one in tried] == [403] * 20 + [429]


def test_without_a_clinic_nothing_is_asked_of_anybody(both: TwoSides) -> None:
    assert both.keep_in_step() == "" and both.asked == 0


def test_two_clinics_of_one_server_are_joined_one_after_the_other_and_again(both: TwoSides) -> None:
    join(both)
    with both.clinic:
        row = Clinic.objects.create(name="Hill Road")
        user = User.objects.create_user(username="cy@hill.example")
        cy = Membership.objects.create(clinic=row, user=user, email="cy@hill.example", name="Cy")
    for again in (False, True):
        with both.home:
            links.leave(both.link(), timezone.now())
        assert both.keep_in_step() == ""
        with both.clinic:
            code = codes.make_code(
                cy if not again else Membership.objects.get(name="Bo"), "Ann", timezone.now()
            )
        with both.home:
            links.join(both.person(), ADDRESS, code, timezone.now(), both.ask)
            assert both.link().clinic["name"] == ("Harbour Street" if again else "Hill Road")
    with both.clinic:
        assert Installation.objects.count() == 2
    with both.home:
        assert ClinicLink.objects.count() == 2


@pytest.mark.parametrize("trouble", ["no_connection", "server"])
def test_joining_again_that_came_to_nothing_loses_no_messages(both: TwoSides, trouble: str) -> None:
    join(both)
    write(both, "Thank you")
    assert both.keep_in_step() == ""
    with both.home:
        links.end(both.link(), ClinicLink.EndedBy.PERSON, timezone.now())

    def lost(*_: Any, **__: Any) -> dict[str, Any]:
        raise TroubleError(trouble)

    with both.home:
        with pytest.raises(TroubleError):
            links.join(both.person(), ADDRESS, "AAAA-AAAA-AAAA", timezone.now(), lost)
        assert ClinicKey.objects.exists()  # the clinic may have it
        with pytest.raises(TroubleError, match="Update"):
            links.join(both.person(), "https://else.example", "A", timezone.now(), lambda *_, **__: {})
        assert ToClinic.objects.get(kind="message").link.address == ADDRESS
        last = links.last_link(both.person())
        assert last is not None and last.address == ADDRESS and last.ended_by == "person"


def test_a_server_that_does_not_know_the_installation_costs_it_no_secret(both: TwoSides) -> None:
    join(both)
    with both.clinic:
        kept = Installation.objects.get()
        Installation.objects.all().delete()
    assert both.keep_in_step() == "unknown"
    with both.home:
        assert links.token_of(both.link())
    with both.clinic:
        kept.save()
    assert both.keep_in_step() == ""


# ---- What goes and what does not


def test_no_parcel_stands_in_the_way_of_what_was_done(both: TwoSides) -> None:
    join(both)
    hand_over(both, "result", "measurements")
    for number in range(60):
        write(both, f"{number}" + "\N{GRINNING FACE}" * 3990)
    sent: list[dict[str, Any]] = []
    real = both.ask

    def watched(address: str, what: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        sent.append(body)
        return real(address, what, body, token)

    both.ask = watched  # type: ignore[method-assign]
    assert both.keep_in_step() == ""
    assert not any(body["acts"] and body["parcels"] for body in sent)
    with both.clinic:
        assert Message.objects.count() == 60 and Outcome.objects.exists()


def test_years_of_changes_of_a_plan_go_although_they_fit_into_no_request(both: TwoSides) -> None:
    with both.home:
        plan, now = CarePlan.objects.get(), timezone.now()
        PlanChange.objects.bulk_create(
            PlanChange(
                care_plan=plan,
                rule="PR1",
                because=f"session {number}",
                reason="Twice without pain. " * 2000,
                at=now - timedelta(days=20 * number),
                before=plan.items,
                after=plan.items,
                decision=PlanChange.Decision.LAPSED,
            )
            for number in range(60)
        )
        whole = json.dumps(list(PlanChange.objects.values("reason", "before", "after")))
        assert len(whole) > joined_table().limits.request_bytes
    join(both)
    hand_over(both, "result", "plan")
    assert both.keep_in_step() == ""
    with both.clinic:
        assert PlanChange.objects.count() == 60


def test_a_plan_that_was_changed_here_goes_with_its_consent_all_the_same(both: TwoSides) -> None:
    join(both)
    hand_over(both, "result", "plan")
    assert both.keep_in_step() == ""
    with both.clinic:
        assert CarePlan.objects.exists()
        Installation.objects.update(parcels={})  # as an answer to a decision leaves it
    with both.home:
        ClinicLink.objects.update(parcels={})  # as told then
        links.withdraw(both.link(), "plan", timezone.now())
    assert both.keep_in_step() == ""
    with both.clinic:
        assert not CarePlan.objects.exists() and Outcome.objects.exists()


def test_the_clinic_sees_what_was_ticked_and_nothing_else(both: TwoSides) -> None:
    with both.home:
        live_through(both.person(), timezone.now(), weeks=3)
    join(both, name="Ann Lee")
    hand_over(both, "result", "plan")
    assert both.keep_in_step() == ""
    with both.clinic:
        member, now = Membership.objects.get(name="Bo"), timezone.now()
        handed = Referral.objects.get()
        assert handed.wish == "Can I run again?"
        assert access.shared_items(handed.person, member.clinic, now) == {"result", "plan"}
        last = Outcome.objects.latest("pk")
        assert last.result["factors"] and last.check_in.answers == {}
        assert not Rating.objects.exists() and not Measurement.objects.exists()
        trail = [row.what for row in AuditEvent.objects.all()]
        assert any("referral handed over" in one for one in trail)
        assert any("brought of the record" in one for one in trail)
        assert referrals.queue(member.clinic, now).waiting[0].referral == handed
    assert {row["item"] for row in heard(both, "consent")} == {"result", "plan"}


def test_the_record_looks_at_the_clinic_as_it_does_at_home(both: TwoSides) -> None:
    from nextposture.clinic.shared_record import shared_report
    from nextposture.knowledge.clinic import clinic_table

    items = frozenset(one.id for one in clinic_table().share)
    with both.home:
        live_through(both.person(), timezone.now(), weeks=3)
        PlanDecision.objects.all().delete()  # another clinic's stay at home
    join(both)
    hand_over(both, *items)
    assert both.keep_in_step() == ""
    now = timezone.now()
    with both.home:
        at_home = shared_report(both.person(), items, now)
    with both.clinic:
        there = shared_report(Referral.objects.get().person, items, now)
    assert there.sections and there.sections == at_home.sections


def test_what_changed_goes_alone_and_what_is_withdrawn_goes_away(both: TwoSides) -> None:
    with both.home:
        live_through(both.person(), timezone.now(), weeks=3)
    join(both)
    hand_over(both, "result", "progress", "answers")
    assert both.keep_in_step() == ""
    sent: list[dict[str, Any]] = []
    real = both.ask

    def watched(address: str, what: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        sent.append(body["parcels"])
        return real(address, what, body, token)

    both.ask = watched  # type: ignore[method-assign]
    assert both.keep_in_step() == "" and sent == [{}]
    with both.home:
        Rating.objects.create(person=both.person(), measure="pain_now", value=3)
    sent.clear()
    assert both.keep_in_step() == ""
    (name,) = sent[0]
    assert name.startswith("Rating/")
    with both.home:
        links.tell(both.link(), "withdraw", {"item": "progress"}, timezone.now())
    assert both.keep_in_step() == ""
    with both.clinic:
        assert not Rating.objects.exists() and Outcome.objects.latest("pk").check_in.answers
        history = Outcome.history.model.objects
        assert not history.exists()
    with both.home:
        links.tell(both.link(), "withdraw", {"item": "answers"}, timezone.now())
    assert both.keep_in_step() == ""
    with both.clinic:
        assert Outcome.objects.exists() and Outcome.objects.latest("pk").check_in.answers == {}


def test_an_emergency_hands_nothing_to_a_clinic(both: TwoSides) -> None:
    join(both)
    hand_over(both, "result")
    with both.home:
        check_in(both.person(), "P03")
    assert both.keep_in_step() == ""
    with both.clinic:
        assert not Referral.objects.exists() and not Outcome.objects.exists()
    with both.home:
        assert ToClinic.objects.get(kind="refer").sent_at is None


# ---- Both ways


def test_status_messages_appointments_and_measurements_come_home(both: TwoSides) -> None:
    join(both, email="ann@example.org")
    hand_over(both)
    write(both, "Shall I go on?")
    assert both.keep_in_step() == ""
    start = (timezone.now() + timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)
    with both.clinic:
        handed, bo = Referral.objects.get(), Membership.objects.get(name="Bo")
        referrals.answer(handed, bo, Referral.Status.ACCEPTED, "Come in.", timezone.now())
        Message.objects.create(person=handed.person, clinic=handed.clinic, author=bo, text="Yes, do.")
        Note.objects.create(person=handed.person, clinic=handed.clinic, author=bo, text="A note")
        Measurement.objects.create(person=handed.person, measure="hip_extension", method="call", value=-4)
        access.note_access(bo, handed.person, "record")
    uid = str(uuid4())
    with both.home:
        wanted = {"practitioner": bo.pk, "starts_at": start.isoformat(), "seen": "telehealth"}
        links.tell(
            both.link(), "ask_time", {**wanted, "appointment": uid, "zone": "Asia/Tokyo"}, timezone.now()
        )
    assert both.keep_in_step() == ""
    (answer,) = heard(both, "referral")
    assert (answer["status"], answer["answer"], answer["with"]) == ("accepted", "Come in.", "Bo")
    assert [row["text"] for row in heard(both, "message")] == ["Shall I go on?", "Yes, do."]
    assert heard(both, "note")[0]["text"] == "A note"
    assert any(row["by"] == "Bo" and row["what"] == "record" for row in heard(both, "looked"))
    with both.home:
        assert Measurement.objects.get(method="call").value == -4
    with both.clinic:
        made = Appointment.objects.get(uid=uid)
        booking.confirm(made, timezone.now())
    assert both.keep_in_step() == ""
    assert heard(both, "appointment")[0]["status"] == "confirmed"
    with both.home:
        links.tell(both.link(), "cancel_time", {"appointment": uid}, timezone.now())
    assert both.keep_in_step() == ""
    assert heard(both, "appointment")[0]["status"] == "cancelled"
    told = [message for message in mail.outbox if message.to == ["ann@example.org"]]
    assert told and "your own computer" in told[0].body and "/clinic/appointments/" not in told[0].body


def test_measured_in_a_call_stays_when_measurements_are_sent_from_home(both: TwoSides) -> None:
    join(both)
    hand_over(both, "measurements")
    assert both.keep_in_step() == ""
    with both.clinic:
        person = Referral.objects.get().person
        Measurement.objects.create(person=person, measure="hip_extension", method="call", value=-4)
    with both.home:
        Measurement.objects.create(person=both.person(), measure="plank", method="timer", value=40)
    assert both.keep_in_step() == ""
    for side in (both.home, both.clinic):
        with side:
            assert sorted(Measurement.objects.values_list("method", flat=True)) == ["call", "timer"]


def test_taken_back_here_and_accepted_there_shows_both(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    with both.clinic:
        handed, bo = Referral.objects.get(), Membership.objects.get(name="Bo")
        referrals.answer(handed, bo, Referral.Status.ACCEPTED, "Come in.", timezone.now())
    with both.home:
        links.tell(both.link(), "take_back", {"referral": str(handed.key)}, timezone.now())
    assert both.keep_in_step() == ""
    (told,) = heard(both, "referral")
    assert [one["status"] for one in told["states"]] == ["new", "accepted", "withdrawn"]
    assert told["answer"] == "Come in." and told["states"][1]["by"] == "Bo"
    with both.clinic:
        assert not Outcome.objects.exists()


def test_a_time_that_somebody_else_took_is_refused_and_still_shown(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    start = (timezone.now() + timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)
    with both.clinic:
        other = Person.objects.create(user=User.objects.create_user("other"))
        bo = Membership.objects.get(name="Bo")
        booking.book(other, bo, start, 30, "telehealth", timezone.now())
    with both.home:
        wanted = {"practitioner": bo.pk, "starts_at": start.isoformat(), "seen": "telehealth"}
        links.tell(both.link(), "ask_time", {**wanted, "appointment": str(uuid4())}, timezone.now())
    assert both.keep_in_step() == ""
    with both.home:
        assert "just been taken" in ToClinic.objects.get(kind="ask_time").refused


def test_ended_by_the_clinic_keeps_what_waits_and_a_new_code_sends_it(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    with both.clinic:
        codes.end(Installation.objects.get(), Installation.EndedBy.CLINIC, timezone.now())
        assert not Outcome.objects.exists()
    write(both, "Are you there?")
    assert both.keep_in_step() == "revoked"
    with both.home:
        assert links.link_of(both.person()) is None
        assert ToClinic.objects.get(kind="message").sent_at is None
    join(both)
    assert both.keep_in_step() == ""
    with both.clinic:
        assert Message.objects.get().text == "Are you there?" and Installation.objects.count() == 1


def test_leaving_takes_everything_back_also_when_the_answer_is_lost(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    with both.home:
        links.leave(both.link(), timezone.now())
    both.cut = "answer"
    assert both.keep_in_step() == "no_connection"
    assert both.keep_in_step() == ""
    with both.home:
        assert links.link_of(both.person()) is None and not ClinicKey.objects.exists()
        assert not links.waiting(ClinicLink.objects.get()).exists()
    with both.clinic:
        assert Referral.objects.get().status == "withdrawn" and not Outcome.objects.exists()
        assert not access.shared_items(Referral.objects.get().person, Clinic.objects.get(), timezone.now())


def test_a_clinic_restored_from_an_older_backup_hears_everything_again(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    with both.clinic:
        kept = connections["default"].connection.serialize()
    write(both, "After the backup")
    with both.clinic:
        for number in range(3):
            bo = Membership.objects.get(name="Bo")
            access.note_access(bo, Referral.objects.get().person, f"record {number}")
    assert both.keep_in_step() == ""
    with both.clinic:
        connections["default"].connection.deserialize(kept)
        assert not Message.objects.exists()
    assert both.keep_in_step() == ""
    with both.clinic:
        assert Message.objects.get().text == "After the backup" and Referral.objects.count() == 1


def test_a_restored_clinic_is_not_left_again_and_what_it_refused_is_not_asked_again(both: TwoSides) -> None:
    join(both)
    write(both, "Nobody reads this")  # refused: nothing was handed over
    with both.home:
        links.leave(both.link(), timezone.now())
    assert both.keep_in_step() == ""
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    with both.home:
        ClinicLink.objects.update(cursor=1000)
    assert both.keep_in_step() == ""
    with both.home:
        assert links.link_of(both.person()) is not None
    with both.clinic:
        assert not Message.objects.exists() and Referral.objects.get().status == "new"


def test_a_decision_holds_at_home_and_the_answer_comes_back(both: TwoSides) -> None:
    join(both)
    hand_over(both, "result", "plan")
    assert both.keep_in_step() == ""
    with both.clinic:
        person = Referral.objects.get().person
        item = CarePlan.objects.get(person=person).items[0]["id"]
        made = PlanDecision.objects.create(
            person=person,
            item=item,
            kind="left_out",
            why="Not yet.",
            by_name="Bo",
            clinic_name="Harbour Street",
        )
        decided.put_in_force(load(), person, timezone.now())
    assert both.keep_in_step() == ""
    with both.home:
        plan = CarePlan.objects.get()
        assert item not in {one["id"] for one in plan.items} and item in {one["id"] for one in plan.left_out}
        decided.answer(load(), both.person(), made.key, PlanDecision.Answer.SEEN, "", timezone.now())
    both.cut = "answer"
    assert both.keep_in_step() == "no_connection"
    with both.clinic:  # decided anew meanwhile: both are kept, on both sides
        PlanDecision.objects.create(person=person, item=item, kind="freed", by_name="Bo")
        decided.put_in_force(load(), person, timezone.now())
    assert both.keep_in_step() == ""
    plans = []
    for side in (both.home, both.clinic):
        with side:
            rows = PlanDecision.objects.order_by("at").values_list("kind", "answer")
            assert list(rows) == [("left_out", "seen"), ("freed", "")]
            plans.append(CarePlan.objects.values("items", "later", "left_out").get())
    assert plans[0] == plans[1]
    with both.home:
        assert not links.unheard_answers(both.link())


# ---- The line


def test_a_token_of_somebody_else_opens_nothing_of_hers(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    write(both, "zanzibar-canary")
    assert both.keep_in_step() == ""
    with both.clinic:
        code = codes.make_code(Membership.objects.get(name="Bo"), "Eve", timezone.now())
        codes.join(code, uuid4(), "e" * 43, timezone.now())
        referral = str(Referral.objects.get().key)
        act = {
            "key": str(uuid4()),
            "kind": "take_back",
            "content": {"referral": referral},
            "at": "2026-01-01T00:00Z",
        }
        for token, status in (("", 401), ("wrong", 401), ("e" * 43, 200)):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = both.client.post(
                "/step/1/sync",
                {"cursor": 0, "acts": [act], "parcels": {}},
                content_type="application/json",
                headers=headers,
            )
            assert answer.status_code == status and b"zanzibar" not in answer.content
        assert Referral.objects.get().status == "new"


def test_nonsense_is_refused_and_changes_nothing(both: TwoSides) -> None:
    join(both)
    hand_over(both, "measurements")
    assert both.keep_in_step() == ""
    with both.home:
        token = links.token_of(both.link())
    whole = b'{"cursor": 0, "acts": [], "parcels": {%s}}'
    for body in (
        b"",
        b"[]",
        b"{",
        b'{"cursor": -1, "acts": [], "parcels": {}}',
        b'{"cursor": 0, "acts": [1], "parcels": {}}',
        b'{"cursor": 0, "acts": {}, "parcels": []}',
        whole % b'"Measurement": {"x": {"value": "high"}}',
        whole % b'"Measurement": {"x": {"nonsense": 1}}',
        whole % b'"Measurement": {"x": {}}',
        whole % b'"Measurement": [1]',
        b'{"x": "' + b"y" * joined_table().limits.request_bytes + b'"}',
    ):
        with both.clinic:
            answer = both.client.post(
                "/step/1/sync",
                body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.status_code == 400 or answer.json()["refused"], body[:80]
            assert not Measurement.objects.exists()


def test_an_edition_of_another_time_says_who_has_to_update(both: TwoSides) -> None:
    for edition, word in ((0, "newer"), (2, "older")):
        answer = both.client.post(f"/step/{edition}/look", {"code": "A"}, content_type="application/json")
        assert answer.json() == {"error": word}


def test_a_call_is_reached_by_a_link_good_once_and_leads_nowhere_else(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    with both.clinic:
        person, bo = Referral.objects.get().person, Membership.objects.get(name="Bo")
        now = timezone.now()
        made = Appointment.objects.create(
            person=person,
            clinic=bo.clinic,
            practitioner=bo,
            starts_at=now,
            ends_at=now + timedelta(minutes=30),
            seen="telehealth",
            status="confirmed",
        )
    with both.home:
        told = both.ask(ADDRESS, "call", {"appointment": str(made.uid)}, links.token_of(both.link()))
    path = told["link"].removeprefix(ADDRESS)
    with both.clinic:
        browser = Client()
        entered = browser.get(path)
        assert entered["Location"] == f"/clinic/appointments/{made.uid}/call/"
        assert browser.get(entered["Location"]).status_code == 200
        for elsewhere in ("/today/", "/clinic/sharing/", f"/clinic/appointments/{made.uid}/", "/data/"):
            assert browser.get(elsewhere).status_code == 403, elsewhere
        for record in ("Patient", "QuestionnaireResponse", "Consent"):
            assert browser.get(f"/fhir/{record}").status_code == 401, record
        assert browser.get("/oauth/authorize/").status_code == 403
        assert Client().get(path).status_code == 403


@pytest.mark.parametrize("how", ["ended there", "ended here", "left"])
def test_joining_again_hands_nothing_over_that_was_not_allowed_anew(both: TwoSides, how: str) -> None:
    join(both)
    hand_over(both)
    assert both.keep_in_step() == ""
    with both.home:
        if how == "ended here":  # at once, while it waits to be told
            links.leave(both.link(), timezone.now())
            links.end(both.link(), ClinicLink.EndedBy.PERSON, timezone.now())
        if how == "left":
            links.leave(both.link(), timezone.now())
    if how != "left":
        with both.clinic:
            codes.end(Installation.objects.get(), Installation.EndedBy.CLINIC, timezone.now())
    if how != "ended here":
        assert both.keep_in_step() == ("revoked" if how == "ended there" else "")
    sent: list[dict[str, Any]] = []
    real = both.ask

    def watched(address: str, what: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        sent.append(body)
        return real(address, what, body, token)

    both.ask = watched  # type: ignore[method-assign]
    join(both)
    assert both.keep_in_step() == "" and not any(body.get("parcels") for body in sent)
    with both.home:
        assert links.link_of(both.person()) is not None  # and still joined
    with both.clinic:
        assert not Outcome.objects.exists()


def test_a_referral_taken_back_in_an_emergency_is_not_handed_over_after_it(both: TwoSides) -> None:
    join(both)
    hand_over(both, "result", "plan")
    both.cut = "request"
    assert both.keep_in_step() == "no_connection"  # so that it may have arrived
    with both.home:
        check_in(both.person(), "P03")
        links.take_back(both.link(), timezone.now())
    assert both.keep_in_step() == ""
    with both.home:
        Outcome.objects.latest("pk").check_in.delete()  # it was entered by mistake
        assert not links.emergency_stands(both.person())
    assert both.keep_in_step() == ""
    with both.clinic:
        assert not Referral.objects.exists()


def test_what_is_withdrawn_in_an_emergency_is_not_opened_after_it(both: TwoSides) -> None:
    join(both)
    hand_over(both, "result", "plan")
    with both.home:
        check_in(both.person(), "P03")
        links.withdraw(both.link(), "plan", timezone.now())
    assert both.keep_in_step() == ""
    with both.home:
        Outcome.objects.latest("pk").check_in.delete()  # it was entered by mistake
        assert not links.emergency_stands(both.person())
    assert both.keep_in_step() == ""
    with both.clinic:
        shared = access.shared_items(Referral.objects.get().person, Clinic.objects.get(), timezone.now())
        assert shared == {"result"} and not CarePlan.objects.exists()


def test_taken_back_before_it_was_heard_of_is_taken_back(both: TwoSides) -> None:
    join(both)
    hand_over(both)
    with both.home:
        links.take_back(both.link(), timezone.now())
        assert not ToClinic.objects.exists()  # it never went, so nobody needs to hear of it
    hand_over(both)
    both.cut = "answer"
    assert both.keep_in_step() == "no_connection"
    with both.home:
        links.take_back(both.link(), timezone.now())
    assert both.keep_in_step() == ""
    with both.clinic:
        assert Referral.objects.get().status == "withdrawn"
