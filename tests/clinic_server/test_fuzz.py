"""The API fuzzed by schemathesis from its own OpenAPI description: whatever comes, no answer is a 5xx."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic_server.live_clinic import LiveClinic

EXAMPLES = 12
"""For each operation; `--max-examples` in a run by hand finds what a quick run does not."""

MAKE_TOKEN = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application
application = Application.objects.create(
    name="fuzz", client_type="confidential", authorization_grant_type="authorization-code")
for email, level in (({person!r}, "patient"), ({staff!r}, "user")):
    token = AccessToken.objects.create(
        user=User.objects.get(email=email), application=application, token=f"fuzz-{{level}}",
        expires=timezone.now() + timedelta(hours=1), scope=f"{{level}}/*.read {{level}}/*.write")
    print(token.token)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveClinic]:
    one = LiveClinic(tmp_path_factory.mktemp("fuzz"))
    made = one.demo(3)
    one.tokens = one.run(
        script=MAKE_TOKEN.format(person="person1@harbour.example", staff=next(iter(made["staff"])))
    ).split()
    yield one.serve("--no-tasks")
    one.stop()


@pytest.mark.parametrize("who", [0, 1], ids=["person", "practitioner"])
def test_no_answer_is_a_server_error(server: LiveClinic, who: int, tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.origin}/fhir/openapi.json"),
            *("--url", server.origin, "--header", f"Authorization: Bearer {server.tokens[who]}"),
            *("--checks", "not_a_server_error", "--max-examples", str(EXAMPLES), "--seed", "1"),
            *("--generation-database", "none", "--no-color"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    assert "Test cases:" in ended.stdout, ended.stdout[-2000:]
