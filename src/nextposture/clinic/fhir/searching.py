"""FHIR's search over resources: tokens, dates, references and words, and nothing that is not understood."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from nextposture.clinic.fhir.asking import FhirError
from nextposture.clinic.fhir.kinds import Found, Kind

MOST = 200
USUAL = 50
FORMAL = ("_format", "_pretty", "_count", "_offset", "_total")
"""What says how to answer, not what to look for."""

Test = Callable[[dict[str, Any], str], bool]


def refuse_unknown(kind: Kind, asked: Mapping[str, str]) -> None:
    """Raise FhirError for a parameter that would be left out: the answer would be about something else."""
    for name in asked:
        if name not in kind.search and name not in FORMAL:
            known = ", ".join((*kind.search, "_count", "_offset"))
            raise FhirError(400, "not-supported", f"{kind.name} is searched by {known}, not by {name}.")


def page_of(asked: Mapping[str, str]) -> tuple[int, int]:
    """(offset, count) of the page that is asked for. Raises FhirError for what is no number."""
    try:
        offset, count = int(asked.get("_offset", 0)), int(asked.get("_count", USUAL))
    except ValueError:
        raise FhirError(400, "invalid", "_count and _offset are whole numbers.") from None
    if offset < 0 or count < 0 or offset > 10_000_000:
        raise FhirError(400, "invalid", "_count and _offset are not below 0.")
    return offset, min(count, MOST)


def matching(kind: Kind, found: Iterator[Found], asked: Mapping[str, str]) -> Iterator[Found]:
    """Those that every parameter of the search fits; values with commas are alternatives."""
    tests = [(TESTS[name], value) for name, value in asked.items() if name in TESTS and name in kind.search]
    for one in found:
        if all(any(test(one.resource, part) for part in value.split(",")) for test, value in tests):
            yield one


def _token(*paths: str) -> Test:
    def test(resource: dict[str, Any], wanted: str) -> bool:
        system, bar, code = wanted.rpartition("|")
        for path in paths:
            for value in _values(resource, path):
                if isinstance(value, dict):
                    same = value.get("code", value.get("value")) == code
                    if same and (not bar or value.get("system", "") == system):
                        return True
                elif str(value) == code:
                    return True
        return False

    return test


def _reference(*paths: str) -> Test:
    def test(resource: dict[str, Any], wanted: str) -> bool:
        found = [str(value) for path in paths for value in _values(resource, path)]
        return any(value == wanted or value.rpartition("/")[2] == wanted for value in found)

    return test


def _words(*paths: str) -> Test:
    def test(resource: dict[str, Any], wanted: str) -> bool:
        found = [str(value) for path in paths for value in _values(resource, path)]
        return any(value.casefold().startswith(wanted.casefold()) for value in found)

    return test


def _when(*paths: str) -> Test:
    def test(resource: dict[str, Any], wanted: str) -> bool:
        prefix, text = (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)
        start, end = _span(text)
        found = [datetime.fromisoformat(str(value)) for path in paths for value in _values(resource, path)]
        at = [value if value.tzinfo else value.replace(tzinfo=UTC) for value in found]
        compare: dict[str, Callable[[datetime], bool]] = {
            "eq": lambda one: start <= one < end,
            "ne": lambda one: not start <= one < end,
            "lt": lambda one: one < start,
            "le": lambda one: one < end,
            "gt": lambda one: one >= end,
            "ge": lambda one: one >= start,
        }
        if prefix not in compare:
            raise FhirError(400, "invalid", f"{prefix} is none of eq, ne, lt, le, gt, ge.")
        return any(compare[prefix](one) for one in at)

    return test


def _span(text: str) -> tuple[datetime, datetime]:
    """The time that a date or a moment stands for, end excluded."""
    try:
        if len(text) <= 10:
            day = date.fromisoformat(text)
            start = datetime.combine(day, time.min, tzinfo=UTC)
            return start, start + timedelta(days=1)
        at = datetime.fromisoformat(text.replace(" ", "+"))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at, at + timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise FhirError(400, "invalid", "A date is written 2027-03-22 or 2027-03-22T09:00:00Z.") from None


def _values(value: Any, path: str) -> Iterator[Any]:
    """Every value at a path such as `code.coding`; lists are walked."""
    head, _, rest = path.partition(".")
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict) or head not in one:
            continue
        if rest:
            yield from _values(one[head], rest)
        else:
            yield from one[head] if isinstance(one[head], list) else [one[head]]


TESTS: Mapping[str, Test] = {
    "_id": _token("id"),
    "_lastUpdated": _when("meta.lastUpdated"),
    "actor": _reference("participant.actor.reference", "actor.reference"),
    "authored": _when("authored", "authoredOn"),
    "code": _token("code.coding"),
    "date": _when("effectiveDateTime", "effectivePeriod.start", "start", "recorded"),
    "identifier": _token("identifier"),
    "lifecycle-status": _token("lifecycleStatus"),
    "name": _words("name", "name.text"),
    "priority": _token("priority"),
    "recorded": _when("recorded"),
    "schedule": _reference("schedule.reference"),
    "sent": _when("sent"),
    "start": _when("start"),
    "status": _token("status"),
    "url": _token("url"),
}
"""How a resource is held against a parameter; whose it is (patient, subject) the kinds narrow themselves."""
