"""What may come in over a call's socket: each message is checked before anything is done with it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from nextposture.knowledge.calls import Limits
from nextposture.knowledge.measure_pages import SIDES
from nextposture.motion.landmarks import NUMBERS, Frame, frame_from_numbers
from nextposture.pose import parts

FACTS: Final = 3
NAME: Final = 64
CANDIDATE: Final = 2000
KINDS: Final = frozenset({"offer", "answer"})


class BadMessageError(Exception):
    """What a page of ours never sends; the message says what was wrong."""


class Allowance:
    """So many at once, and so many a second after that. `now` is a clock in seconds that never goes back."""

    def __init__(self, a_second: float, at_once: int, now: Callable[[], float]) -> None:
        self.a_second, self.at_once, self.now = a_second, at_once, now
        self.left, self.looked_at = float(at_once), now()

    def take(self) -> bool:
        """Whether one more is allowed now."""
        at = self.now()
        self.left = min(self.at_once, self.left + (at - self.looked_at) * self.a_second)
        self.looked_at = at
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


def message_of(text: str, limits: Limits) -> dict[str, Any]:
    """The message as an object. Raises BadMessageError if it is none, or too long."""
    if len(text.encode()) > limits.text_bytes:
        raise BadMessageError("too long")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadMessageError("not JSON") from problem
    if not isinstance(message, dict) or not isinstance(message.get("do"), str):
        raise BadMessageError("not a message")
    return message


def frame_of(message: bytes) -> Frame:
    """The landmarks of one picture, in the form of the camera's socket. Raises BadMessageError."""
    count, rest = divmod(len(message), 4)
    if rest or count not in (FACTS, FACTS + NUMBERS):
        raise BadMessageError("no landmarks")
    at_s, width, height, *numbers = struct.unpack(f"<{count}f", message)
    try:
        return frame_from_numbers(at_s, width, height, numbers)
    except ValueError as problem:
        raise BadMessageError(str(problem)) from problem


def page_of(message: Mapping[str, Any], field: str = "page") -> str:
    """The name that a page gave itself. Raises BadMessageError."""
    page = message.get(field)
    if not isinstance(page, str) or not 8 <= len(page) <= NAME or not page.isascii():
        raise BadMessageError(f"no {field}")
    return page


def signal_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """What one browser tells the other so that they find each other, and nothing besides.

    Raises BadMessageError for anything that is not an offer, an answer, a candidate or a wish to begin anew.
    """
    told = message.get("signal")
    if not isinstance(told, dict) or len(told) != 1:
        raise BadMessageError("no signal")
    if told.get("restart") is True:
        return {"restart": True}
    description, candidate = told.get("description"), told.get("candidate")
    if isinstance(description, dict):
        kind, sdp = description.get("type"), description.get("sdp")
        if kind not in KINDS or not isinstance(sdp, str):
            raise BadMessageError("no description")
        return {"description": {"type": kind, "sdp": sdp}}
    if isinstance(candidate, dict):
        kept: dict[str, Any] = {}
        for name in ("candidate", "sdpMid", "usernameFragment"):
            value = candidate.get(name)
            if value is not None and (not isinstance(value, str) or len(value) > CANDIDATE):
                raise BadMessageError("no candidate")
            kept[name] = value
        line = candidate.get("sdpMLineIndex")
        if line is not None and (isinstance(line, bool) or not isinstance(line, int) or not 0 <= line < 64):
            raise BadMessageError("no candidate")
        return {"candidate": {**kept, "sdpMLineIndex": line}}
    raise BadMessageError("no signal")


def state_of(message: Mapping[str, Any]) -> dict[str, bool]:
    """What a page's microphone and camera do, for the other side to see. Raises BadMessageError."""
    told = {name: message.get(name) for name in ("microphone", "camera")}
    if not all(isinstance(value, bool) for value in told.values()):
        raise BadMessageError("no state")
    return {name: value is True for name, value in told.items()}


def yes_or_no(message: Mapping[str, Any], field: str, *, open_too: bool = False) -> bool | None:
    """True or false; None for "cannot tell" where that may be. Raises BadMessageError."""
    value = message.get(field)
    if isinstance(value, bool) or (value is None and open_too and field in message):
        return value
    raise BadMessageError(f"no {field}")


def side_of(message: Mapping[str, Any]) -> str:
    """The side to measure. Raises BadMessageError."""
    side = message.get("side")
    if side not in SIDES:
        raise BadMessageError("no side")
    return str(side)


def model_of(message: Mapping[str, Any]) -> parts.Model:
    """The network that looks. Raises BadMessageError."""
    found: parts.Model | None = next((one for one in parts.MODELS if one == message.get("model")), None)
    if found is None:
        raise BadMessageError("no model")
    return found
