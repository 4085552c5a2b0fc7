"""What the companion brings is kept once, only from who has the token, and what it hears of the plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture.companion import folder
from nextposture.record.companion import add_break, set_day_off
from nextposture.record.models import Bout, Break, BreakWishes, CheckIn
from nextposture.record.people import owner
from nextposture.sitting import bouts as told
from nextposture.sitting.rules import BreakPlan, Rules
from nextposture.sitting.saved import plain, restored

INSTALL = UUID("9d0a8b5e-6c4f-4f43-9d7e-0a6c1f0b7a11")
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
AT = NOW - timedelta(hours=2)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Monday at three, so that no test runs across the end of a day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def bout(number: int, minutes: float = 30) -> dict[str, Any]:
    at = AT + timedelta(minutes=40 * number)
    return {
        "what": "bout",
        "install": INSTALL.hex,
        **plain(told.Bout(number, "sitting", at, minutes * 60, minutes * 60 + 5, pauses=1)),
    }


def taken(number: int, ending: str = "done", **more: Any) -> dict[str, Any]:
    parts = {
        "why": "interval",
        "kind": "walk",
        "due_at": AT,
        "offered_at": AT,
        "answered_at": AT,
        "snoozes": 1,
    }
    if ending == "done":
        parts |= {"started_at": AT, "seconds": 150.0, "how_known": "said", "cause": "got_up"}
    made = told.Break(number, ending, **{**parts, **more})  # type: ignore[arg-type]
    return {"what": "break", "install": INSTALL.hex, **plain(made)}


def send(kept: list[dict[str, Any]], token: str | None = None, **more: Any) -> Any:
    token = folder.app_token(Path(settings.DATA)) if token is None else token
    return Client().post(
        "/companion/kept",
        json.dumps({"kept": kept, **more}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_what_is_sent_is_kept_and_sent_again_is_kept_once() -> None:
    for _ in range(3):
        answer = send([bout(1), taken(2), bout(3)])
        assert answer.status_code == 200 and answer.json()["kept"] == [
            [INSTALL.hex, number] for number in (1, 2, 3)
        ]
    assert Bout.objects.count() == 2 and Break.objects.count() == 1
    kept = Break.objects.get()
    assert (kept.answer, kept.kind, kept.snoozes, kept.seconds, kept.cause) == (
        "done",
        "walk",
        1,
        150.0,
        "got_up",
    )
    assert Bout.objects.first().person == owner()  # type: ignore[union-attr]


@pytest.mark.parametrize("token", ["", "wrong", "ünknown"])
def test_a_stranger_is_refused_and_nothing_is_kept(token: str) -> None:
    assert send([bout(1)], token=token).status_code == 403
    assert Bout.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "bout", "number": 1},
        {**bout(1), "posture": "lying"},
        {**bout(1), "seconds": "long"},
        {**bout(1), "more": 1},
        {"what": "walk", "install": INSTALL.hex},
        {**bout(1), "install": "nobody"},
        {**taken(1), "answered_at": None, "started_at": None, "offered_at": None},
        {**bout(1), "pauses": 10**30},
        "bout",
    ],
)
def test_what_is_no_bout_is_refused_whole_with_the_reason(wrong: Any) -> None:
    answer = send([bout(5), wrong])
    assert answer.status_code == 400
    assert answer.json()["refused"]
    assert Bout.objects.count() == 0


def test_what_is_no_request_is_refused() -> None:
    assert send("rubbish").status_code == 400  # type: ignore[arg-type]
    assert Client().get("/companion/kept").status_code == 405


def heard() -> tuple[BreakPlan, Rules]:
    answer = send([]).json()["plan"]
    return restored(BreakPlan, answer["plan"]), restored(Rules, answer["rules"])


def test_without_a_plan_nothing_is_asked_and_the_reason_is_told() -> None:
    plan, _ = heard()
    assert plan.why_off.startswith("There is no plan yet")
    check_in_as(owner(), "emergency")
    plan, _ = heard()
    assert plan.why_off and not any(way.kind == "stretch" for way in plan.ways)


def test_the_plan_and_the_wishes_reach_the_companion() -> None:
    check_in_as(owner(), "sitter")
    plan, rules = heard()
    assert (plan.why_off, plan.interval_s, plan.break_s, plan.desk) == ("", 1800, 120, None)
    assert any(way.kind == "stretch" for way in plan.ways)
    today = timezone.localdate()
    set_day_off(owner(), today, "sick")
    BreakWishes.objects.create(person=owner(), away_after_min=10, desk_rises=True)
    plan, rules = heard()
    assert plan.days_off == frozenset({today}) and rules.away_after_s == 600
    assert plan.desk is not None and (plan.desk.stand_s, plan.desk.most_a_day_s) == (300, 1800)


def test_while_exercises_wait_no_stretch_is_suggested() -> None:
    check_in_as(owner(), "two_weeks")
    plan, _ = heard()
    assert plan.why_off == "" and {way.kind for way in plan.ways} == {"walk", "stand", "postural_shift"}


def test_an_open_check_in_with_a_danger_sign_stops_or_eases_the_breaks(owner_client: Client) -> None:
    check_in_as(owner(), "sitter")
    assert any(way.kind == "stretch" for way in heard()[0].ways)
    CheckIn.objects.create(person=owner(), answers={"fever": True})
    plan, _ = heard()
    assert plan.why_off or not any(way.kind == "stretch" for way in plan.ways)


# ---- the pages


def test_today_shows_the_day_as_a_ribbon_in_words_and_as_a_table(owner_client: Client) -> None:
    check_in_as(owner(), "sitter")
    send(
        [
            bout(1),
            taken(2),
            taken(4, "not_now"),
            taken(6, "unanswered", answered_at=None),
            taken(8, "withdrawn"),
        ]
    )
    page = owner_client.get("/today/").content.decode()
    assert '<svg class="ribbon"' in page
    assert "You sat for 30 min, at most 30 min at a time and were up 1 of 3 times when asked." in page
    for words in ("Break, taken, put off once", "Break, skipped", "Break, not answered"):
        assert words in page
    assert "taken back" not in page


def test_a_bout_taken_out_does_not_come_back(owner_client: Client) -> None:
    send([bout(1)])
    key = Bout.objects.get().key
    owner_client.post("/breaks/bout/", {"key": key})
    send([bout(1)])
    assert Bout.objects.get().dropped_at is not None
    assert "no time of sitting is known of today" in owner_client.get("/breaks/").content.decode()


def test_a_bout_is_made_shorter_but_never_longer(owner_client: Client) -> None:
    send([bout(1)])
    key = Bout.objects.get().key
    owner_client.post("/breaks/bout/", {"key": key, "minutes": 10})
    assert (Bout.objects.get().seconds, Bout.objects.get().by_hand) == (600, True)
    owner_client.post("/breaks/bout/", {"key": key, "minutes": 90})
    assert Bout.objects.get().seconds == 600


def test_a_break_that_nobody_saw_is_written_down_once(owner_client: Client) -> None:
    form = {"key": INSTALL, "at": "00:00", "minutes": 5}
    for _ in range(2):
        assert owner_client.post("/breaks/add/", form).status_code == 302
    assert Break.objects.get().seconds == 300
    later = (timezone.localtime() + timedelta(minutes=2)).strftime("%H:%M")
    answer = owner_client.post("/breaks/add/", {**form, "at": later})
    assert answer.status_code == 422 and "still to come" in answer.content.decode()


def test_a_day_off_is_set_and_taken_back(owner_client: Client) -> None:
    today = timezone.localdate()
    owner_client.post("/breaks/day-off/", {"on": today, "kind": "holiday"})
    assert "a day off" in owner_client.get("/breaks/").content.decode()
    owner_client.post("/breaks/day-off/", {"on": today, "kind": ""})
    assert "a day off" not in owner_client.get("/breaks/").content.decode()


def test_wishes_are_kept_and_odd_ones_refused_in_words(owner_client: Client) -> None:
    good = {"quiet_from": "21:00", "quiet_until": "08:00", "away_after_min": 10, "streaks": "on"}
    assert owner_client.post("/breaks/", good).status_code == 302
    wish = BreakWishes.objects.get()
    assert (str(wish.quiet_from), wish.away_after_min, wish.desk_rises) == ("21:00:00", 10, False)
    for bad, words in (
        ({"away_after_min": 0}, "From 1 to 20 minutes."),
        ({"defer_cap_min": 2}, "From 5 to 60 minutes."),
        ({"quiet_from": "21:00"}, "Give both ends"),
    ):
        answer = owner_client.post("/breaks/", bad)
        assert answer.status_code == 422 and words in answer.content.decode()


def test_weeks_in_a_row_can_be_switched_off(owner_client: Client) -> None:
    send([taken(2)])
    assert "weeks in a row" in owner_client.get("/breaks/").content.decode().lower()
    assert "You were up often enough" in owner_client.get("/breaks/").content.decode()
    BreakWishes.objects.create(person=owner(), streaks=False)
    assert "You were up often enough" not in owner_client.get("/breaks/").content.decode()


def test_the_calendar_holds_the_breaks_of_a_workday(owner_client: Client) -> None:
    assert owner_client.get("/breaks/calendar.ics").status_code == 302
    check_in_as(owner(), "sitter")
    answer = owner_client.get("/breaks/calendar.ics")
    text = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == text.count("BEGIN:VALARM") == 16
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_strangers_see_nothing() -> None:
    for path in ("/breaks/", "/breaks/calendar.ics"):
        assert Client().get(path).status_code == 403
    for path in (
        "/breaks/bout/",
        "/breaks/add/",
        "/breaks/day-off/",
        "/today/companion/",
        "/today/companion/answer/",
    ):
        assert Client().post(path, {}).status_code == 403


def test_saying_something_while_no_companion_runs_changes_nothing(owner_client: Client) -> None:
    assert owner_client.get("/today/companion/state/").json() == {"phase": "", "prompt": "", "minutes": None}
    assert owner_client.post("/today/companion/", {"what": "pause"}).status_code == 302
    assert owner_client.post("/today/companion/", {"what": "explode"}).status_code == 400
    assert owner_client.post("/today/companion/answer/", {"number": 1, "answer": "done"}).status_code == 302
    assert owner_client.post("/today/companion/answer/", {"number": 1, "answer": "x"}).status_code == 400


# ---- discomfort moves the interval


def rate(owner_client: Client, monkeypatch: pytest.MonkeyPatch, on: datetime, *values: int) -> None:
    for number, value in enumerate(values):
        monkeypatch.setattr(timezone, "now", lambda at=on + timedelta(minutes=20 * number): at)
        assert owner_client.post("/breaks/discomfort/", {"value": value}).status_code == 302


def test_two_days_of_rising_discomfort_shorten_the_interval_once(
    owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_in_as(owner(), "sitter")
    for back in (2, 1):
        rate(owner_client, monkeypatch, NOW - timedelta(days=back), 2, 4)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    for _ in range(3):
        assert heard()[0].interval_s == 25 * 60
    page = owner_client.get("/breaks/").content.decode()
    assert '<span class="figures">25</span> minutes' in page


def test_a_rise_across_a_break_is_none(owner_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    check_in_as(owner(), "sitter")
    for back in (2, 1):
        at = NOW - timedelta(days=back)
        rate(owner_client, monkeypatch, at, 2, 5)
        add_break(owner(), uuid4(), at + timedelta(minutes=10), 2)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    assert heard()[0].interval_s == 30 * 60


def test_odd_ratings_are_refused(owner_client: Client) -> None:
    for value in ("", "11", "x"):
        assert owner_client.post("/breaks/discomfort/", {"value": value}).status_code == 400
