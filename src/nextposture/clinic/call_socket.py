"""The socket of a call: the two browsers find each other through it, and what is measured goes over it.

Picture and sound go from browser to browser. Here pass only what they need to find each other, landmarks of
the person's pose while the person lets the clinic measure, and what is said about these. Both sides may be on
different web workers; a channel layer joins them. What no page of ours sends closes the connection.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from channels.auth import get_user
from channels.db import database_sync_to_async as in_database
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from nextposture.clinic import calls
from nextposture.clinic.call_messages import (
    Allowance,
    BadMessageError,
    frame_of,
    message_of,
    model_of,
    page_of,
    side_of,
    signal_of,
    state_of,
    yes_or_no,
)
from nextposture.clinic.call_watch import Watch
from nextposture.clinic.metrics import CallEvent, count_call
from nextposture.clinic.relay import ice_servers
from nextposture.knowledge.calls import calls_table
from nextposture.motion.landmarks import Frame
from nextposture.motion.measuring import Measurement, start_measurement
from nextposture.pose import parts

BAD_MESSAGE, STRANGER, ELSEWHERE, OVER, TOO_MUCH = 4400, 4403, 4409, 4410, 4429

Event = Mapping[str, Any]


class CallSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One browser in the call of one appointment: the person's or the practitioner's."""

    # ---- Coming and going

    async def connect(self) -> None:
        """Let in the two of this appointment around its time, and nobody else."""
        uid = self.scope["url_route"]["kwargs"]["uid"]
        self.seat: calls.Seat | None = None
        self.page, self.peer, self.peer_page = "", "", ""
        self.replaced = False
        self.clock: asyncio.Task[None] | None = None
        found = await in_database(calls.seat_of)(self.scope["user"], uid)
        if found is None:
            await self.close(STRANGER)
            return
        await self.accept()
        if not calls.is_open(found.appointment, timezone.now()):
            await self.close(OVER)
            return
        self.seat, self.group = found, f"call.{uid.hex}"
        self.state = {"microphone": False, "camera": False}
        self.allowed, self.asked_at = False, 0.0
        self.model: parts.Model = "full"
        self.watch, self.test = Watch(), ""
        self.doing: Measurement | None = None
        self.last_s = -1.0
        limits = calls_table().limits
        self.texts = Allowance(limits.texts_a_second, limits.texts_at_once, time.monotonic)
        self.frames = Allowance(limits.frames_a_second, limits.frames_at_once, time.monotonic)
        self.clock = asyncio.create_task(self._look_again(limits.look_again_s))

    async def disconnect(self, code: int) -> None:
        """Tell the other side, and note when the last one left."""
        if self.clock is not None:
            self.clock.cancel()
        if self.seat is None or not self.page:
            return
        await self.channel_layer.group_discard(self.group, self.channel_name)
        if not self.replaced:
            await self._to_all("gone")
            if not self.peer:
                await in_database(calls.left)(self.seat, timezone.now())

    async def _look_again(self, every_s: float) -> None:
        """Now and then make sure that who is here may still be: signed in, in time, working there."""
        while True:
            await asyncio.sleep(every_s)
            if not await self._may_stay():
                await self.close(OVER)
                return
            await self._say("beat")

    async def _may_stay(self) -> bool:
        assert self.seat is not None
        session = self.scope["session"]
        if not await in_database(session.exists)(session.session_key):
            return False
        found = await in_database(calls.seat_of)(await get_user(self.scope), self.seat.appointment.uid)
        if found is None or found.side != self.seat.side:
            return False
        return calls.is_open(found.appointment, timezone.now())

    # ---- What this browser says

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Act on one message."""
        if self.seat is None:
            return
        try:
            if bytes_data is not None:
                if not self.frames.take():
                    await self.close(TOO_MUCH)
                elif self.seat.side != "person":
                    raise BadMessageError("landmarks are the person's")
                else:
                    await self._look(frame_of(bytes_data))
            elif not self.texts.take():
                await self.close(TOO_MUCH)
            else:
                await self._hear(message_of(text_data or "", calls_table().limits))
        except BadMessageError as problem:
            self.doing = None
            await self.close(BAD_MESSAGE, str(problem)[:100])

    async def _hear(self, message: Event) -> None:
        assert self.seat is not None
        both: Mapping[str, Callable[[Event], Awaitable[None]]] = {
            "hello": self._hello,
            "signal": self._signal,
            "state": self._state,
            "phone": self._phone,
            "hang_up": self._hang_up,
        }
        own: Mapping[str, Mapping[str, Callable[[Event], Awaitable[None]]]] = {
            "person": {"allow": self._allow, "model": self._model},
            "practitioner": {
                "ask": self._ask,
                "measure": self._measure,
                "answer": self._answer,
                "stop": self._stop,
                "way": self._way,
            },
        }
        act = {**both, **own[self.seat.side]}.get(message["do"])
        if act is None or (not self.page and act != self._hello):
            raise BadMessageError("unknown message")
        await act(message)

    async def _hello(self, message: Event) -> None:
        """This browser is there: it is told how to reach the other, and the other is told of it."""
        assert self.seat is not None
        self.page = page_of(message)
        now = timezone.now()
        await in_database(calls.joined)(self.seat, now)
        self.allowed = await in_database(calls.may_measure)(self.seat.appointment, now)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self._say("welcome", ice=ice_servers(now), allowed=self.allowed)
        await self._to_all("there", asks=True, state=self.state)

    async def _signal(self, message: Event) -> None:
        await self._to_all("signal", to=page_of(message, "to"), signal=signal_of(message))

    async def _state(self, message: Event) -> None:
        self.state = state_of(message)
        await self._to_all("told", message={"is": "state", **self.state})

    async def _way(self, message: Event) -> None:
        """The practitioner's page found a way to the other's: it is counted, and kept nowhere."""
        event: CallEvent = "relayed" if yes_or_no(message, "relayed") else "direct"
        await in_database(count_call)(event)

    async def _phone(self, message: Event) -> None:
        assert self.seat is not None
        await in_database(calls.fell_back_to_phone)(self.seat, timezone.now())
        await self._to_all("told", message={"is": "phone"})

    async def _hang_up(self, message: Event) -> None:
        assert self.seat is not None
        self.doing, self.allowed = None, False
        await in_database(calls.ended)(self.seat, timezone.now())
        await self._to_all("ended")

    async def _allow(self, message: Event) -> None:
        """The person lets the clinic measure, or lets it no longer."""
        assert self.seat is not None
        yes, now = yes_or_no(message, "yes"), timezone.now()
        if not yes:
            await self._measuring_stopped()
            return
        self.model = model_of(message)
        if await in_database(calls.doctor_first)(self.seat.appointment):
            await self._say(
                "refused", text="Your newest check-in says to speak to a doctor first. Tell them."
            )
            await self._to_all(
                "told", message={"is": "refused", "text": "Measuring waits. Ask what their Today page says."}
            )
            return
        await in_database(calls.allow_measuring)(self.seat.appointment, now)
        self.allowed, self.watch, self.last_s = True, Watch(), -1.0
        await self._both({"is": "allowed", "yes": True})

    async def _model(self, message: Event) -> None:
        self.model = model_of(message)

    async def _ask(self, message: Event) -> None:
        await self._to_all("told", message={"is": "asked"})

    async def _measure(self, message: Event) -> None:
        test = message.get("test")
        if test not in calls_table().measuring.tests:
            raise BadMessageError("no test")
        await self._to_all("measure", test=test, leg=side_of(message))

    async def _answer(self, message: Event) -> None:
        await self._to_all("answer", value=yes_or_no(message, "value", open_too=True))

    async def _stop(self, message: Event) -> None:
        await self._to_all("stop")

    # ---- Measuring: in the person's socket, where the landmarks come in

    async def _look(self, frame: Frame) -> None:
        """Answer one picture's landmarks. Without the person's consent nothing is done with them."""
        assert self.seat is not None
        if self.allowed and time.monotonic() - self.asked_at >= 1.0:
            # It may have been withdrawn on another page.
            self.asked_at = time.monotonic()
            if not await in_database(calls.may_measure)(self.seat.appointment, timezone.now()):
                await self._measuring_stopped()
        if not self.allowed or frame.at_s <= self.last_s:
            await self._say("idle")
            return
        self.last_s = frame.at_s
        show = self.watch.step(frame) if self.doing is None else self.doing.step(frame).as_plain()
        await self._both({"is": "show", **show})
        if self.doing is not None and self.doing.done:
            await self._finish()

    async def _measuring_stopped(self) -> None:
        """Nothing more is looked at or kept."""
        assert self.seat is not None
        self.allowed, self.doing = False, None
        await in_database(calls.stop_measuring)(self.seat.appointment, timezone.now())
        await self._both({"is": "allowed", "yes": False})

    async def _finish(self) -> None:
        """Keep the reading, and tell both what it says."""
        assert self.seat is not None
        doing, self.doing = self.doing, None
        if doing is None:
            return
        doing.stop()
        result = doing.finish()
        model = parts.model_name(self.model)
        try:
            kept = await in_database(calls.keep_reading)(
                self.seat.appointment,
                self.test,
                uuid4(),
                result,
                model,
                parts.BROWSER_RUNTIME,
                timezone.now(),
            )
        except PermissionDenied:
            await self._measuring_stopped()
            return
        refusals = [one["text"] for one in result.as_plain()["refusals"]]
        told = {"is": "result", "kept": kept is not None}
        if kept is None:
            both = refusals or ["Not enough was seen to say anything."]
            await self._both({**told, "words": [*both, "Nothing is kept."]})
            return
        await self._say(**_split({**told, "words": calls.words_for_person(self.test, kept)}))
        words = calls.words_for_practitioner(self.test, kept)
        await self._to_all("told", message={**told, "words": words})

    # ---- What the other side's socket says

    async def call_there(self, event: Event) -> None:
        """Somebody is there: the other side, or this side from a newer page."""
        assert self.seat is not None
        if event["channel"] == self.channel_name:
            return
        if event["side"] == self.seat.side:
            if event["asks"]:
                self.replaced = True
                await self.close(ELSEWHERE)
            return
        self.peer, self.peer_page = event["channel"], event["page"]
        await self._say("here", page=self.peer_page, state=event["state"])
        if event["asks"]:
            await self._to_all("there", asks=False, state=self.state)

    async def call_gone(self, event: Event) -> None:
        """The other side's connection ended."""
        if event["channel"] == self.peer:
            self.peer = ""
            await self._say("gone")

    async def call_signal(self, event: Event) -> None:
        """A signal for this page."""
        if self._from_other(event) and event["to"] == self.page:
            await self._say("signal", page=event["page"], signal=event["signal"])

    async def call_told(self, event: Event) -> None:
        """Something that the other page shows as it is."""
        if self._from_other(event):
            await self._say(**_split(event["message"]))

    async def call_ended(self, event: Event) -> None:
        """Somebody hung up."""
        self.doing, self.allowed = None, False
        if self._from_other(event):
            await self._say("ended")

    async def call_measure(self, event: Event) -> None:
        """The practitioner begins a reading."""
        if not self._from_other(event):
            return
        if not self.allowed:
            await self._to_all("told", message={"is": "refused", "text": "Measuring is not allowed now."})
            return
        self.test = event["test"]
        self.doing = start_measurement(self.test, side=event["leg"], live=True)
        await self._both({"is": "begun", "leg": event["leg"]})

    async def call_answer(self, event: Event) -> None:
        """The practitioner says whether the lower back was flat."""
        if self._from_other(event) and self.doing is not None:
            try:
                self.doing.answer("pelvis_flat", event["value"])
            except ValueError:
                return  # a second tap: nothing is asked any more
            if self.doing.done:
                await self._finish()

    async def call_stop(self, event: Event) -> None:
        """The practitioner ends a reading; what was done of it counts."""
        if self._from_other(event):
            await self._finish()

    # ---- Saying

    def _from_other(self, event: Event) -> bool:
        return self.seat is not None and event["side"] == self.seat.other

    async def _say(self, what: str, **more: Any) -> None:
        await self.send(json.dumps({"is": what, **more}, separators=(",", ":")))

    async def _both(self, message: Event) -> None:
        await self._say(**_split(message))
        await self._to_all("told", message=dict(message))

    async def _to_all(self, what: str, **more: Any) -> None:
        assert self.seat is not None
        event = {"type": f"call.{what}", "side": self.seat.side, "page": self.page, **more}
        await self.channel_layer.group_send(self.group, {**event, "channel": self.channel_name})


def _split(message: Event) -> dict[str, Any]:
    return {"what": message["is"], **{name: value for name, value in message.items() if name != "is"}}
