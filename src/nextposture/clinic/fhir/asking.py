"""Who asks, what they may ask for, and the refusals, which become OperationOutcomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db.models import QuerySet

from nextposture.clinic.access import HANDED_OVER, note_access
from nextposture.clinic.consents import CARE
from nextposture.clinic.models import AuditEvent, Consent, Membership
from nextposture.record.models import Person

Access = Literal["read", "write"]


class FhirError(Exception):
    """A refusal: `code` is FHIR's issue type, `status` HTTP's, `text` says what to change."""

    def __init__(self, status: int, code: str, text: str, where: str = "") -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.where = status, code, text, where


def not_found() -> FhirError:
    """For what is not there, and for what is not theirs: both look the same."""
    return FhirError(404, "not-found", "There is no such resource, or none that you may see.")


def forbidden(text: str = "You may not do that.") -> FhirError:
    """For what the asker may see but not do."""
    return FhirError(403, "forbidden", text)


def invalid(text: str, where: str = "") -> FhirError:
    """For a resource that cannot be taken; `where` is the path to what is wrong."""
    return FhirError(422, "invalid", text, where)


def operation_outcome(error: FhirError) -> dict[str, Any]:
    """The refusal as a resource."""
    issue: dict[str, Any] = {"severity": "error", "code": error.code, "diagnostics": error.text}
    if error.where:
        issue["expression"] = [error.where]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@dataclass(frozen=True)
class Asker:
    """The user behind a request, with the scopes of their token (None: signed in to the site itself)."""

    user: User
    now: datetime
    scopes: frozenset[str] | None
    place: Membership | None

    @property
    def person(self) -> Person | None:
        """Their own record, if they have one."""
        return getattr(self.user, "person", None)

    def require(self, kind: str, access: Access) -> None:
        """Raise FhirError unless a scope of the token covers it."""
        if self.scopes is None:
            return
        level = "patient" if self.person is not None else "user"
        wanted = {f"{level}/{kind}.{access}", f"{level}/*.{access}", f"{level}/{kind}.*", f"{level}/*.*"}
        if not wanted & self.scopes:
            raise forbidden(f"The token has no scope for this; it needs {level}/{kind}.{access}.")

    def people(self, item: str = "") -> QuerySet[Person]:
        """Whose rows they may see: their own; at a clinic of who allows it `item` (empty: who referred)."""
        if self.place is None:
            return Person.objects.filter(user=self.user)
        if not self.place.treats:
            return Person.objects.none()
        referred = Person.objects.filter(
            referrals__clinic=self.place.clinic, referrals__status__in=HANDED_OVER
        )
        if item:
            kept = Consent.objects.in_force(self.now).filter(clinic=self.place.clinic, purpose=CARE)
            allowing = kept.filter(item=item)
            referred = referred.filter(pk__in=allowing.values("person"))
        return referred.distinct()

    def note(self, person: Person, what: str, action: AuditEvent.Action = AuditEvent.Action.READ) -> None:
        """Write into the person's trail that somebody else read or changed something."""
        if self.place is not None:
            note_access(self.place, person, f"{what} through the API", action)
