"""An icon in the tray where a desktop has one: what goes on as its tooltip; a click opens the page.

StatusNotifierItem on the session bus (KDE Plasma, XFCE, Cinnamon, GNOME with an extension). Nothing depends
on it: plain GNOME has no tray.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

from nextposture.companion.bus import Bus, BusError

WATCHER = "org.kde.StatusNotifierWatcher"
WATCHER_PATH = "/StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
PATH = "/StatusNotifierItem"
ICONS = {"due": "appointment-soon", "deferred": "appointment-soon", "off": "media-playback-pause"}
"""Names of the freedesktop icon naming specification, by phase."""
ICON = "appointment-new"
TOOLTIP = "(sa(iiay)ss)"


class Tray:
    """The icon. `present` tells whether a tray has taken it."""

    def __init__(self, bus: Bus, clicked: Callable[[], None]) -> None:
        self._bus, self._clicked = bus, clicked
        self._name = f"{ITEM}-{os.getpid()}-1"
        self._phase = "working"
        self._says = ""
        self.present = False

    async def start(self) -> None:
        """Offer the icon to the tray, and to one that appears later. Raises BusError without a bus."""
        await self._bus.own(self._name)
        self._bus.answer(PATH, ITEM, self._asked)
        await self._bus.on_signal(
            "org.freedesktop.DBus", "NameOwnerChanged", lambda _, arguments: self._owner_changed(arguments)
        )
        await self._register()

    async def _register(self) -> None:
        try:
            await self._bus.call(
                WATCHER, WATCHER_PATH, WATCHER, "RegisterStatusNotifierItem", "s", [self._name]
            )
            self.present = True
        except BusError:
            self.present = False

    def _owner_changed(self, arguments: list[Any]) -> None:
        if arguments[0] == WATCHER:
            self.present = False
            if arguments[2]:
                self._bus.later(self._register())

    def tell(self, phase: str, says: str) -> None:
        """Show this phase and these words from now on."""
        if (phase, says) == (self._phase, self._says):
            return
        self._phase, self._says = phase, says
        if self.present:
            with contextlib.suppress(BusError):
                self._bus.signal(PATH, ITEM, "NewToolTip")
                self._bus.signal(PATH, ITEM, "NewIcon")
                self._bus.signal(PATH, ITEM, "NewStatus", "s", [self._status()])

    def _status(self) -> str:
        return "NeedsAttention" if self._phase == "due" else "Active"

    def _asked(self, member: str) -> dict[str, tuple[str, Any]] | None:
        """The properties when they are asked for; a click otherwise."""
        if member in ("Activate", "SecondaryActivate", "ContextMenu"):
            self._clicked()
            return None
        icon = ICONS.get(self._phase, ICON)
        return {
            "Category": ("s", "ApplicationStatus"),
            "Id": ("s", "nextposture"),
            "Title": ("s", "Next Posture"),
            "Status": ("s", self._status()),
            "WindowId": ("i", 0),
            "IconName": ("s", icon),
            "AttentionIconName": ("s", icon),
            "OverlayIconName": ("s", ""),
            "ItemIsMenu": ("b", False),
            "ToolTip": (TOOLTIP, [icon, [], "Next Posture", self._says]),
        }
