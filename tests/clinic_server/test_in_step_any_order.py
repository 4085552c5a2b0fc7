"""Whatever both sides do, in whatever order, whatever is lost on the line: in the end both hold the union.

Hypothesis makes up what happens; a model beside it says what each side must hold once they are in step.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nextposture.clinic import referrals
from nextposture.clinic.joined import codes
from nextposture.clinic.models import Clinic, Consent, Installation, Membership, Message, Referral
from nextposture.interop.joined import links
from nextposture.knowledge import load
from nextposture.record import decided
from nextposture.record.models import (
    CarePlan,
    ClinicLink,
    FromClinic,
    Measurement,
    PlanDecision,
    Rating,
    ToClinic,
)
from tests.clinic_server.records import check_in
from tests.clinic_server.two_sides import ADDRESS, TwoSides

EXAMPLES = int(os.environ.get("NEXTPOSTURE_EXAMPLES", "6"))
ITEMS = st.sets(st.sampled_from(["result", "plan", "progress", "measurements"]), min_size=1)
CUTS = st.sampled_from(["", "", "request", "answer", "kill"])


class Sides(RuleBasedStateMachine):
    """What happens at home, at the clinic, and on the line."""

    template: TwoSides

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.both = TwoSides(Path(self.folder.name))
        cache.clear()
        self.messages: set[str] = set()
        self.readings: set[str] = set()
        self.decisions: dict[str, str] = {}
        self.ended = False

    @initialize()
    def joined(self) -> None:
        with self.both.clinic:
            row = Clinic.objects.create(name="Harbour Street")
            self.bo = Membership.objects.create(
                clinic=row, user=User.objects.create_user("bo"), email="bo@x.example", name="Bo"
            )
        with self.both.home:
            check_in(self.both.person())
        self.join()

    def join(self) -> None:
        with self.both.clinic:
            code = codes.make_code(self.bo, "Ann", timezone.now())
        with self.both.home:
            links.join(self.both.person(), ADDRESS, code, timezone.now(), self.both.ask)
            ClinicLink.objects.update(name="Ann")
            links.refer(self.both.link(), ["plan", "measurements"], 90, timezone.now())
        self.ended = False

    def teardown(self) -> None:
        """In the end they are in step, and both hold everything, once."""
        try:
            self.settled()
        finally:
            self.both.close()
            self.folder.cleanup()

    # ---- At home

    @property
    def open(self) -> bool:
        with self.both.home:
            return links.link_of(self.both.person()) is not None

    @precondition(lambda self: self.open)
    @rule(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8))
    def she_writes(self, text: str) -> None:
        key = str(uuid4())
        with self.both.home:
            told = {"message": key, "text": f"x{text}"}
            links.tell(self.both.link(), "message", told, timezone.now())
        self.messages.add(key)

    @precondition(lambda self: self.open)
    @rule(items=ITEMS)
    def she_hands_over(self, items: set[str]) -> None:
        with self.both.home:
            links.refer(self.both.link(), items, 90, timezone.now())

    @precondition(lambda self: self.open)
    @rule(item=st.sampled_from(["result", "plan", "progress", "measurements"]))
    def she_withdraws(self, item: str) -> None:
        with self.both.home:
            links.withdraw(self.both.link(), item, timezone.now())

    @precondition(lambda self: self.open)
    @rule()
    def she_takes_it_back(self) -> None:
        with self.both.home:
            links.take_back(self.both.link(), timezone.now())

    @rule(value=st.integers(0, 10))
    def she_rates_and_measures(self, value: int) -> None:
        with self.both.home:
            Rating.objects.create(person=self.both.person(), measure="pain_now", value=value)
            made = Measurement.objects.create(
                person=self.both.person(), measure="plank", method="timer", value=value
            )
        self.readings.add(str(made.key))

    @rule(said=st.sampled_from(list(PlanDecision.Answer)))
    def she_answers_a_decision(self, said: PlanDecision.Answer) -> None:
        with self.both.home:
            newest = PlanDecision.objects.order_by("at", "pk").last()
            if newest is None:
                return
            try:
                row = decided.answer(load(), self.both.person(), newest.key, said, "", timezone.now())
            except decided.AnswerError:
                return
        if row is not None:
            self.decisions[str(row.key)] = row.answer

    # ---- At the clinic

    def patient(self) -> Any:
        return Installation.objects.get().person

    @rule()
    def they_write(self) -> None:
        with self.both.clinic:
            made = Message.objects.create(
                person=self.patient(), clinic=self.bo.clinic, author=self.bo, text="Hello"
            )
        self.messages.add(str(made.key))

    @rule(
        status=st.sampled_from([Referral.Status.ACCEPTED, Referral.Status.DECLINED, Referral.Status.CLOSED])
    )
    def they_answer(self, status: Referral.Status) -> None:
        with self.both.clinic:
            row = Referral.objects.filter(status__in=referrals.OPEN).first()
            if row is not None:
                referrals.answer(row, self.bo, status, "Because.", timezone.now())

    @rule()
    def they_measure_in_a_call(self) -> None:
        with self.both.clinic:
            made = Measurement.objects.create(
                person=self.patient(), measure="hip_extension", method="call", value=-3
            )
        self.readings.add(str(made.key))

    @rule(kind=st.sampled_from(["left_out", "freed", "locked"]))
    def they_decide(self, kind: str) -> None:
        with self.both.home:
            item = CarePlan.objects.latest().items[0]["id"] if CarePlan.objects.latest().items else ""
        if not item:
            return
        with self.both.clinic:
            made = PlanDecision.objects.create(person=self.patient(), item=item, kind=kind, by_name="Bo")
            decided.put_in_force(load(), self.patient(), timezone.now())
        self.decisions[str(made.key)] = ""

    @rule()
    def they_end_it(self) -> None:
        with self.both.clinic:
            codes.end(Installation.objects.get(), Installation.EndedBy.CLINIC, timezone.now())
        self.ended = True

    # ---- On the line

    @rule(cut=CUTS)
    def in_step(self, cut: str) -> None:
        self.both.cut = cut
        assert self.both.keep_in_step() in {"", "killed", "no_connection", "revoked"}

    @precondition(lambda self: not self.open)
    @rule()
    def she_joins_again(self) -> None:
        self.join()

    def settled(self) -> None:
        """Bring them in step at last, and look."""
        self.both.cut = ""
        self.both.keep_in_step()
        if self.ended or not self.open:
            if self.open:
                assert self.both.keep_in_step() == "revoked"
            self.join()
        assert self.both.keep_in_step() == ""
        asked = self.both.asked
        assert self.both.keep_in_step() == "" and self.both.asked == asked + 1  # nothing is sent twice
        now = timezone.now() + timedelta(seconds=1)
        with self.both.home:
            link = self.both.link()
            assert not links.waiting(link).exists() and not links.unheard_answers(link)
            refused = {
                one.content["message"] for one in ToClinic.objects.filter(kind="message").exclude(refused="")
            }
            heard = [one.key for one in FromClinic.objects.filter(kind="message")]
            at_home = sorted(str(key) for key in Measurement.objects.values_list("key", flat=True))
            answers = {str(one.key): one.answer for one in PlanDecision.objects.all()}
            states = {row.key: row.content["status"] for row in FromClinic.objects.filter(kind="referral")}
            allowed = links.allowed(link, now)
            ratings, plan = Rating.objects.filter(activity=None).count(), CarePlan.objects.latest().items
        with self.both.clinic:
            there = [str(key) for key in Message.objects.values_list("key", flat=True)]
            given = set(Consent.objects.in_force(now).values_list("item", flat=True))
            assert states == {str(one.key): one.status for one in Referral.objects.all()}
            assert allowed == given
            assert (
                answers == {str(one.key): one.answer for one in PlanDecision.objects.all()} == self.decisions
            )
            copy = sorted(str(key) for key in Measurement.objects.values_list("key", flat=True))
            assert Rating.objects.count() == (ratings if "progress" in given else 0)
            plans = list(CarePlan.objects.all())
            assert [one.items for one in plans] == ([plan] if "plan" in given else [])
        assert sorted(heard) == sorted(there) and set(there) == self.messages - refused
        assert refused <= self.messages
        assert at_home == sorted(self.readings)
        assert set(copy) == (set(at_home) if "measurements" in given else set(copy) & self.readings)


@pytest.fixture
def database(db: None) -> Iterator[None]:
    """The tests' own, which both sides are copied from."""
    yield


def test_both_sides_hold_the_union_whatever_is_lost(database: None) -> None:
    run_state_machine_as_test(
        Sides,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
