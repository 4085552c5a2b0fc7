"""What a person answers appears in no log, whatever goes wrong."""

from __future__ import annotations

import sqlite3

from tests.forms_on_pages import FREE_TEXT, send, walk
from tests.live_server import LiveServer

CANARY = "canary-8861-saddle-numbness"


def leaks(server: LiveServer) -> list[str]:
    """Names of the files (or `output`) outside the database that hold the canary."""
    return [name for name, text in server.told().items() if CANARY in text]


def break_database(server: LiveServer) -> None:
    """Make every signed-in request fail, as a damaged record would."""
    with sqlite3.connect(server.data / "nextposture.sqlite3") as database:
        database.execute("ALTER TABLE auth_user RENAME TO lost")


def send_everywhere(server: LiveServer) -> None:
    """Put the canary wherever a browser can put an answer."""
    with server.sign_in() as browser:
        browser.get("/", params={"answer": CANARY})
        browser.get("/no-such-page", params={"answer": CANARY})
        browser.get("/", headers={"Host": "attacker.example", "Referer": f"http://x/?{CANARY}"})
        browser.get("/", headers={"User-Agent": CANARY, "Cookie": f"other={CANARY}"})
        for path in ("/", "/sign-in", "/no-such-page"):
            browser.post(path, data={"answer": CANARY}, headers={"Origin": server.origin})
            browser.post(path, json={"answer": CANARY}, headers={"Origin": server.origin})
        browser.post(
            "/", content=CANARY.encode(), headers={"Content-Type": "multipart/form-data; boundary=x"}
        )


def test_canary_answers_reach_no_log(app: LiveServer) -> None:
    send_everywhere(app)
    assert "/no-such-page" in app.output()  # it does log
    assert leaks(app) == []


def only_in_words(kind: str, offered: list[str]) -> str:
    """The canary where a person writes, and the first choice where one is offered."""
    return CANARY if kind in FREE_TEXT else offered[0]


def everywhere(kind: str, offered: list[str]) -> str:
    """The canary in every field, which no form can make sense of."""
    return CANARY


def test_canary_in_every_form_of_every_page_reaches_no_log(app: LiveServer) -> None:
    sent, waiting = 0, ["/"]
    with app.sign_in() as browser:
        for forms in walk(browser, app.origin, waiting):
            for form in forms:
                for answer in (everywhere, only_in_words):
                    told = send(browser, form, answer)
                    assert told.status_code < 500, form.action
                    waiting.insert(0, told.headers.get("location", "/"))
                    sent += 1
    assert sent > 10
    assert any(CANARY.encode() in path.read_bytes() for path in app.data.glob("nextposture.sqlite3*"))
    assert leaks(app) == []


def test_canary_answers_reach_no_log_when_everything_fails(app: LiveServer) -> None:
    with app.sign_in() as browser:
        break_database(app)
        answer = browser.post(f"/?answer={CANARY}", data={"answer": CANARY}, headers={"Origin": app.origin})
    assert answer.status_code == 500
    assert "OperationalError" in app.output()
    assert leaks(app) == []


def test_unhandled_error_is_a_plain_page_that_says_what_is_kept(app: LiveServer) -> None:
    with app.sign_in() as browser:
        break_database(app)
        answer = browser.get("/")
    assert answer.status_code == 500
    assert "What you saved before is still there" in answer.text
    assert "Traceback" not in answer.text
    assert "OperationalError" not in answer.text
    assert "content-security-policy" in answer.headers
