"""Scores of a questionnaire, by the expressions that it declares (SDC calculatedExpression, in FHIRPath).

An expression came with a file from somewhere, so it is worked out in a process of its own with a limit on
time and memory: FHIRPath can reach no file and no network, but it can repeat without end. `python -m
nextposture.interop.scoring` is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from nextposture.interop.missing import MissingPartError, part
from nextposture.interop.questionnaires import WEIGHTS, Form, questionnaire_from, variables_in

SECONDS = 6
CPU_SECONDS = 3
BYTES = 1 << 30
PASSES = 4
"""Scores may use scores: they are worked out again until none changes, this often at most."""


@dataclass(frozen=True)
class Score:
    """What an expression gave; `value` is None where the answers do not suffice or it failed."""

    link_id: str
    text: str
    value: float | str | None

    def as_plain(self) -> dict[str, Any]:
        """As the record keeps it."""
        return {"link_id": self.link_id, "text": self.text, "value": self.value}


def scores_of(form: Form, definition: Mapping[str, Any], response: Mapping[str, Any]) -> tuple[Score, ...]:
    """Every score that the questionnaire declares. Raises MissingPartError if FHIRPath is not installed."""
    calculated = [one for one in form.all_items if one.calculated]
    if not calculated:
        return ()
    part("fhirpathpy", "fhir", "The score of a questionnaire")
    values: dict[str, Any] = {}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "nextposture.interop.scoring"],
            input=json.dumps({"definition": definition, "response": response}),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=Path(__file__).parent,
        )
        if ended.returncode == 0:
            values = json.loads(ended.stdout)
    except (subprocess.TimeoutExpired, ValueError, OSError):
        pass  # every score stays None, and the page says so
    return tuple(Score(one.link_id, one.text or one.link_id, values.get(one.link_id)) for one in calculated)


def worked_out(definition: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """Value of each calculated item by link id, None where an expression fails or gives nothing."""
    fhirpathpy = part("fhirpathpy", "fhir", "The score of a questionnaire")
    model = part("fhirpathpy.models", "fhir", "The score of a questionnaire").models["r4"]
    form = questionnaire_from(definition)
    calculated = [one for one in form.all_items if one.calculated]
    declared = variables_in(definition)
    weigh = {"fn": lambda nodes: [weight for node in nodes for weight in _weights(node)], "arity": {0: []}}
    options = {
        "traceFn": lambda *_: None,
        "userInvocationTable": {"ordinal": weigh, "weight": weigh},
    }
    values: dict[str, Any] = {}
    for _ in range(PASSES):
        resource = _with(response, calculated, values)

        def evaluate(expression: str, names: Mapping[str, Any], resource: Any = resource) -> list[Any]:
            try:
                return list(
                    fhirpathpy.evaluate(
                        json.loads(json.dumps(resource)), expression, dict(names), model, options
                    )
                )
            except Exception:  # whatever a strange expression brings about, the answers stay
                return []

        names: dict[str, Any] = {"resource": resource, "context": resource, "questionnaire": definition}
        for name, expression in declared:
            names[name] = evaluate(expression, names)
        before = dict(values)
        for one in calculated:
            found = evaluate(one.calculated, names)
            values[one.link_id] = _single(found)
        if values == before:
            break
    return values


def _with(response: Mapping[str, Any], calculated: list[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The response with the scores so far, where later expressions look for them."""
    names = {"integer": "valueInteger", "string": "valueString", "boolean": "valueBoolean"}
    added = [
        {"linkId": one.link_id, "answer": [{names.get(one.type, "valueDecimal"): values[one.link_id]}]}
        for one in calculated
        if values.get(one.link_id) is not None
    ]
    return {**response, "item": [*response.get("item", ()), *added]}


def _weights(node: Any) -> list[Any]:
    data = getattr(node, "data", node)
    if isinstance(data, dict) and "valueCoding" in data:
        data = data["valueCoding"]
    extensions = data.get("extension", ()) if isinstance(data, dict) else ()
    return [
        one.get("valueDecimal", one.get("valueInteger")) for one in extensions if one.get("url") in WEIGHTS
    ]


def _single(found: list[Any]) -> Any:
    if len(found) != 1:
        return None
    (value,) = found
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, (int, float, str, bool)) else None


def _limit() -> None:
    """Bound what this process may use, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the time limit of the caller is all there is
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def main() -> int:
    """Read questionnaire and response from standard input, write the scores to standard output."""
    _limit()
    told = json.load(sys.stdin)
    try:
        values = worked_out(told["definition"], told["response"])
    except (MissingPartError, ValueError, MemoryError, RecursionError):
        return 1
    json.dump(values, sys.stdout, default=str)
    return 0


if __name__ == "__main__":
    sys.exit(main())
