"""The codes that the record has in FHIR, from `tables/fhir.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from nextposture.knowledge.reading import read_foreign, row

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


@row
class Code:
    """A code with its words; of our own system unless it is LOINC's. `seen` says where LOINC's was seen."""

    code: str
    display: str
    loinc: bool = False
    seen: str = ""
    ucum: str = ""


@row
class FhirTable:
    """Codes by what they stand for, and what becomes of each table of the record."""

    system: str
    ratings: Mapping[str, Code]
    measures: Mapping[str, Code]
    own: Mapping[str, str]
    resources: Mapping[str, str]
    only_in_the_document: Mapping[str, str]

    def coding(self, code: Code) -> dict[str, str]:
        """FHIR's Coding."""
        return {"system": LOINC if code.loinc else self.system, "code": code.code, "display": code.display}


@cache
def fhir_table() -> FhirTable:
    """The packaged table. Raises KnowledgeError when it is wrong."""
    text = files(__package__).joinpath("tables/fhir.yaml").read_text("utf-8")
    return read_foreign("fhir.yaml", text).parse(FhirTable)
