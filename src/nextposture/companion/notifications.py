"""Prompts on the desktop: notifications with Done, Later and Not now.

A notification never takes the keyboard. The larger prompt is one that stays until it is answered, with the
picture; a click on it opens the page.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from nextposture.companion.bus import Bus, BusError

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
LOW, NORMAL, CRITICAL = 0, 1, 2
UNTIL_CLOSED = 0
AS_THE_DESKTOP_LIKES = -1


@dataclass(frozen=True)
class Message:
    """What stands on the screen. `buttons` maps an answer to its words; `picture` is a file or empty."""

    number: int
    size: str
    title: str
    body: str
    buttons: Mapping[str, str]
    picture: str = ""


Chosen = Callable[[int, str], None]
"""Called with the prompt's number and the answer, or "open" for a click on the message itself."""


class Notifier(Protocol):
    """Whatever can put a message on the screen."""

    name: str

    async def show(self, message: Message) -> str:
        """Put it on the screen, in place of the last one; returns what `clear` needs. Raises BusError."""

    async def withdraw(self) -> None:
        """Take it off the screen, if it is still there."""

    async def clear(self, left: str) -> None:
        """Take off the screen what a companion that was killed has left there: its buttons do nothing now."""


class FreedesktopNotifier:
    """The desktop's own notification service."""

    name = "desktop notifications"

    def __init__(self, bus: Bus, chosen: Chosen) -> None:
        self._bus, self._chosen = bus, chosen
        self._id = 0
        self._number = 0
        self._listening = False

    async def _listen(self) -> None:
        if self._listening:
            return
        await self._bus.on_signal(NAME, "ActionInvoked", self._invoked)
        await self._bus.on_signal(NAME, "NotificationClosed", self._closed)
        self._listening = True

    async def show(self, message: Message) -> str:
        """Put it on the screen, in place of the last one; returns what `clear` needs. Raises BusError."""
        from dbus_fast import Variant

        await self._listen()
        urgency = {"silent": LOW, "small": NORMAL, "larger": CRITICAL}[message.size]
        hints: dict[str, Any] = {
            "urgency": Variant("y", urgency),
            "category": Variant("s", "presence"),
            "desktop-entry": Variant("s", "nextposture"),
            "suppress-sound": Variant("b", message.size != "larger"),
        }
        if message.picture:
            hints["image-path"] = Variant("s", message.picture)
        actions = [word for answer, text in message.buttons.items() for word in (answer, text)]
        if actions:
            actions += ["default", "Open"]
        stays = UNTIL_CLOSED if message.size == "larger" else AS_THE_DESKTOP_LIKES
        body = [
            "Next Posture",
            self._id,
            "",
            message.title,
            _escaped(message.body),
            actions,
            hints,
            stays,
        ]
        answer = await self._bus.call(NAME, PATH, NAME, "Notify", "susssasa{sv}i", body)
        self._id, self._number = answer[0], message.number
        return f"{await self._bus.owner(NAME)} {self._id}"

    async def withdraw(self) -> None:
        """Take it off the screen, if it is still there."""
        if self._id:
            gone, self._id = self._id, 0
            with contextlib.suppress(BusError):  # it was closed already
                await self._bus.call(NAME, PATH, NAME, "CloseNotification", "u", [gone])

    async def clear(self, left: str) -> None:
        """Take off the screen what a companion that was killed has left there: its buttons do nothing now.

        Only where the same service runs still: another would know that number for a message of someone else.
        """
        owner, _, number = left.rpartition(" ")
        with contextlib.suppress(BusError):
            if await self._bus.has(NAME) and await self._bus.owner(NAME) == owner:
                await self._bus.call(NAME, PATH, NAME, "CloseNotification", "u", [int(number)])

    async def service(self) -> tuple[str, list[str]]:
        """The service's own name and what it can do. Raises BusError."""
        told = await self._bus.call(NAME, PATH, NAME, "GetServerInformation")
        can = await self._bus.call(NAME, PATH, NAME, "GetCapabilities")
        return f"{told[0]} {told[2]}", can[0]

    def _invoked(self, path: str, arguments: list[Any]) -> None:
        if arguments[0] == self._id:
            self._chosen(self._number, "open" if arguments[1] == "default" else arguments[1])

    def _closed(self, path: str, arguments: list[Any]) -> None:
        if arguments[0] == self._id:
            self._id = 0


class ElsewhereNotifier:
    """Windows and macOS, through desktop-notifier. Not run by our tests, which run on Linux."""

    name = "desktop-notifier"

    def __init__(self, chosen: Chosen) -> None:
        try:
            from desktop_notifier import DesktopNotifier
        except ImportError as error:
            raise BusError("desktop-notifier is not installed: pip install desktop-notifier") from error
        self._notifier = DesktopNotifier(app_name="Next Posture")
        self._chosen = chosen

    async def show(self, message: Message) -> str:
        """Put it on the screen, in place of the last one."""
        from desktop_notifier import Button

        await self.withdraw()

        def choose(answer: str) -> Callable[[], None]:
            return lambda: self._chosen(message.number, answer)

        await self._notifier.send(
            title=message.title,
            message=message.body,
            buttons=[
                Button(title=text, on_pressed=choose(answer)) for answer, text in message.buttons.items()
            ],
            on_clicked=choose("open"),
        )
        return ""

    async def withdraw(self) -> None:
        """Take it off the screen."""
        await self._notifier.clear_all()

    async def clear(self, left: str) -> None:
        """Take everything of ours off the screen."""
        await self._notifier.clear_all()


def _escaped(text: str) -> str:
    """A notification's body may be markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
