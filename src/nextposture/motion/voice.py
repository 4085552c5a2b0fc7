"""What is said aloud, and when: one short cue at a time, the most important first, and praise too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nextposture.knowledge.coaching import VoiceTable

Kind = Literal["cue", "prompt", "praise", "info"]


@dataclass(frozen=True, slots=True)
class Say:
    """Something to speak and to write. A `prompt` is about what no camera sees. Priority 1 comes first."""

    id: str
    kind: Kind
    text: str
    priority: int = 1

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"id": self.id, "kind": self.kind, "text": self.text, "priority": self.priority}


class Voice:
    """Chooses at most one thing a frame. State: when what was said, and how long each fault has lasted."""

    def __init__(self, table: VoiceTable) -> None:
        self._table = table
        self._said_s = -math.inf
        self._praised_s = -math.inf
        self._prompted_s = -math.inf
        self._again_s: dict[str, float] = {}
        self._since_s: dict[str, float] = {}
        self._right_s: dict[str, float] = {}
        self._spoken: set[str] = set()

    def info(self, at_s: float, say: Say) -> Say:
        """Something that cannot wait: begin, change sides, done."""
        self._said_s = at_s
        return say

    def cue(self, at_s: float, faults: Sequence[Say], fault_s: float | None = None) -> Say | None:
        """The first of the faults (most important first) that has lasted, if it is time for a cue."""
        names = {fault.id for fault in faults}
        for gone in [name for name in self._since_s if name not in names]:
            del self._since_s[gone]
            self._right_s[gone] = at_s
        for fault in faults:
            self._since_s.setdefault(fault.id, at_s)
            self._right_s.pop(fault.id, None)
        lasted = self._table.fault_s if fault_s is None else fault_s
        if at_s - self._said_s < self._table.cue_every_s:
            return None
        for fault in faults:
            if at_s - self._since_s[fault.id] < lasted:
                return None  # what matters more may be about to be said
            if at_s - self._again_s.get(fault.id, -math.inf) >= self._table.same_again_s:
                self._said_s = self._again_s[fault.id] = at_s
                self._spoken.add(fault.id)
                return fault
        return None

    def at_once(self, at_s: float, fault: Say) -> Say | None:
        """A fault that is over when it is known, such as a repetition too fast: now, or not at all."""
        if at_s - self._said_s < self._table.cue_every_s:
            return None
        if at_s - self._again_s.get(fault.id, -math.inf) < self._table.same_again_s:
            return None
        self._said_s = self._again_s[fault.id] = at_s
        return fault

    def corrected(self, at_s: float) -> bool:
        """Whether a fault that was spoken of has just been put right for good."""
        for name in [one for one in self._spoken if one in self._right_s]:
            if at_s - self._right_s[name] >= self._table.corrected_s:
                self._spoken.discard(name)
                return True
        return False

    def praise(self, at_s: float, say: Say, wait_s: float | None = None) -> Say | None:
        """Praise, unless something was said just now or praise not long ago."""
        wait = self._table.praise_every_s if wait_s is None else wait_s
        if self._since_s or at_s - self._said_s < self._table.cue_every_s or at_s - self._praised_s < wait:
            return None
        self._said_s = self._praised_s = at_s
        return say

    def prompt(self, at_s: float, say: Say) -> Say | None:
        """A reminder, in quiet moments only."""
        quiet = at_s - self._said_s >= self._table.cue_every_s and not self._spoken & self._right_s.keys()
        if self._since_s or not quiet or at_s - self._prompted_s < self._table.prompt_every_s:
            return None
        self._said_s = self._prompted_s = at_s
        return say

    def forget(self) -> None:
        """Start the faults of a new set."""
        self._since_s.clear()
        self._right_s.clear()
        self._spoken.clear()
