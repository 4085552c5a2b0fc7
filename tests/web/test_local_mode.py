"""Local mode: one owner, this computer only."""

from __future__ import annotations

import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.live_server import LiveServer, environment

STRANGER = "You need a new link"


def test_first_line_printed_is_a_link_to_loopback(app: LiveServer) -> None:
    first_line = app.output().splitlines()[0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/sign-in\?token=[\w-]{43}", first_line)


def test_link_signs_the_owner_in(app: LiveServer) -> None:
    with httpx.Client(base_url=app.origin, timeout=60) as browser:
        answer = browser.get(app.link)
        assert answer.status_code == 302
        assert answer.headers["location"] == "/"
        assert browser.get("/").status_code == 200


def test_link_works_once(app: LiveServer) -> None:
    assert httpx.get(app.link, timeout=60).status_code == 302
    again = httpx.get(app.link, timeout=60)
    assert again.status_code == 403
    assert STRANGER in again.text
    assert "set-cookie" not in again.headers


def test_used_link_takes_someone_signed_in_to_the_first_page(app: LiveServer) -> None:
    with httpx.Client(base_url=app.origin, timeout=60) as browser:
        browser.get(app.link)
        assert browser.get(app.link).headers["location"] == "/"


@pytest.mark.parametrize("token", ["", "guessed", "../secret-key", "a" * 5000])
def test_guessed_token_opens_nothing(standing_app: LiveServer, token: str) -> None:
    answer = httpx.get(f"{standing_app.origin}/sign-in", params={"token": token}, timeout=60)
    assert answer.status_code == 403
    assert (standing_app.data / "secret-key").exists()


def test_looking_at_the_link_without_opening_it_does_not_use_it_up(app: LiveServer) -> None:
    assert httpx.head(app.link).status_code == 405
    assert httpx.get(app.link, timeout=60).status_code == 302


def test_restart_makes_unused_links_worthless(app: LiveServer) -> None:
    old_path = app.link.removeprefix(app.origin)
    app.interrupt()
    app.start()
    assert httpx.get(app.origin + old_path, timeout=60).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_stranger_is_refused_and_told_how_to_get_in(standing_app: LiveServer, method: str) -> None:
    answer = httpx.request(method, f"{standing_app.origin}/")
    assert answer.status_code == 403
    assert STRANGER in answer.text
    assert "run the same command again" in answer.text


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1", "127.0.0.1:1", "localhost", "127.0.0.1.nip.io"]
)
def test_other_host_name_is_refused(standing_app: LiveServer, host: str) -> None:
    with standing_app.sign_in() as browser:
        assert browser.get("/", headers={"Host": host}).status_code == 403
        assert browser.get("/", headers={"Host": f"localhost:{standing_app.port}"}).status_code != 400


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "origin", ["http://attacker.example", "null", "http://127.0.0.1:1", "http://127.0.0.1"]
)
def test_other_origin_is_refused(standing_app: LiveServer, method: str, origin: str) -> None:
    with standing_app.sign_in() as browser:
        answer = browser.request(method, "/", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.text.startswith("Refused")


def test_form_of_another_site_is_refused_even_without_origin(standing_app: LiveServer) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    with standing_app.sign_in() as browser:
        answer = browser.post("/", headers=headers)
    assert answer.status_code == 403
    assert answer.text.startswith("Refused")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_page_may_link_here_but_not_embed_or_fetch(standing_app: LiveServer, site: str) -> None:
    def asked(mode: str, destination: str) -> int:
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
        return browser.get("/", headers=headers).status_code

    with standing_app.sign_in() as browser:
        assert asked("navigate", "document") == 200
        assert asked("navigate", "iframe") == 403
        assert asked("no-cors", "image") == 403
        assert asked("cors", "empty") == 403


def test_own_form_without_csrf_token_is_refused(standing_app: LiveServer) -> None:
    with standing_app.sign_in() as browser:
        answer = browser.post("/", headers={"Origin": standing_app.origin})
    assert answer.status_code == 403
    assert "open too long" in answer.text


def test_web_socket_from_another_origin_is_refused(standing_app: LiveServer) -> None:
    with standing_app.sign_in() as browser:
        answer = browser.get(
            "/",
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Origin": "http://attacker.example",
            },
        )
    assert answer.status_code == 403


def test_listens_on_no_other_address(standing_app: LiveServer) -> None:
    socket.create_connection(("127.0.0.1", standing_app.port), timeout=5).close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", standing_app.port), timeout=5)


def test_second_command_opens_a_new_link_to_the_running_server(app: LiveServer) -> None:
    httpx.get(app.link, timeout=60)
    link = app.link_of_second_start()
    assert link.startswith(app.origin)
    assert link != app.link
    assert httpx.get(link, timeout=60).status_code == 302


def test_busy_port_is_one_line_that_says_what_to_change(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = LiveServer(tmp_path)
        ended = subprocess.run(
            server.command("--port", str(port)), capture_output=True, text=True, env=environment(), timeout=60
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        f"Port {port} is taken by another program. Choose another: --port {port + 1}"
    ]


def test_unusable_data_folder_is_one_line_that_says_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    ended = subprocess.run(
        LiveServer(tmp_path).command(), capture_output=True, text=True, env=environment(), timeout=60
    )
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "--data DIR" in ended.stderr


def test_damaged_record_is_one_line_and_is_left_as_it_is(tmp_path: Path) -> None:
    server = LiveServer(tmp_path)
    server.data.mkdir()
    record = server.data / "nextposture.sqlite3"
    record.write_text("not a database " * 100)
    ended = subprocess.run(server.command(), capture_output=True, text=True, env=environment(), timeout=60)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "cannot be opened" in ended.stderr
    assert record.read_text() == "not a database " * 100


@pytest.mark.parametrize("port", ["80", "65536", "-1", "http"])
def test_impossible_port_is_refused(tmp_path: Path, port: str) -> None:
    command = [sys.executable, "-m", "nextposture", "--no-browser", "--data", str(tmp_path), f"--port={port}"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60)
    assert ended.returncode == 2
    assert "--port" in ended.stderr.splitlines()[-1]


def test_ctrl_c_stops_cleanly(app: LiveServer) -> None:
    assert app.interrupt() == 0
    assert app.output().splitlines()[-1] == "Stopped. Everything is saved."
    assert "Traceback" not in app.output()


def test_nobody_else_can_read_the_record(tmp_path: Path) -> None:
    app = LiveServer(tmp_path).start(first=True)
    app.kill()
    assert stat.S_IMODE(app.data.stat().st_mode) == 0o700
    kept = [path for path in app.data.iterdir() if path.name != "static"]
    assert len(kept) > 3
    assert [path for path in kept if path.stat().st_mode & 0o077] == []


def test_session_cookie_is_closed_to_scripts_and_named_after_the_data_folder(
    app: LiveServer, tmp_path: Path
) -> None:
    cookie = httpx.get(app.link, timeout=60).headers["set-cookie"]
    assert re.match(r"nextposture-[0-9a-f]{12}=", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    other = LiveServer(tmp_path / "other")
    other.data.parent.mkdir()
    other.start()
    try:
        other_cookie = httpx.get(other.link, timeout=60).headers["set-cookie"]
    finally:
        other.kill()
    assert other_cookie.partition("=")[0] != cookie.partition("=")[0]


def test_sign_in_lasts_across_restarts(app: LiveServer) -> None:
    with app.sign_in() as browser:
        port = app.port
        app.interrupt()
        app.start(port)
        assert browser.get("/").status_code == 200
