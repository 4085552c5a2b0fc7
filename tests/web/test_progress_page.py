"""Progress: ratings, activities, sessions and breaks over time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture.record.models import Activity, Break, Measurement, Person, Rating, Session, SetDone
from nextposture.record.people import owner

PROGRESS = "/progress/"


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan, and one rating of each kind from the check-in."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def text(client: Client) -> str:
    answer = client.get(PROGRESS)
    assert answer.status_code == 200
    return answer.content.decode()


def rated_weekly(person: Person, *values: float) -> None:
    Rating.objects.all().delete()
    for weeks, value in enumerate(reversed(values)):
        at = timezone.now() - timedelta(weeks=weeks)
        Rating.objects.create(person=person, measure=Rating.Measure.PAIN_AVERAGE, value=value, at=at)


def test_it_leads_to_the_report_and_to_your_data_once_there_is_something(
    owner_client: Client, person: Person
) -> None:
    page = text(owner_client).split("<main", 1)[1].split("</main>")[0]
    assert 'href="/report/"' in page and 'href="/data/"' in page


def test_years_of_measurements_are_drawn_by_four_weeks_and_listed_whole(
    owner_client: Client, person: Person
) -> None:
    now = timezone.now()
    for weeks in range(124):
        Measurement.objects.create(
            person=person, measure="plank", method="timer", value=20 + weeks, at=now - timedelta(weeks=weeks)
        )
    page = text(owner_client)
    assert "Forearm plank hold, by four weeks" in page and "From 143 to 20 seconds" in page
    closer = owner_client.get("/progress/look/m-plank-timer/").content.decode()
    assert closer.count("<tr>") == 124 + 1 and "by four weeks" not in closer


def test_empty_it_says_what_will_be_here_and_gives_the_first_step(owner_client: Client) -> None:
    page = text(owner_client)
    assert "Nothing is recorded yet" in page
    assert "Save today’s rating" in page


def test_a_stranger_sees_and_changes_nothing(db: None, client: Client) -> None:
    activity = Activity.objects.create(person=owner(), words="drive to my sister")
    assert client.get(PROGRESS).status_code == 403
    assert client.post("/progress/pain/", {"now": 3}).status_code == 403
    assert client.post("/progress/activities/", {"words": "swim"}).status_code == 403
    assert client.post(f"/progress/activities/{activity.pk}/rate/", {}).status_code == 403
    assert client.post(f"/progress/activities/{activity.pk}/drop/").status_code == 403
    assert not Rating.objects.exists()
    assert Activity.objects.get().dropped_at is None


def test_ratings_of_the_check_in_are_there_with_a_table(owner_client: Client, person: Person) -> None:
    page = text(owner_client)
    assert "1 rating so far; too few to tell." in page
    assert "Pain on average over 7 days" in page
    assert "<td>5</td>" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((7, 6, 5), "3 ratings so far; too few to tell."),
        (
            (7, 6, 6, 4),
            "from 7 to 4 in 3 weeks. That is a meaningful change: one that people usually notice.",
        ),
        ((7, 6, 6, 6), "within its usual ups and downs"),
        ((4, 5, 5, 7), "clearly more"),
    ],
)
def test_one_honest_sentence(
    owner_client: Client, person: Person, values: tuple[float, ...], words: str
) -> None:
    rated_weekly(person, *values)
    assert words in text(owner_client)


def test_a_change_is_never_told_without_its_cautions(owner_client: Client, person: Person) -> None:
    rated_weekly(person, 7, 6, 5, 3)
    page = text(owner_client)
    assert "eases within six weeks by itself" in page
    assert "begin when pain is at its worst" in page


def test_a_rating_is_kept_and_a_second_one_that_day_replaces_it(owner_client: Client, person: Person) -> None:
    Rating.objects.all().delete()
    for value in (6, 6, 4):
        assert owner_client.post("/progress/pain/", {"now": value, "average": 5}).status_code == 302
    assert sorted(Rating.objects.values_list("measure", "value")) == [("pain_avg_7d", 5), ("pain_now", 4)]


@pytest.mark.parametrize("told", [{}, {"now": 11}, {"now": "x"}, {"average": -1}])
def test_bad_ratings_are_refused_and_keep_what_is_saved(
    owner_client: Client, person: Person, told: dict[str, object]
) -> None:
    answer = owner_client.post("/progress/pain/", told)
    assert answer.status_code == 422
    assert "Choose a number" in answer.content.decode()
    assert Rating.objects.count() == 2


def test_activities_in_own_words_up_to_three(owner_client: Client, person: Person) -> None:
    for words in ("Swim", "swim", "Drive to <b>my</b> sister", "Lift my child", "Dance"):
        answer = owner_client.post("/progress/activities/", {"words": words})
    assert answer.status_code == 422
    assert "You follow three already" in answer.content.decode()
    assert [one.words for one in Activity.objects.all()] == [
        "Swim",
        "Drive to <b>my</b> sister",
        "Lift my child",
    ]
    assert "<b>my</b>" not in text(owner_client)


@pytest.mark.parametrize("words", ["", "   ", "x" * 81])
def test_empty_or_endless_words_are_refused(owner_client: Client, person: Person, words: str) -> None:
    assert owner_client.post("/progress/activities/", {"words": words}).status_code == 422
    assert not Activity.objects.exists()


def test_an_activity_is_rated_and_taken_away_with_its_ratings_kept(
    owner_client: Client, person: Person
) -> None:
    activity = Activity.objects.create(person=person, words="Swim")
    address, name = f"/progress/activities/{activity.pk}", f"activity-{activity.pk}-value"
    assert owner_client.post(f"{address}/rate/", {name: 3}).status_code == 302
    assert owner_client.post(f"{address}/rate/", {name: 4}).status_code == 302
    assert owner_client.post(f"{address}/rate/", {name: 12}).status_code == 422
    assert activity.ratings.get().value == 4
    for _ in range(2):
        owner_client.post(f"{address}/drop/")
    assert "Swim" not in text(owner_client)
    assert activity.ratings.count() == 1
    assert owner_client.post(f"{address}/rate/", {name: 4}).status_code == 404
    assert owner_client.post("/progress/activities/999/drop/").status_code == 400


def test_sessions_by_week_and_breaks_by_day(owner_client: Client, person: Person) -> None:
    plan = person.care_plans.get()
    for weeks in (0, 2):
        at = timezone.now() - timedelta(weeks=weeks)
        one = Session.objects.create(person=person, care_plan=plan, started_at=at, finished_at=at)
        SetDone.objects.create(session=one, step=3, item="EX_KNEEL", seconds=30)
    empty = timezone.now() - timedelta(weeks=1)
    Session.objects.create(person=person, care_plan=plan, started_at=empty, finished_at=empty)
    now = timezone.now()
    for answer, offered in (("done", now), ("done", now), ("not_now", now), ("done", None), ("later", now)):
        Break.objects.create(person=person, answer=answer, offered_at=offered)
    page = text(owner_client)
    assert "Sessions a week" in page
    assert "<td>1</td>" in page
    assert "<td>0</td>" in page
    assert "<td>3</td><td>4</td>" in page
