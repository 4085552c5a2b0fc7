"""The landmarks of a camera on their way to the measuring and the coaching, and what these say back.

A page sends text (what to do) and bytes (the landmarks of one picture, as 32-bit floats, little end first:
seconds, width and height in pixels, then x, y and visibility of each point, or no more if nobody was seen).
Every picture gets one answer, so a page knows how far behind this is and lets pictures go instead of queueing
them. No picture ever comes here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from nextposture import knowledge
from nextposture.knowledge.measure_pages import SIDES, MeasurePage, measure_pages
from nextposture.motion.coaching import Coach
from nextposture.motion.landmarks import NUMBERS, Frame, frame_from_numbers
from nextposture.motion.level import NOT_LEVELLED, Level, LevelError, level_from_line
from nextposture.motion.measuring import Measurement, start_measurement
from nextposture.pose import parts
from nextposture.record.models import Person
from nextposture.selfcare.camera_tests import keep_result
from nextposture.selfcare.coached_sets import coached_set
from nextposture.selfcare.open_plan import open_plan

STRANGER, BAD_MESSAGE = 4403, 4400
FACTS = 3


class BadMessageError(Exception):
    """What a page of ours never sends; the message says what was wrong."""


class CameraSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One page's camera: one measurement or one set at a time."""

    async def connect(self) -> None:
        """Let the owner in, and nobody else."""
        self.person: Person | None = await database_sync_to_async(_person_of)(self.scope["user"])
        self.doing: Measurement | Coach | None = None
        self.key: UUID = uuid4()
        self.page: MeasurePage | None = None
        self.model = ""
        if self.person is None:
            await self.close(STRANGER)
        else:
            await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Act on one message. One that no page of ours sends closes the connection."""
        try:
            if bytes_data is not None:
                await self._look(_frame(bytes_data))
            else:
                await self._hear(_message(text_data or ""))
        except (BadMessageError, ValueError) as problem:
            self.doing = None
            await self.close(BAD_MESSAGE, str(problem)[:100])

    async def _look(self, frame: Frame) -> None:
        if self.doing is None:
            await self._say("idle")
            return
        show = self.doing.step(frame)
        await self._say("show", **show.as_plain())
        if self.doing.done:
            await self._finish()

    async def _hear(self, message: Mapping[str, Any]) -> None:
        what = message.get("do")
        if what in ("measure", "coach"):
            await self._begin(message)
        elif what == "answer" and isinstance(self.doing, Measurement):
            value = message.get("value")
            if message.get("name") != "pelvis_flat" or not (value is None or isinstance(value, bool)):
                raise BadMessageError("no such answer")
            self.doing.answer("pelvis_flat", value)
        elif what == "stop":
            await self._finish()
        elif what == "leave":
            self.doing = None
        elif what != "answer":
            raise BadMessageError("unknown message")

    async def _begin(self, message: Mapping[str, Any]) -> None:
        assert self.person is not None
        self.doing = None
        model = message.get("model")
        if model not in parts.MODELS:
            raise BadMessageError("unknown model")
        self.model = parts.model_name(model)
        try:
            level = _level(message)
        except LevelError as problem:
            await self._say("refused", text=str(problem))
            return
        if message["do"] == "coach":
            key, step = _uuid(message.get("session")), message.get("step")
            if not isinstance(step, int) or isinstance(step, bool):
                raise BadMessageError("no such step")
            found = await database_sync_to_async(coached_set)(self.person, key, step)
            if found is None:
                await self._say("refused", text="There is no camera for this exercise. Go on by the clock.")
                return
            self.doing = Coach(found.exercise, found.dose, sides=(found.side,), level=level)
        else:
            test, side = message.get("test"), message.get("side") or None
            page = measure_pages().get(test) if isinstance(test, str) else None
            if page is None or side not in (SIDES if page.sides else (None,)):
                raise BadMessageError("no such test")
            if not await database_sync_to_async(_may_move)(self.person):
                await self._say("refused", text="Your plan is shut. Go to Today and read what to do first.")
                return
            self.page, self.key = page, _uuid(message.get("key"))
            self.doing = start_measurement(page.id, side=side, level=level, live=True)
        await self._say("begun")

    async def _finish(self) -> None:
        """Tell what came of it; a measurement is kept first."""
        doing, self.doing = self.doing, None
        if isinstance(doing, Coach):
            done = next(iter(doing.summary()), None)
            await self._say("set", reps=done.reps if done else 0, held_s=done.held_s if done else 0.0)
        elif doing is not None:
            if not doing.done:
                doing.stop()
            assert self.person is not None and self.page is not None
            result = doing.finish()
            kept = await database_sync_to_async(keep_result)(
                self.person, self.page, self.key, result, self.model, parts.BROWSER_RUNTIME, timezone.now()
            )
            refusals = [one["text"] for one in result.as_plain()["refusals"]]
            await self._say("result", key=str(self.key) if kept else None, refusals=refusals)

    async def _say(self, what: str, **more: Any) -> None:
        await self.send(json.dumps({"is": what, **more}, separators=(",", ":")))


def _person_of(user: Any) -> Person | None:
    return getattr(user, "person", None) if user.is_authenticated else None


def _may_move(person: Person) -> bool:
    standing = open_plan(knowledge.load(), person)
    return standing.plan is not None and standing.wait is None


def _frame(message: bytes) -> Frame:
    count, rest = divmod(len(message), 4)
    if rest or count not in (FACTS, FACTS + NUMBERS):
        raise BadMessageError("no landmarks")
    at_s, width, height, *numbers = struct.unpack(f"<{count}f", message)
    return frame_from_numbers(at_s, width, height, numbers)


def _message(text: str) -> Mapping[str, Any]:
    try:
        message = json.loads(text)
    except ValueError as problem:
        raise BadMessageError("not JSON") from problem
    if not isinstance(message, dict):
        raise BadMessageError("not an object")
    return message


def _level(message: Mapping[str, Any]) -> Level:
    """The level that the page's line gives. Raises LevelError with what to change."""
    line = message.get("line")
    if line is None:
        return NOT_LEVELLED
    numbers = [*line, *message.get("size", ())] if isinstance(line, list) else []
    if len(numbers) != 6 or not all(isinstance(one, int | float) and abs(one) < 1e5 for one in numbers):
        raise BadMessageError("no line")
    x1, y1, x2, y2, width, height = map(float, numbers)
    return level_from_line((x1, y1), (x2, y2), width, height)


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError) as problem:
        raise BadMessageError("no such key") from problem
