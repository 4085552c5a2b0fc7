"""Two real servers, a person's and a clinic's, over TLS: nothing goes to whom the computer does not trust,
and a message that was written offline and outlived a kill arrives once.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from nextposture.interop.joined.line import TroubleError, ask
from nextposture.phone.certificate import certificate_for
from tests.clinic_server.live_clinic import LiveClinic, free_port
from tests.live_server import LiveServer, environment

SET_UP = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
from django.utils import timezone
from nextposture.clinic.joined import codes
from nextposture.clinic.models import Clinic, Membership
row = Clinic.objects.create(name="Harbour Street", phone="0123")
user = User.objects.create_user("bo")
bo = Membership.objects.create(clinic=row, user=user, email="bo@x.example", name="Bo")
print(codes.make_code(bo, "Ann", timezone.now()))
"""
HELD = """
import json
from nextposture.clinic.models import Message, Referral
print(json.dumps([Referral.objects.get().wish, list(Message.objects.values_list("text", flat=True))]))
"""
CHECK_IN = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from nextposture.record.people import owner
from tests.day_people import check_in_as
check_in_as(owner(), "sitter")
"""


@contextmanager
def tls_in_front(port: int, backend: int, certificate: Path) -> Iterator[None]:
    """A clinic's HTTPS proxy: it ends TLS and says so in a header. Each connection brings one request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", port))

    def pass_on(raw: socket.socket) -> None:
        try:
            with context.wrap_socket(raw, server_side=True) as front:
                first = front.recv(65536)
                line, rest = first.split(b"\r\n", 1)
                with socket.create_connection(("127.0.0.1", backend)) as back:
                    back.sendall(line + b"\r\nX-Forwarded-Proto: https\r\n" + rest)
                    threading.Thread(target=pump, args=(front, back), daemon=True).start()
                    pump(back, front)
        except (OSError, ValueError):
            raw.close()

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass

    def accept() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=pass_on, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def post(browser: httpx.Client, path: str, /, page: str = "/your-clinic/", **told: object) -> str:
    """Send a form as the page has it, and follow; returns the page that comes."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(page, timeout=60).text)
    assert token
    answer = browser.post(
        path, data={"csrfmiddlewaretoken": token[1], **told}, follow_redirects=True, timeout=60
    )
    return answer.text


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[LiveClinic]:
    """A clinic's server that people reach over HTTPS."""
    folder = tmp_path / "clinic"
    folder.mkdir()
    front = free_port()
    made = LiveClinic(folder, NEXTPOSTURE_ORIGIN=f"https://127.0.0.1:{front}", NEXTPOSTURE_PROXIES="1")
    made.front = front  # type: ignore[attr-defined]
    yield made
    made.stop()


def test_over_tls_offline_and_after_a_kill(clinic: LiveClinic, tmp_path: Path) -> None:
    front: int = clinic.front  # type: ignore[attr-defined]
    origin = f"https://127.0.0.1:{front}"
    certificate, key = certificate_for("127.0.0.1", datetime.now(UTC), 1)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(certificate + key)
    code = clinic.run(script=SET_UP).split()[-1]
    clinic.serve("--no-tasks")
    app = LiveServer(tmp_path, settings={"SSL_CERT_FILE": str(chain)})
    app.data.mkdir()
    home = {**environment(), "NEXTPOSTURE_DATA": str(app.data), "SSL_CERT_FILE": str(chain)}
    subprocess.run(
        [sys.executable, "-c", CHECK_IN],
        env={**home, "DJANGO_SETTINGS_MODULE": "nextposture.site.settings"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    app.start()
    try:
        with tls_in_front(front, clinic.port, chain):
            with pytest.raises(TroubleError) as untrusted:  # this process does not trust it
                ask(origin, "look", {"code": code})
            assert untrusted.value.id == "not_trusted"
            with pytest.raises(TroubleError) as plain:
                ask(f"http://127.0.0.1:{clinic.port}", "look", {"code": code})
            assert plain.value.id == "not_https"
            with app.sign_in() as browser:
                assert "Harbour Street" in post(
                    browser, "/your-clinic/look/", address=f"{origin}/step/#{code}", code=""
                )
                assert "Nothing has been handed over" in post(
                    browser, "/your-clinic/join/", address=origin, code=code
                )
                told = {"name": "Ann", "wish": "Can I run again?", "items": ["result", "plan"], "days": "90"}
                post(browser, "/your-clinic/refer/", **told)
                page = post(browser, "/your-clinic/sync/")
                assert "Everything is sent" in page and "waiting to be read" in page.lower()
        with app.sign_in() as browser:  # now nobody answers at the clinic's address
            post(browser, "/your-clinic/messages/", page="/your-clinic/messages/", text="Written offline")
            page = post(browser, "/your-clinic/sync/")
            assert "could not be reached" in page and "a message" in page
        app.kill()
        with tls_in_front(front, clinic.port, chain):
            for _ in range(2):
                done = subprocess.run(
                    app.command("clinic-sync"), env=home, capture_output=True, text=True, timeout=60
                )
                assert (done.returncode, done.stdout) == (0, "In step with Harbour Street.\n"), done.stderr
    finally:
        app.kill()
    assert json.loads(clinic.run(script=HELD)) == ["Can I run again?", ["Written offline"]]
