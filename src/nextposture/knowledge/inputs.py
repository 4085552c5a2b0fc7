"""One question: its type, its limits and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from nextposture.knowledge.reading import row

InputType = Literal["bool", "int", "number", "scale", "choice"]
UnknownGroup = Literal["ces", "rf", "sexual"]


@row
class Input:
    """One thing that can be asked or measured.

    `range` is inclusive, in `unit`; `ends` are the words at 0 and 10 of a scale; `group` says which floor
    holds while the answer is unknown (ces: cauda equina, rf: other danger signs, sexual: may be skipped).
    `any_other` is the choice that any word outside `choices` counts as, for a list that is open-ended.
    """

    ask: str
    type: InputType
    id: str = ""
    mandatory: bool = False
    group: UnknownGroup | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    any_other: str = ""
    range: tuple[float, float] | None = None
    unit: str = ""
    ends: tuple[str, str] | None = None
    hint: str = ""

    @property
    def limits(self) -> tuple[float, float]:
        """Smallest and largest value of a numeric input. Raises ValueError for other inputs."""
        if self.range is None:
            raise ValueError(f"{self.id} has no range")
        return self.range
