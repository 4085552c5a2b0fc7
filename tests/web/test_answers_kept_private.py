"""What a person answers in a check-in is in the database and nowhere else."""

from __future__ import annotations

import re
import sqlite3

import httpx
from tests.live_server import LiveServer

CANARY = "canary-4417-socks"
CANARY_DAYS = "31337"


def token(browser: httpx.Client, address: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(address).text)
    assert found
    return found[1]


def leaks(server: LiveServer) -> list[str]:
    """Where a canary got out, besides the database."""
    return [
        f"{name}: {canary}"
        for name, text in server.told().items()
        for canary in (CANARY, CANARY_DAYS)
        if canary in text
    ]


def send(browser: httpx.Client, server: LiveServer, screen: str, key: str, **answers: str) -> httpx.Response:
    """One form, as the page sends it."""
    form = {"check_in": key, "csrfmiddlewaretoken": token(browser, f"/check-in/{screen}/"), **answers}
    return browser.post(f"/check-in/{screen}/", data=form, headers={"Origin": server.origin})


def test_canary_answers_are_kept_and_reach_no_log(app: LiveServer) -> None:
    with app.sign_in() as browser:
        send(browser, app, "S3", "new", duration_days=CANARY_DAYS, trend=CANARY)
        with sqlite3.connect(app.data / "nextposture.sqlite3") as database:
            ((key, kept),) = database.execute("SELECT id, answers FROM record_checkin").fetchall()
        assert CANARY_DAYS in kept and CANARY not in kept
        assert send(browser, app, "rest", str(key), activity=CANARY).status_code == 302
        browser.get(f"/check-in/S3/?duration_days={CANARY_DAYS}")
    with sqlite3.connect(app.data / "nextposture.sqlite3") as database:
        assert database.execute("SELECT words FROM record_activity").fetchall() == [(CANARY,)]
    assert leaks(app) == []


def test_canary_answers_reach_no_log_when_saving_fails(app: LiveServer) -> None:
    with app.sign_in() as browser:
        form = {"check_in": "new", "csrfmiddlewaretoken": token(browser, "/check-in/S3/")}
        with sqlite3.connect(app.data / "nextposture.sqlite3") as database:
            database.execute("ALTER TABLE record_checkin RENAME TO lost")
        answer = browser.post(
            "/check-in/S3/",
            data={**form, "duration_days": CANARY_DAYS, "trend": CANARY},
            headers={"Origin": app.origin},
        )
    assert answer.status_code == 500 and CANARY not in answer.text
    assert "OperationalError" in app.output()
    assert leaks(app) == []
