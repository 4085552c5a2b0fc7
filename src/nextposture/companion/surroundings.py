"""What goes on around: camera, microphone, full screen, programs that keep the screen on, do not disturb.

Nothing here is watched. It is read when it matters: before a prompt, while one waits or stands on the screen,
and when someone seems to be idle.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from nextposture.companion.bus import Bus, BusError
from nextposture.companion.idle.x11 import Display
from nextposture.companion.session import LOGIND, MANAGER, MANAGER_PATH
from nextposture.sitting.events import Around

NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"
GNOME_INHIBITED_IDLE = 8
SCREEN_CAST = "org.gnome.Mutter.ScreenCast"
SCREEN_CASTS_PATH = "/org/gnome/Mutter/ScreenCast/Session"


@dataclass(frozen=True)
class Sign:
    """One thing that can be looked at here, or why it cannot."""

    name: str
    can_see: bool
    how: str


class Surroundings:
    """Reads what goes on, with whatever this computer offers. `proc` is where /proc is."""

    def __init__(
        self, session: Bus | None, system: Bus | None, display: Display | None, proc: Path = Path("/proc")
    ) -> None:
        self._session, self._system, self._display, self._proc = session, system, display, proc

    async def read(self) -> Around:
        """Everything that can be seen now."""
        reasons = set()
        if self.microphone_in_use() or self.camera_in_use():
            reasons.add("call")
        if await self._shared_screen():
            reasons.add("sharing")
        stays_on = await self._stays_on()
        full = self._full_screen()
        # Where full screen cannot be seen, whoever keeps the screen on may be presenting.
        if stays_on if full is None else full:
            reasons.add("presentation")
        if await self._do_not_disturb():
            reasons.add("do_not_disturb")
        return Around(frozenset(reasons), present="call" in reasons or stays_on)

    def microphone_in_use(self) -> bool:
        """Whether any sound card records (ALSA tells, whatever sound server stands before it)."""
        for status in self._proc.glob("asound/card*/pcm*c/sub*/status"):
            try:
                if "state: RUNNING" in status.read_text():
                    return True
            except OSError:
                continue
        return False

    def camera_in_use(self) -> bool:
        """Whether a process of this account holds a camera open."""
        for folder in self._proc.glob("[0-9]*/fd"):
            try:
                if any(str(file.readlink()).startswith("/dev/video") for file in folder.iterdir()):
                    return True
            except OSError:  # another account's process, or one that has just ended
                continue
        return False

    async def _shared_screen(self) -> bool:
        """Whether GNOME's screen is shared or recorded: each such session is an object while it lasts."""
        if self._session is None:
            return False
        try:
            if not await self._session.has(SCREEN_CAST):
                return False
            introspect = "org.freedesktop.DBus.Introspectable", "Introspect"
            (told,) = await self._session.call(SCREEN_CAST, SCREEN_CASTS_PATH, *introspect)
        except BusError:
            return False
        return "<node name=" in told

    def _full_screen(self) -> bool | None:
        if self._display is None:
            return None
        try:
            return self._display.is_full_screen()
        except OSError:
            self._display = None
            return None

    async def _stays_on(self) -> bool:
        """Whether a program asks the screen to stay on: a film, a call, slides."""
        if self._system is not None:
            try:
                blocked = await self._system.get(LOGIND, MANAGER_PATH, MANAGER, "BlockInhibited")
                if "idle" in str(blocked).split(":"):
                    return True
            except BusError:
                pass
        if self._session is None:
            return False
        gnome, kde = "org.gnome.SessionManager", "org.freedesktop.PowerManagement.Inhibit"
        return await _first_true(
            lambda bus: bus.call(
                gnome, "/org/gnome/SessionManager", gnome, "IsInhibited", "u", [GNOME_INHIBITED_IDLE]
            ),
            lambda bus: bus.call(kde, "/org/freedesktop/PowerManagement/Inhibit", kde, "HasInhibit"),
            bus=self._session,
        )

    async def _do_not_disturb(self) -> bool:
        if self._session is None:
            return False
        for interface, member in ((NOTIFICATIONS, "Inhibited"), ("org.dunstproject.cmd0", "paused")):
            try:
                if await self._session.get(NOTIFICATIONS, NOTIFICATIONS_PATH, interface, member):
                    return True
            except BusError:
                continue
        try:
            xfce = "org.xfce.Xfconf"
            if await self._session.has(xfce):
                asked = ["xfce4-notifyd", "/do-not-disturb"]
                answer = await self._session.call(xfce, "/org/xfce/Xfconf", xfce, "GetProperty", "ss", asked)
                return bool(answer[0].value)
            if await self._session.has("org.gnome.Shell"):
                return not await _gnome_shows_banners()
        except BusError:
            pass
        return False

    async def signs(self) -> list[Sign]:
        """What can be looked at here and how, for `doctor`."""
        sound = (self._proc / "asound").is_dir()
        processes = (self._proc / "self" / "fd").is_dir()
        dnd = casts = False
        if self._session is not None:
            with contextlib.suppress(BusError):
                dnd = await self._session.has(NOTIFICATIONS)
                casts = await self._session.has(SCREEN_CAST)
        return [
            Sign("microphone in use", sound, "ALSA" if sound else "this system has no ALSA; pause by hand"),
            Sign(
                "camera in use",
                processes,
                "open /dev/video* of your own programs" if processes else "pause by hand",
            ),
            Sign(
                "full screen",
                self._display is not None,
                "X11 window manager"
                if self._display
                else "cannot be seen here; a program that keeps the screen on counts instead",
            ),
            Sign(
                "shared screen",
                casts,
                "GNOME's screen cast sessions"
                if casts
                else "this desktop does not tell; a call with microphone or camera is seen",
            ),
            Sign("do not disturb", dnd, "notification service" if dnd else "no notification service answers"),
        ]


async def _first_true(*asks: Callable[[Bus], Awaitable[list[object]]], bus: Bus) -> bool:
    for ask in asks:
        try:
            if (await ask(bus))[0]:
                return True
        except BusError:
            continue
    return False


async def _gnome_shows_banners() -> bool:
    """GNOME keeps do not disturb in a setting that only its own tool reads."""
    try:
        process = await asyncio.create_subprocess_exec(
            "gsettings",
            "get",
            "org.gnome.desktop.notifications",
            "show-banners",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        told, _ = await process.communicate()
    except OSError:
        return True
    return told.strip() != b"false"
