"""The HTTP around the resources: addresses below /fhir, tokens, pages, bundles, errors as resources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Literal
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import Body, NinjaAPI, Path
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as BadRequest
from ninja.security import APIKeyCookie, HttpBearer
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauth2_provider.settings import oauth2_settings

from nextposture import __version__
from nextposture.clinic.accounts import places_of
from nextposture.clinic.fhir.asking import Asker, FhirError, invalid, operation_outcome
from nextposture.clinic.fhir.kinds import KINDS, Found, Kind, find
from nextposture.clinic.fhir.searching import matching, page_of, refuse_unknown
from nextposture.clinic.joined.entry import MARK
from nextposture.interop.bundle import BundleError, check

FHIR_JSON = "application/fhir+json"
MOST_BYTES = 2_000_000
MOST_ENTRIES = 500

KindName = Literal[
    "Patient",
    "Questionnaire",
    "QuestionnaireResponse",
    "Observation",
    "Flag",
    "CarePlan",
    "Goal",
    "ServiceRequest",
    "Organization",
    "Practitioner",
    "Schedule",
    "Slot",
    "Appointment",
    "Communication",
    "Consent",
    "Provenance",
    "AuditEvent",
    "Device",
]
RESOURCE: Any = Body(...)  # type: ignore[type-arg]
Ident: Any = Path(  # type: ignore[type-arg]
    ..., pattern=r"^[A-Za-z0-9\-.]{1,64}$"
)


# ---- Who asks


def _asker(user: User, scopes: frozenset[str] | None) -> Asker:
    return Asker(user, timezone.now(), scopes, next(iter(places_of(user)), None))


class Token(HttpBearer):
    """An OAuth access token."""

    def authenticate(self, request: HttpRequest, token: str) -> Asker | None:
        """The asker behind a token that is good now, else None."""
        good, told = get_oauthlib_core().verify_request(request, scopes=[])
        if not good or told.user is None or not told.user.is_active:
            return None
        return _asker(told.user, frozenset(told.access_token.scope.split()))


class SignedIn(APIKeyCookie):
    """Somebody signed in to the site, with their second factor where they need one; no link of a call."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Asker | None:
        """The asker behind the session, else None."""
        if not isinstance(request.user, User) or MARK in request.session:
            return None
        asker = _asker(request.user, None)
        return None if asker.place is not None and not is_mfa_enabled(request.user) else asker


class Api(NinjaAPI):
    """JSON as FHIR has it."""

    def create_response(self, request: HttpRequest, data: Any, **more: Any) -> HttpResponse:
        """One resource as application/fhir+json."""
        response = super().create_response(request, data, **more)
        response["Content-Type"] = f"{FHIR_JSON}; charset=utf-8"
        return response


api = Api(
    title="Next Posture, FHIR R4",
    version=__version__,
    urls_namespace="fhir",
    docs_url=None,
    auth=[Token(), SignedIn()],
)


# ---- Errors


@api.exception_handler(FhirError)
def refused(request: HttpRequest, error: FhirError) -> HttpResponse:
    """A refusal as an OperationOutcome."""
    return api.create_response(request, operation_outcome(error), status=error.status)


@api.exception_handler(BadRequest)
def bad_request(request: HttpRequest, error: BadRequest) -> HttpResponse:
    """An address or body that is none; says which part."""
    first = error.errors[0] if error.errors else {"loc": (), "msg": "Not understood."}
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "path", "query"})
    problem = FhirError(400, "invalid", f"{where}: {first['msg']}" if where else str(first["msg"]))
    return refused(request, problem)


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """401, with where tokens come from."""
    response = refused(request, FhirError(401, "login", "Send an access token of this server."))
    response["WWW-Authenticate"] = 'Bearer realm="fhir"'
    return response


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the library itself refuses, such as a body that is no JSON."""
    return refused(request, FhirError(error.status_code, "invalid", str(error)))


# ---- What the server can do


@api.get("/metadata", auth=None)
def metadata(request: HttpRequest) -> dict[str, Any]:
    """The CapabilityStatement; open to everybody."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-24",
        "kind": "instance",
        "software": {"name": "Next Posture", "version": __version__},
        "implementation": {"description": "A clinic's server", "url": f"{settings.ORIGIN}/fhir"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": False,
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "OAuth",
                                }
                            ]
                        }
                    ],
                    "extension": [
                        {
                            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                            "extension": [
                                {"url": "authorize", "valueUri": f"{settings.ORIGIN}/oauth/authorize/"},
                                {"url": "token", "valueUri": f"{settings.ORIGIN}/oauth/token/"},
                            ],
                        }
                    ],
                },
                "resource": [_capability(kind) for kind in KINDS.values()],
                "interaction": [{"code": "batch"}, {"code": "transaction"}],
            }
        ],
    }


@api.get("/.well-known/smart-configuration", auth=None, include_in_schema=False)
def smart_configuration(request: HttpRequest) -> HttpResponse:
    """Where programs get a token (SMART App Launch); open to everybody."""
    return JsonResponse(
        {
            "authorization_endpoint": f"{settings.ORIGIN}/oauth/authorize/",
            "token_endpoint": f"{settings.ORIGIN}/oauth/token/",
            "revocation_endpoint": f"{settings.ORIGIN}/oauth/revoke_token/",
            "grant_types_supported": ["authorization_code"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [*oauth2_settings.SCOPES],
            "capabilities": [
                "launch-standalone",
                "client-public",
                "client-confidential-symmetric",
                "context-standalone-patient",
                "permission-patient",
                "permission-user",
            ],
        }
    )


def _capability(kind: Kind) -> dict[str, Any]:
    types = {"_lastUpdated": "date", "date": "date", "authored": "date", "sent": "date", "start": "date"}
    types |= {"recorded": "date", "patient": "reference", "subject": "reference", "actor": "reference"}
    types |= {"schedule": "reference", "name": "string", "url": "uri"}
    return {
        "type": kind.name,
        "interaction": [{"code": one} for one in kind.interactions],
        "searchParam": [{"name": one, "type": types.get(one, "token")} for one in kind.search],
    }


# ---- Reading


@api.get("/{kind}", operation_id="search")
def search(request: HttpRequest, kind: KindName) -> dict[str, Any]:
    """A page of a search as a Bundle, with links to the next and the one before."""
    asker, what = _who(request), KINDS[kind]
    asker.require(kind, "read")
    asked = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    refuse_unknown(what, asked)
    offset, count = page_of(asked)
    found = list(matching(what, iter(what.rows(asker, asked)), asked))
    page = list(islice(found, offset, offset + count))
    _note_read(asker, what, page)
    entries = [
        {"fullUrl": _url(kind, one), "resource": one.resource, "search": {"mode": "match"}} for one in page
    ]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": list(_links(kind, asked, offset, count, len(found))),
        **({"entry": entries} if entries else {}),  # FHIR has no empty list
    }


@api.get("/{kind}/{ident}", operation_id="read")
def read(request: HttpRequest, kind: KindName, ident: str = Ident) -> dict[str, Any]:
    """One resource."""
    asker, what = _who(request), KINDS[kind]
    asker.require(kind, "read")
    found = find(what, asker, ident)
    _note_read(asker, what, [found])
    return found.resource


def _links(
    kind: str, asked: Mapping[str, str], offset: int, count: int, total: int
) -> Iterator[dict[str, str]]:
    def address(at: int) -> str:
        return f"{settings.ORIGIN}/fhir/{kind}?{urlencode({**asked, '_count': count, '_offset': at})}"

    yield {"relation": "self", "url": address(offset)}
    if count and offset + count < total:
        yield {"relation": "next", "url": address(offset + count)}
    if offset:
        yield {"relation": "previous", "url": address(max(0, offset - count))}


def _note_read(asker: Asker, kind: Kind, page: list[Found]) -> None:
    if kind.notes:
        for person in {one.person for one in page if one.person is not None}:
            asker.note(person, kind.name)


# ---- Writing


@api.post("/{kind}", operation_id="create", response={201: dict[str, Any]})
def create(request: HttpRequest, kind: KindName, resource: dict[str, Any] = RESOURCE) -> HttpResponse:
    """A new resource; where it is stands in Location."""
    found = _create(_who(request), kind, resource)
    response = api.create_response(request, found.resource, status=201)
    response["Location"] = _url(kind, found)
    return response


@api.put("/{kind}/{ident}", operation_id="update")
def update(
    request: HttpRequest,
    kind: KindName,
    ident: str = Ident,
    resource: dict[str, Any] = RESOURCE,
) -> dict[str, Any]:
    """Change what may be changed of a resource."""
    return _update(_who(request), kind, ident, resource).resource


@api.post("/", operation_id="bundle")
def bundle(request: HttpRequest, resource: dict[str, Any] = RESOURCE) -> dict[str, Any]:
    """A batch (each entry by itself) or a transaction (all or none); each entry is answered."""
    asker = _who(request)
    if resource.get("resourceType") != "Bundle" or resource.get("type") not in {"batch", "transaction"}:
        raise FhirError(400, "invalid", "Send a Bundle of type batch or transaction.", "Bundle.type")
    entries = resource.get("entry") or []
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise FhirError(413, "too-costly", f"A bundle has at most {MOST_ENTRIES} entries.", "Bundle.entry")
    together = resource["type"] == "transaction"
    answers: list[dict[str, Any]] = []
    with transaction.atomic():
        for number, entry in enumerate(entries):
            try:
                with transaction.atomic():
                    answers.append(_entry(asker, entry))
            except FhirError as problem:
                if together:
                    where = f"Bundle.entry[{number}]" + (
                        f".resource, {problem.where}" if problem.where else ""
                    )
                    raise FhirError(problem.status, problem.code, problem.text, where) from None
                told = {"status": str(problem.status), "outcome": operation_outcome(problem)}
                answers.append({"response": told})
    answered = {"entry": answers} if answers else {}
    return {"resourceType": "Bundle", "type": f"{resource['type']}-response", **answered}


def _entry(asker: Asker, entry: Any) -> dict[str, Any]:
    asked = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(asked, dict):
        raise invalid("Each entry says what to do: request.method and request.url.", "Bundle.entry.request")
    kind, _, ident = str(asked.get("url", "")).partition("/")
    if kind not in KINDS:
        raise FhirError(404, "not-supported", f"There is no {kind[:40]!r} here.", "Bundle.entry.request.url")
    resource = entry.get("resource")
    method = asked.get("method")
    if method == "POST" and not ident and isinstance(resource, dict):
        found = _create(asker, kind, resource)
        return {"response": {"status": "201", "location": _url(kind, found)}, "resource": found.resource}
    if method == "PUT" and ident and isinstance(resource, dict):
        found = _update(asker, kind, ident, resource)
        return {"response": {"status": "200"}, "resource": found.resource}
    if method == "GET" and ident:
        asker.require(kind, "read")
        found = find(KINDS[kind], asker, ident)
        _note_read(asker, KINDS[kind], [found])
        return {"response": {"status": "200"}, "resource": found.resource}
    raise invalid("An entry is a POST to a kind, or a GET or PUT of one resource.", "Bundle.entry.request")


@transaction.atomic
def _create(asker: Asker, kind: str, resource: dict[str, Any]) -> Found:
    what = KINDS[kind]
    asker.require(kind, "write")
    if what.make is None:
        raise FhirError(405, "not-supported", f"{kind} is made by the server itself.")
    _check(kind, resource)
    return what.make(asker, resource)


@transaction.atomic
def _update(asker: Asker, kind: str, ident: str, resource: dict[str, Any]) -> Found:
    what = KINDS[kind]
    asker.require(kind, "write")
    if what.change is None:
        raise FhirError(405, "not-supported", f"{kind} is not changed through the API.")
    _check(kind, resource)
    if resource.get("id", ident) != ident:
        raise invalid("The resource's id is not that of the address.", f"{kind}.id")
    return what.change(asker, ident, resource)


def _check(kind: str, resource: dict[str, Any]) -> None:
    """Raise FhirError unless FHIR itself knows the resource so."""
    if resource.get("resourceType") != kind:
        raise invalid(f"resourceType must be {kind} at this address.", "resourceType")
    if len(json.dumps(resource)) > MOST_BYTES:
        raise FhirError(413, "too-long", f"A resource has at most {MOST_BYTES} bytes.")
    try:
        check(resource)
    except BundleError as problem:
        raise invalid(" ".join(str(problem).split())[:500], kind) from None


# ---- Parts


def _who(request: HttpRequest) -> Asker:
    asker: Asker = request.auth  # type: ignore[attr-defined]
    return asker


def _url(kind: str, found: Found) -> str:
    return f"{settings.ORIGIN}/fhir/{kind}/{found.resource['id']}"
